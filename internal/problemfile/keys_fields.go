package problemfile

import "github.com/crux-pinn/crux/net"

// limits of a network, far beyond what trains.
const (
	maxWidth      = 1 << 13
	maxLayers     = 100
	maxHarmonics  = 100
	maxParameters = 1 << 23
)

var (
	componentCount = wholeUpTo(1, 1024, "%d components are more than a field has; use at most %d")

	width      = wholeUpTo(1, maxWidth, fits)
	layers     = form{is: widths, span: width.span, high: fits}
	hidden     = key{"hidden", layers, "[20, 20, 20]", "[32, 32, 32]", "widths of the hidden layers"}
	activation = key{"activation", oneWord("activation", net.Activations()...), "tanh", "", "the function between layers"}
	initial    = key{"init", oneWord("initialiser", net.Inits()...), "glorot_normal", "", "how weights are drawn"}
	raw        = key{"raw", yesOrNo, "(false)", "true", "takes coordinates as they are, not mapped onto [-1, 1]"}
	slope      = key{"adaptive_slope", positive, "", "1", "n of activations act(n·a·z) with a trainable a for each layer, at first 1/n"}
	factorized = key{"factorized", yesOrNo, "(false)", "true", "writes each weight matrix as a scale times a matrix"}
)

// fieldParts are unknown functions. A field has the keys of its network beside its own; those of mlp stand under net.mlp.
var fieldParts = []part{
	{"fields", "{u: {net: mlp, hidden: [32, 32, 32]}}", []key{{"*", mapped, "", "{net: mlp}", "a field"}}},
	{"fields.*", "{net: mlp, hidden: [32, 32, 32]}", []key{
		{"of", hand("names of coordinates"), "(all)", "[x, y]", "the coordinates that it depends on"},
		{"out", hand("names of components, or their number"), "(1)", "[u, v, p]", "its components"},
		{"net", oneWord("network", "mlp", "modified_mlp", "resnet", "siren", "piratenet"), "mlp", "", "the kind of network"},
		{"fourier", mapped, "", "{features: 32, scale: 1}", "random Fourier features in front of the network"},
		{"periodic", mapped, "", "{x: 2}", "the periods of coordinates in which the field is periodic"},
		{"harmonics", wholeUpTo(1, maxHarmonics, fits), "(1)", "2", "sines and cosines of each periodic coordinate"},
		{"output", mapped, "", "x*(1 - x)*u", "what is made of the network's output; for several components, by their names"},
	}},
	{"net.mlp", "{hidden: [32, 32, 32]}", []key{hidden, activation, initial, raw, slope, factorized}},
	{"net.modified_mlp", "{hidden: [32, 32, 32]}", []key{hidden, activation, initial, raw, slope, factorized}},
	{"net.resnet", "{width: 32, blocks: 3}", []key{
		{"width", width, "32", "", "of every layer"},
		{"blocks", wholeUpTo(1, maxLayers, fits), "3", "", "residual blocks of two layers"},
		activation, initial, raw,
	}},
	{"net.siren", "{hidden: [32, 32, 32]}", []key{
		hidden, {"omega", positive, "30", "", "the factor within the sines; 1 to 10 suits smooth solutions"}, raw,
	}},
	{"net.piratenet", "{width: 64, blocks: 3}", []key{
		{"width", width, "64", "", "of every layer, an even number"},
		{"blocks", wholeUpTo(1, maxLayers, fits), "3", "", "residual blocks of three layers"},
		{"scale", positive, "2", "", "the standard deviation of the frequencies of its Fourier features"},
		activation, initial, raw, factorized,
	}},
	{"fields.*.fourier", "{features: 32, scale: 1}", []key{
		{"features", width, "32", "", "the number of frequencies, half that of features"},
		{"scale", positive, "1", "", "their standard deviation"},
	}},
	{"fields.*.periodic", "{x: 2} with the period of x", []key{{"*", positive, "", "2", "the period of a coordinate"}}},
	{"fields.*.output", "{u: x*u}", []key{{"*", formula, "", "x*u", "what is made of a component"}}},
}
