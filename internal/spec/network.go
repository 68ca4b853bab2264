package spec

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// module is a network under the name by which files know it.
type module struct {
	name string
	read func(b *network) ph.Module
}

// modules are the networks that a file can name.
func modules() []module {
	return []module{
		{"mlp", func(b *network) ph.Module {
			return net.MLP{
				Hidden: b.hidden(), Out: b.out, Act: b.activation(), Init: b.init(), Raw: b.raw(),
				AdaptiveSlope: b.real("adaptive_slope", 0), Factorized: b.flag("factorized"),
			}
		}},
		{"modified_mlp", func(b *network) ph.Module {
			return net.ModifiedMLP{
				Hidden: b.hidden(), Out: b.out, Act: b.activation(), Init: b.init(), Raw: b.raw(),
				AdaptiveSlope: b.real("adaptive_slope", 0), Factorized: b.flag("factorized"),
			}
		}},
		{"resnet", func(b *network) ph.Module {
			return net.ResNet{
				Width: b.whole("width", 32, maxWidth), Blocks: b.whole("blocks", 3, maxLayers), Out: b.out, Act: b.activation(), Init: b.init(), Raw: b.raw(),
			}
		}},
		{"siren", func(b *network) ph.Module {
			return net.SIREN{Hidden: b.hidden(), Out: b.out, Omega: b.real("omega", 30), Raw: b.raw()}
		}},
		{"piratenet", func(b *network) ph.Module {
			return net.PirateNet{
				Width: b.whole("width", 64, maxWidth), Blocks: b.whole("blocks", 3, maxLayers), Scale: b.real("scale", 2), Out: b.out,
				Act: b.activation(), Init: b.init(), Raw: b.raw(), Factorized: b.flag("factorized"),
			}
		}},
	}
}

// network reads the part of a field's mapping that describes its network.
type network struct {
	*section
	out    int
	coords map[string]*ph.Coord // of the field
}

// module reads net and its settings, and the embeddings around it: periodic: {x: 2} and fourier: {features: 32, scale: 1}.
func (b *network) module() ph.Module {
	var valid []string
	var found ph.Module
	which := b.orDefault("net", "mlp")
	for _, m := range modules() {
		valid = append(valid, m.name)
		if which.kind == scalar && which.text == m.name {
			found = m.read(b)
		}
	}
	if found == nil {
		b.choice(which, "network", valid...)
		b.known = append(b.known, "hidden", "activation", "init", "raw", "adaptive_slope", "factorized", "width", "blocks", "scale", "omega")
	}
	return b.periodic(b.fourier(found))
}

func (b *network) fourier(inner ph.Module) ph.Module {
	n := b.block("fourier")
	if n == nil {
		return inner
	}
	s := &network{section: b.section.section(n, "{features: 32, scale: 1}")}
	f := net.Fourier{Features: s.whole("features", 32, maxWidth), Scale: s.real("scale", 1), Inner: inner, Raw: b.raw()}
	s.done()
	return f
}

func (b *network) periodic(inner ph.Module) ph.Module {
	n := b.get("periodic")
	harmonics := b.get("harmonics")
	if n == nil {
		if harmonics != nil {
			b.fail(harmonics, "harmonics belong to a periodic coordinate; write periodic: {x: 2} with its period beside it")
		}
		return inner
	}
	p := net.Periodic{Periods: map[*ph.Coord]float64{}, Harmonics: 1, Inner: inner, Raw: b.raw()}
	if harmonics != nil {
		k, _ := b.integer(harmonics, 1)
		p.Harmonics = b.atMost(harmonics, k, maxHarmonics)
	}
	s := b.section.section(n, "{x: 2} with the period of x")
	for _, name := range sortedNames(b.coords) {
		if v := s.get(name); v != nil {
			p.Periods[b.coords[name]], _ = b.positive(v)
		}
	}
	s.done()
	return p
}

func (b *network) hidden() []int {
	n := b.get("hidden")
	if n == nil {
		d := &node{kind: sequence, path: join(b.n.path, "hidden"), at: b.n.at}
		widths := []int{20, 20, 20} // some 900 parameters: a step of Levenberg-Marquardt, as auto chooses it, costs their square
		for i, w := range widths {
			d.items = append(d.items, &node{kind: scalar, text: strconv.Itoa(w), path: join(d.path, strconv.Itoa(i)), at: b.n.at})
		}
		b.n.put("hidden", d)
		return widths
	}
	if n.kind != sequence {
		b.fail(n, "%s; write a list of layer widths such as [32, 32, 32]", wrongKind(n))
		return nil
	}
	widths := []int{}
	for _, it := range n.items {
		w, _ := b.integer(it, 1)
		widths = append(widths, b.atMost(it, w, maxWidth))
	}
	if len(widths) > maxLayers {
		b.fail(n, "%d layers are more than fit; use at most %d", len(widths), maxLayers)
	}
	return widths
}

func (b *network) activation() net.Activation {
	n := b.orDefault("activation", "tanh")
	a, err := net.ActivationByName(n.text)
	if n.kind != scalar || err != nil {
		b.choice(n, "activation", net.Activations()...)
	}
	return a
}

func (b *network) init() ph.Init {
	n := b.orDefault("init", "glorot_normal")
	i, err := net.InitByName(n.text)
	if n.kind != scalar || err != nil {
		b.choice(n, "initialiser", net.Inits()...)
	}
	return i
}

func (b *network) raw() bool { return b.flag("raw") }

func (b *network) flag(key string) bool {
	if n := b.get(key); n != nil {
		return b.boolean(n)
	}
	return false
}

func (b *network) real(key string, def float64) float64 {
	v := 0.0
	if def != 0 {
		v, _ = b.positive(b.orDefault(key, fmt.Sprint(def)))
	} else if n := b.get(key); n != nil {
		v, _ = b.positive(n)
	}
	return v
}

func (b *network) whole(key string, def, most int) int {
	v, _ := b.integer(b.orDefault(key, strconv.Itoa(def)), 1)
	return b.atMost(b.get(key), v, most)
}

func (b *network) atMost(n *node, v, most int) int {
	if v > most {
		b.fail(n, "%d is more than fits; use at most %d", v, most)
		return most
	}
	return v
}

// limits of a network, far beyond what trains.
const (
	maxWidth      = 1 << 13
	maxLayers     = 100
	maxHarmonics  = 100
	maxParameters = 1 << 23
)

func sortedNames[V any](m map[string]V) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
