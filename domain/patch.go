package domain

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
)

// Patch is a piece of a region with a parametrisation that preserves measure: equal volumes of the unit cube
// [0,1)^Params go to equal lengths, areas or volumes of the piece. So a uniform or low-discrepancy set of the cube becomes
// one of the piece.
type Patch struct {
	// Name is that of the part of the boundary, or of the inside, that the patch belongs to; "" for none. See [Shape.Part].
	Name string
	// Params is the number of parameters: 1 for a curve, 2 for a surface, 0 for a single point. More than the
	// dimension of the piece is allowed where that is simpler, as on high-dimensional spheres.
	Params int
	// Measure is the length or area of the piece; 1 for a single point. Points are shared out in proportion to it.
	Measure float64
	// At stores the point with parameters u in x and the outward unit normal there in normal; both have one entry
	// per coordinate. It returns false when the parametrisation covers more than the piece and u falls outside of it;
	// such points are drawn again. At must not keep its arguments, and several goroutines may call it at once.
	At func(u, x, normal []float64) bool
}

const (
	curveCells    = 2048    // cells in which a curve is searched for crossings: shorter pieces may be missed
	surfaceTrials = 1 << 14 // points from which the kept share of a surface or volume is estimated
)

// Where returns the part of p on which keep holds; its Measure is 0 if there is none. dim is the number of coordinates. keep gets a
// point and the outward normal there, which it may turn around; it must not hold on to them.
//
// Curves are cut at the crossings, found by bisection, and parametrised again, so nothing has to be drawn again there. The kept share of
// a surface or volume is estimated with points of the Sobol sequence.
func (p Patch) Where(dim int, keep func(x, normal []float64) bool) Patch {
	at := func(u, x, normal []float64) bool { return p.At(u, x, normal) && keep(x, normal) }
	q := Patch{Name: p.Name, Params: p.Params, At: at}
	switch p.Params {
	case 0:
		if at(nil, make([]float64, dim), make([]float64, dim)) {
			q.Measure = p.Measure
		}
	case 1:
		x, normal := make([]float64, dim), make([]float64, dim)
		pieces := intervals(func(u float64) bool { return at([]float64{u}, x, normal) })
		ends := make([]float64, len(pieces)) // kept length up to the end of each piece
		total := 0.0
		for i, s := range pieces {
			total += s[1] - s[0]
			ends[i] = total
		}
		q.Measure = p.Measure * total
		q.At = func(u, x, normal []float64) bool {
			s := u[0] * total
			i := sort.SearchFloat64s(ends, s)
			if i == len(pieces) {
				return false
			}
			if ends[i] == s && i+1 < len(pieces) {
				i++ // a point between two pieces belongs to the later one, as 0 belongs to the first
			}
			return at([]float64{pieces[i][1] - (ends[i] - s)}, x, normal)
		}
	default:
		q.Measure = p.Measure * share(p, dim, keep)
	}
	return q
}

// between is the part of p on which coordinate at lies between lo and hi, which is what in says.
func (p Patch) between(dim, at int, lo, hi float64, in func(x []float64) bool) Patch {
	k, a, b := p.straight(dim, at)
	if b == 0 {
		return p.Where(dim, func(x, _ []float64) bool { return in(x) })
	}
	first, last := max(0, min((lo-a)/b, (hi-a)/b)), min(1, max((lo-a)/b, (hi-a)/b))
	if !(first < last) {
		return Patch{Name: p.Name, Params: p.Params, At: p.At}
	}
	q := Patch{
		Name: p.Name, Params: p.Params, Measure: p.Measure * (last - first),
		At: func(u, x, normal []float64) bool {
			v := slices.Clone(u)
			v[k] = first + (last-first)*u[k]
			ok := p.At(v, x, normal)
			x[at] = min(max(x[at], lo), hi) // it may be beyond by rounding
			return ok
		},
	}
	if all := p.accepted(dim); all < 1 { // more may be accepted at one end of the axis than at the other
		q.Measure *= q.accepted(dim) / all
	}
	return q
}

// accepted estimates the part of the parameters for which At gives a point.
func (p Patch) accepted(dim int) float64 {
	x, normal := make([]float64, dim), make([]float64, dim)
	trials, accepted := 0, 0
	probe(surfaceTrials, p.Params, func(u []float64) {
		trials++
		if p.At(u, x, normal) {
			accepted++
		}
	})
	return float64(accepted) / float64(max(trials, 1))
}

// straight finds the parameter k of which a coordinate is a function a + b·u_k, whatever the others are; b is 0 where there is none.
func (p Patch) straight(dim, at int) (k int, a, b float64) {
	const points, trials = 10, 1000
	rng := rand.New(rand.NewPCG(0x5eed, 0x57a1))
	x, normal := make([]float64, dim), make([]float64, dim)
	var us [][]float64
	var values []float64
	for range trials {
		u := make([]float64, p.Params)
		for i := range u {
			u[i] = rng.Float64()
		}
		if p.At(u, x, normal) {
			us, values = append(us, u), append(values, x[at])
		}
		if len(us) == points {
			break
		}
	}
	if len(us) < points {
		return 0, 0, 0
	}
	for k := range p.Params {
		b := (values[1] - values[0]) / (us[1][k] - us[0][k])
		a := values[0] - b*us[0][k]
		fits := b != 0
		for i, u := range us {
			fits = fits && math.Abs(a+b*u[k]-values[i]) <= 1e-9*math.Abs(b)
		}
		if fits {
			return k, a, b
		}
	}
	return 0, 0, 0
}

// intervals returns the maximal subintervals of (0, 1) on which f holds, found by sampling curveCells cells and bisection.
func intervals(f func(u float64) bool) [][2]float64 {
	const edge = 1e-7 // the ends themselves are corners, where keep may be ambiguous
	var out [][2]float64
	prev, on := edge, f(edge)
	start := 0.0
	for i := range curveCells + 1 {
		u := (float64(i) + 0.5) / curveCells
		if i == curveCells {
			u = 1 - edge
		}
		if now := f(u); now != on {
			a, b := prev, u
			for range 60 {
				m := a + (b-a)/2
				if f(m) == on {
					a = m
				} else {
					b = m
				}
			}
			if on {
				out = append(out, [2]float64{start, a})
			}
			start, on = b, now
		}
		prev = u
	}
	if on {
		out = append(out, [2]float64{start, 1})
	}
	return out
}

// share estimates which part of p satisfies keep, relative to the part of it that At accepts.
func share(p Patch, dim int, keep func(x, normal []float64) bool) float64 {
	x, normal := make([]float64, dim), make([]float64, dim)
	trials, kept := 0, 0
	probe(surfaceTrials, p.Params, func(u []float64) {
		if p.At(u, x, normal) {
			trials++
			if keep(x, normal) {
				kept++
			}
		}
	})
	if trials == 0 {
		return 0
	}
	return float64(kept) / float64(trials)
}

// probe calls f for n points of the Sobol sequence, or of another sequence where that has not enough dimensions.
// The points are moved to the centres of their strata, away from the edges and poles of the parametrisation, where a
// condition that holds on a set of measure zero might seem to hold on more.
func probe(n, params int, f func(u []float64)) {
	var s Sampler = Sobol{}
	if params > SobolDims {
		s = Halton{}
	}
	u, err := s.Sample(nil, n, params)
	if err != nil {
		return // more parameters than any sequence has: nothing can be found
	}
	for i := range u {
		u[i] = below1(u[i] + 0.5/float64(n))
	}
	for i := range n {
		f(u[i*params : (i+1)*params])
	}
}

// along returns p times the axis a, as the last coordinate: a curve in space becomes a surface in space and time. The
// normal has no component along it.
func (a Axis) along(p Patch) Patch {
	return Patch{
		Name:    p.Name,
		Params:  p.Params + 1,
		Measure: p.Measure * (a.Hi - a.Lo),
		At: func(u, x, normal []float64) bool {
			d := len(x) - 1
			x[d], normal[d] = a.at(u[p.Params]), 0
			return p.At(u[:p.Params], x[:d], normal[:d])
		},
	}
}

// apportion shares n points out over patches by measure: the method of largest remainders, ties to the earlier patch. A
// patch that is a single point is drawn once, however large n is.
func apportion(n int, patches []Patch) []int {
	counts := make([]int, len(patches))
	total := 0.0
	for i, p := range patches {
		if p.Params == 0 {
			counts[i] = 1
			continue
		}
		total += p.Measure
	}
	if total == 0 {
		return counts
	}
	type remainder struct {
		patch int
		part  float64 // in units of 1e-9, so that remainders which differ only by rounding are ties
	}
	var rest []remainder
	left := n
	for i, p := range patches {
		if p.Params == 0 {
			continue
		}
		quota := float64(n) * (p.Measure / total)
		counts[i] = int(quota)
		left -= counts[i]
		rest = append(rest, remainder{i, math.Round((quota - float64(counts[i])) * 1e9)})
	}
	slices.SortStableFunc(rest, func(a, b remainder) int { return cmp.Compare(b.part, a.part) })
	for k := 0; left > 0; k = (k + 1) % len(rest) {
		counts[rest[k].patch]++
		left--
	}
	return counts
}
