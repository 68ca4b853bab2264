package auto

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// fewWaves is the number of periods along a side from which a network gets the sine and the cosine of a wave as inputs. Networks learn slow
// waves by themselves, and fast ones late or never; docs/semantics.md has what came of four, six and eight periods.
const fewWaves = 5

// mostWaves bounds how many a network gets: each widens its first layer by two.
const mostWaves = 16

// wave is sin(k·(x − x₀)) and its cosine, with x₀ the lower corner of the domain.
type wave struct {
	of   []*ph.Coord
	k    []float64
	lo   []float64
	most float64 // periods along a side, the most of all axes
	why  string
}

// waves gives networks the fast waves that are in the data of their constraints, sin(k·x + b) with a constant k: what drives a linear
// equation comes back in its solution with the same k, and networks of x alone find fast waves late or never (Rahaman et al. 2019,
// arXiv 1806.08734). The network is a smooth function of x, sin(k·x) and cos(k·x), so amplitudes, phases and harmonics are its own.
func (b *builder) waves() {
	lo, hi := b.Domain.Bounds()
	coords := b.Domain.Coords()
	for _, f := range b.plain() {
		hi := slices.Clone(hi)
		for i, c := range coords {
			if p := b.periodOf(f, c); p > 0 {
				hi[i] = lo[i] + p // the rest is the same again
			}
		}
		var list []wave
		for i, k := range b.list {
			if !ph.Mentions(b.terms[i], f) {
				continue
			}
			for part := range ph.Walk(b.terms[i], nil) {
				w, ok := waveOf(part, f, coords, lo, hi)
				if ok && w.most >= fewWaves && !slices.ContainsFunc(list, w.is) {
					w.why = fmt.Sprintf("%s has %.3g periods of %s along a side", k.Name, w.most, part)
					list = append(list, w)
				}
			}
		}
		slices.SortStableFunc(list, func(v, w wave) int { return cmp.Compare(w.most, v.most) })
		list = list[:min(len(list), mostWaves)]
		var inputs []ph.Expr
		for _, w := range list {
			phase := w.phase()
			inputs = append(inputs, ph.Sin(phase), ph.Cos(phase))
			b.choice.decide(fmt.Sprintf("inputs of %s: the sine and cosine of %s", f.Name(), w), w.why)
		}
		b.choice.Waves = b.choice.Waves || len(inputs) > 0
		b.give(f, inputs)
	}
}

// waveOf is the wave of a sine or a cosine of a linear function of coordinates.
func waveOf(part ph.Expr, f *ph.Field, coords []*ph.Coord, lo, hi []float64) (wave, bool) {
	u, ok := part.Attr().(*ph.Unary)
	if !ok || u.Name != "sin" && u.Name != "cos" || len(part.Args()) != 1 {
		return wave{}, false
	}
	arg := part.Args()[0]
	if arg.Dim() != 1 || !ph.Given(arg) || len(ph.Occurring[*ph.Param](arg)) > 0 {
		return wave{}, false
	}
	var w wave
	free := ph.FreeCoords(arg)
	for i, c := range coords {
		if !free[c] {
			continue
		}
		k, ok := constant(arg.D(c), coords, lo, hi)
		if !ok || !slices.Contains(f.Coords(), c) {
			return wave{}, false
		}
		if k != 0 {
			w.of, w.k, w.lo = append(w.of, c), append(w.k, k), append(w.lo, lo[i])
			w.most = max(w.most, math.Abs(k)*(hi[i]-lo[i])/(2*math.Pi))
		}
		delete(free, c)
	}
	return w, len(free) == 0
}

// constant is the value of an expression that has the same everywhere in a box, as far as some places of it tell.
func constant(e ph.Expr, coords []*ph.Coord, lo, hi []float64) (float64, bool) {
	var first float64
	for n, share := range []float64{0.5, 0.1234, 0.789} {
		at := pointwise.Point{Coords: map[*ph.Coord]float64{}}
		for i, c := range coords {
			at.Coords[c] = lo[i] + math.Mod(share*float64(i+1), 1)*(hi[i]-lo[i])
		}
		v, err := pointwise.Eval(e, at)
		if err != nil || len(v) != 1 || math.IsNaN(v[0]) || math.IsInf(v[0], 0) {
			return 0, false
		}
		if n == 0 {
			first = v[0]
		}
		if math.Abs(v[0]-first) > 1e-12*math.Abs(first) {
			return 0, false
		}
	}
	return first, true
}

// is reports whether two waves have the same k, up to its sign.
func (w wave) is(v wave) bool {
	if !slices.Equal(w.of, v.of) {
		return false
	}
	same := func(sign float64) bool {
		for i := range w.k {
			if math.Abs(w.k[i]-sign*v.k[i]) > 1e-9*math.Abs(w.k[i]) {
				return false
			}
		}
		return true
	}
	return same(1) || same(-1)
}

// phase is k·(x − x₀).
func (w wave) phase() ph.Expr {
	var sum ph.Expr = ph.Const(0)
	for i, c := range w.of {
		sum = sum.Add(c.Shift(-w.lo[i]).Scale(w.k[i]))
	}
	return sum
}

// String is the phase in words, as in "62.83 x - 3.1 t".
func (w wave) String() string {
	var s strings.Builder
	for i, c := range w.of {
		switch {
		case i == 0:
			fmt.Fprintf(&s, "%.4g %s", w.k[i], c.Name())
		case w.k[i] < 0:
			fmt.Fprintf(&s, " - %.4g %s", -w.k[i], c.Name())
		default:
			fmt.Fprintf(&s, " + %.4g %s", w.k[i], c.Name())
		}
	}
	return s.String()
}
