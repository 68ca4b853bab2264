package problemfile

import "slices"

// maxKernel bounds the rows of a kernel: its matrix has as many columns.
const maxKernel = 8192

// maxLandscape bounds the points along an axis of a landscape: each is an evaluation of the loss.
const maxLandscape = 1001

var (
	mask        = key{"mask", paths, "(all)", "u/layer*/weight", "the parameters that are meant, by patterns of their paths"}
	constraints = key{"constraints", hand("names of constraints"), "(all)", "[pde]", "the constraints that are meant"}
	unweighted  = key{"unweighted", yesOrNo, "false", "", "leaves out the weights of constraints and points"}
	seedOfOwn   = key{"seed", anySeed, "(0)", "3", "of what is drawn at random"}
	firstDraw   = key{"first_draw", yesOrNo, "(false)", "true", "stays at the first points of a constraint when these move"}
)

// measured is the key of how often a tracker measures.
func measured(def string) key {
	return key{"interval", wholeFrom(1), def, "", "the steps between two measurements"}
}

// temperature is the key of how evenly a scheme shares weights out.
func temperature(def string) key {
	return key{"temperature", positive, def, "", "larger ones make weights more alike"}
}

// schemeKeys are the weight schemes.
var schemeKeys = []key{
	{"gradient_norm", mapped, "", "{max_ratio: 1e3}", "gradients of equal size (Wang et al. 2021)"},
	{"ntk", mapped, "", "{ema: 0.9}", "kernels of equal trace (Wang et al. 2022)"},
	{"relobralo", mapped, "", "{alpha: 0.999}", "losses that fall alike, with random looking back (Bischof & Kraus 2021)"},
	{"softadapt", mapped, "", "{temperature: 0.1}", "more for losses that rise (Heydari et al. 2019)"},
	{"dwa", mapped, "", "{temperature: 2}", "more for losses that fall slowly (Liu et al. 2019)"},
	{"rlw", mapped, "", "{seed: 3}", "random weights (Lin et al. 2021)"},
	{"uncertainty", mapped, "", "{rate: 0.01}", "weights that are trained (Kendall et al. 2018, Xiang et al. 2022)"},
	{"scheduled", mapped, "", "{bc: {cosine: {from: 100, end: 1}}}", "weights that depend on the step"},
}

// watchParts are trackers and weight schemes.
var watchParts = slices.Concat([]part{
	{"trackers", "{gradient_norms: {interval: 50}}", []key{
		{"gradient_norms", mapped, "", "{interval: 50}", "the norm of the gradient of each constraint"},
		{"cos_similarity", mapped, "", "{interval: 50}", "the cosines between gradients of constraints"},
		{"gradient_alignment", mapped, "", "{interval: 50}", "how far all gradients point one way"},
		{"residual_stats", mapped, "", "{bins: 50}", "mean, spread, largest value and histogram of residuals"},
		{"input_sensitivity", mapped, "", "{expr: u_x}", "an expression at points, such as the slope of a field"},
		{"ntk_spectrum", mapped, "", "{top_k: 10}", "the eigenvalues of the neural tangent kernel"},
		{"hessian_spectrum", mapped, "", "{k: 5, iters: 20}", "the largest eigenvalues of the Hessian of the loss"},
		{"loss_landscape", mapped, "", "{grid: 15}", "the loss on a plane through the parameters"},
		{"error", mapped, "", "{interval: 1000}", "estimates of the errors of fields and parameters"},
	}},
	{"trackers.gradient_norms", "{interval: 50}", []key{measured("100"), mask}},
	{"trackers.cos_similarity", "{interval: 50}", []key{measured("100"), mask}},
	{"trackers.gradient_alignment", "{interval: 50}", []key{measured("100"), mask}},
	{"trackers.residual_stats", "{interval: 50}", []key{
		measured("100"), constraints,
		{"bins", wholeFrom(1), "50", "", "bins of the histograms"},
	}},
	{"trackers.input_sensitivity", "{interval: 50}", slices.Concat([]key{
		seedOfOwn,
		{"expr", formula, "(the slopes of the first field)", "u_x", "what is evaluated"},
		measured("100"), region("(the first constraint)"),
	}, pointKeys, []key{firstDraw})},
	{"trackers.ntk_spectrum", "{interval: 50}", slices.Concat([]key{
		seedOfOwn,
		{"expr", formula, "(the first field)", "u", "the expression whose kernel is meant, of one component"},
		measured("500"),
		{"top_k", wholeFrom(1), "10", "", "eigenvalues that are recorded by themselves"},
		mask, region("(the first constraint)"),
	}, pointKeys, []key{firstDraw})},
	{"trackers.hessian_spectrum", "{interval: 50}", []key{
		{"k", wholeFrom(1), "10", "", "eigenvalues"},
		{"iters", wholeFrom(1), "30", "", "iterations of Lanczos, each a product with the Hessian"},
		measured("500"), mask, constraints, unweighted, seedOfOwn,
		{"probes", wholeFrom(1), "(that of Lanczos)", "10", "products for the trace"},
	}},
	{"trackers.loss_landscape", "{interval: 50}", []key{
		{
			"grid", wholeUpTo(2, maxLandscape, "%d² evaluations of the loss are more than a run takes; use at most %d points"), "15", "",
			"points along each axis",
		},
		{"alpha_range", positive, "1", "", "how far the plane reaches to each side, in lengths of its directions"},
		measured("500"), mask, unweighted, seedOfOwn,
		{"scaling", oneWord("scaling", "filter", "global"), "(filter)", "global", "directions get the size of each output's weights, or of all"},
		{"along", hand("one or two of random, gradient, curvature and pca"), "(random)", "[gradient, curvature]", "the two directions"},
	}},
	{"trackers.error", "{interval: 1000}", []key{measured("1000"), seedOfOwn}},
	{"weights", "{gradient_norm: {max_ratio: 1e3}}", schemeKeys},
	{"weights.gradient_norm", "{ema: 0.9}", []key{
		{"ema", fraction, "0", "", "the share of the old weights in the new"},
		{"skip_zero", yesOrNo, "true", "", "leaves the weight 1 to a constraint whose gradient is zero"},
		{
			"max_ratio", numberIn("[1, inf)", "%v is below 1; it is the largest quotient of two weights", ""), "", "1e3",
			"the largest quotient of two weights",
		},
		{"interval", wholeFrom(1), "(100)", "100", "the steps between two measurements, unless trackers has gradient_norms"},
	}},
	{"weights.ntk", "{ema: 0.9}", []key{
		{"ema", fraction, "0.9", "", "the share of the old weights in the new"},
		{"plain", yesOrNo, "(false)", "true", "takes traces as they are, and not for each row"},
		{"points", wholeUpTo(1, maxKernel, "a kernel of %d rows is more than fits; take at most %d points"), "256", "", "rows of each kernel"},
		measured("500"),
	}},
	{"weights.relobralo", "{alpha: 0.999}", []key{
		{"alpha", fraction, "0.999", "", "the share of the old weights in the new"},
		{"rho", fraction, "0.999", "", "the probability of not looking back to the first step"},
		temperature("0.1"),
		{"seed", anySeed, "(the problem's)", "3", "of the random looking back"},
	}},
	{"weights.softadapt", "{temperature: 0.1}", []key{temperature("0.1")}},
	{"weights.dwa", "{temperature: 2}", []key{temperature("2")}},
	{"weights.rlw", "{seed: 3}", []key{{"seed", anySeed, "(the problem's)", "3", "of the weights"}}},
	{"weights.uncertainty", "{rate: 0.01}", []key{{"rate", positive, "0.01", "", "the learning rate of the weights"}}},
	{"weights.scheduled", "{bc: {cosine: {from: 100, end: 1}}}", []key{
		{"*", mapped, "(1)", "10", "the weight of a constraint: a number or a schedule"},
	}},
	{"weights.scheduled.*", "{cosine: {from: 100, end: 1}}", []key{
		{"cosine", mapped, "", "{from: 100, end: 1}", "falls along a cosine"},
		{"warmup_cosine", mapped, "", "{from: 100, end: 1, warmup: 100}", "rises along a line and falls along a cosine"},
		{"exponential", mapped, "", "{from: 1, factor: 0.9, steps: 1000}", "falls by a factor within the given steps"},
		{"piecewise", mapped, "", "{from: 1, changes: {1000: 10}}", "constant between changes"},
	}},
}, schedules("weights.scheduled.*", "from", "1"))
