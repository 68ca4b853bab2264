package problemfile

import (
	"maps"
	"slices"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// network reads the part of a field's mapping that describes its network.
type network struct {
	*section
	out    int
	coords map[string]*ph.Coord // of the field
}

// module reads net and its settings, and the embeddings around it: periodic: {x: 2} and fourier: {features: 32, scale: 1}.
func (b *network) module() ph.Module {
	name, ok := valueOf[string](b.section, "net")
	if !ok {
		b.keys = append(b.keys, networkKeys("")...)
		return nil
	}
	b.extend("net."+name, nil)
	var found ph.Module
	switch name {
	case "mlp":
		found = &net.MLP{Out: b.out, Act: b.activation(), Init: b.init()}
	case "modified_mlp":
		found = &net.ModifiedMLP{Out: b.out, Act: b.activation(), Init: b.init()}
	case "resnet":
		found = &net.ResNet{Out: b.out, Act: b.activation(), Init: b.init()}
	case "siren":
		found = &net.SIREN{Out: b.out}
	case "piratenet":
		found = &net.PirateNet{Out: b.out, Act: b.activation(), Init: b.init()}
	}
	b.fill(found, append(partAt("fields.*").names(), "activation", "init")...)
	return b.periodic(b.fourier(found))
}

func (b *network) fourier(inner ph.Module) ph.Module {
	n := b.block("fourier")
	if n == nil {
		return inner
	}
	s := b.section.section(n, "fields.*.fourier")
	f := net.Fourier{Inner: inner, Raw: only[bool](b.section, "raw")}
	s.fill(&f)
	s.done()
	return f
}

func (b *network) periodic(inner ph.Module) ph.Module {
	n := b.get("periodic")
	harmonics, ok := valueOf[int](b.section, "harmonics")
	if n == nil {
		if ok {
			b.fail(b.n.Get("harmonics"), "harmonics belong to a periodic coordinate; write periodic: {x: 2} with its period")
		}
		return inner
	}
	p := net.Periodic{Periods: map[*ph.Coord]float64{}, Harmonics: max(1, harmonics), Inner: inner, Raw: only[bool](b.section, "raw")}
	s := b.section.section(n, "fields.*.periodic")
	for _, name := range slices.Sorted(maps.Keys(b.coords)) {
		if v, ok := valueOf[float64](s, name); ok {
			p.Periods[b.coords[name]] = v
		}
	}
	s.done()
	return p
}

func (b *network) activation() net.Activation {
	a, _ := net.ActivationByName(only[string](b.section, "activation")) // one of those in the table
	return a
}

func (b *network) init() ph.Init {
	i, _ := net.InitByName(only[string](b.section, "init"))
	return i
}
