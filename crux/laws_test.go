package crux_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Laws that hold for any problem, tried on random ones. What is only written otherwise has losses and gradients that differ by rounding;
// what is only computed otherwise (workers, breaks, a run in pieces) has the same bits.

// random is a random problem: sums of terms on point sets, and how it is trained.
type random struct {
	x, y  *ph.Coord
	u     *ph.Field
	k     *ph.Param
	box   *domain.Box
	terms [][]int // of each constraint, by their place in all
	on    []int   // 0 the interior, 1 the boundary, 2 the first points
	n     int     // points in the interior
	steps int
	o     crux.Options
}

// kindsOfTerms is how many of term there are.
const kindsOfTerms = 9

func (r *random) term(i int) ph.Expr {
	u := r.u
	switch i {
	case 0:
		return ph.Laplacian(u, r.x, r.y)
	case 1:
		return u.Mul(u.D(r.x))
	case 2:
		return ph.Sin(r.x.Scale(3)).Mul(ph.Exp(r.y))
	case 3:
		return r.k.Mul(u.D(r.y, r.y))
	case 4:
		return ph.Tanh(u).Scale(0.3)
	case 5:
		return u.D(r.x, r.y)
	case 6:
		return ph.Cos(u.D(r.x))
	case 7:
		return u.Pow(3)
	default:
		return u.At(r.x, 1).Sub(r.k)
	}
}

// draw draws a problem; the networks are small and the points few, since there are many.
func draw(t *rapid.T) *random {
	r := &random{k: ph.NewParam("k", 0.7)}
	r.x, r.y = ph.Coords2("x", "y")
	r.box = domain.NewBox(domain.In(r.x, 0, 1), domain.In(r.y, -1, 2))
	acts := []net.Activation{net.Tanh, net.SiLU, net.Sin}
	r.u = ph.NewField("u", net.MLP{Hidden: []int{rapid.IntRange(2, 6).Draw(t, "width"), 4}, Act: rapid.SampledFrom(acts).Draw(t, "act")}, r.x, r.y)
	for range rapid.IntRange(1, 4).Draw(t, "constraints") {
		terms := []int{rapid.SampledFrom([]int{0, 1, 3, 4, 5, 6, 7, 8}).Draw(t, "unknown")} // one with the unknown
		terms = append(terms, rapid.SliceOfN(rapid.IntRange(0, kindsOfTerms-1), 0, 3).Draw(t, "terms")...)
		r.terms = append(r.terms, terms)
		r.on = append(r.on, rapid.IntRange(0, 2).Draw(t, "on"))
	}
	r.n = rapid.IntRange(2, 300).Draw(t, "points")
	r.steps = rapid.IntRange(1, 8).Draw(t, "steps")
	r.o = crux.Options{Seed: rapid.Uint64().Draw(t, "seed"), Workers: 1}
	if rapid.Bool().Draw(t, "single") {
		r.o.Precision = crux.Float32
	}
	return r
}

// way is how a problem is written.
type way struct{ backwards, reordered bool }

// stated is the problem in a way.
func (r *random) stated(t *rapid.T, w way, o crux.Options) *crux.Solver {
	inside := r.box.Interior(r.n)
	where := []*domain.Points{inside, r.box.Boundary(20), inside}
	p := crux.Problem{Name: "random"}
	for i, terms := range r.terms {
		terms = slices.Clone(terms)
		if w.reordered {
			slices.Reverse(terms)
		}
		e := r.term(terms[0])
		for _, k := range terms[1:] {
			e = e.Add(r.term(k))
		}
		p.Constraints = append(p.Constraints, crux.Constraint{Name: fmt.Sprintf("c%d", i), Residual: e, On: where[r.on[i]], Weight: float64(1 + i)})
	}
	if w.backwards {
		slices.Reverse(p.Constraints)
	}
	return newRandom(t, p, o)
}

func newRandom(t *rapid.T, p crux.Problem, o crux.Options) *crux.Solver {
	s, err := crux.New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) //nolint:errcheck
	return s
}

// answer is the losses by name, and their gradients by name and parameter.
func answer(t *rapid.T, s *crux.Solver) map[string][]float64 {
	losses, err := s.Losses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	grads, err := s.Gradients(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float64{}
	for i, name := range s.Names() {
		all[name] = losses[i : i+1]
		off := 0
		for _, q := range s.Parameters() {
			if !q.Fixed {
				all[name+" "+q.Path] = grads.RawRowView(i)[off : off+len(q.Data)]
				off += len(q.Data)
			}
		}
	}
	return all
}

// alike compares answers: each vector within tol of its largest number, or of that of the whole gradient.
func alike(t *rapid.T, what string, got, want map[string][]float64, tol float64) {
	if len(got) != len(want) {
		t.Fatalf("%s: %d vectors, not %d", what, len(got), len(want))
	}
	size := 1e-300
	for _, v := range want {
		for _, x := range v {
			size = max(size, math.Abs(x))
		}
	}
	for name, v := range want {
		for i := range v {
			if d := math.Abs(got[name][i] - v[i]); !(d <= tol*size) {
				t.Fatalf("%s: %s[%d] is %v, not %v", what, name, i, got[name][i], v[i])
			}
		}
	}
}

// rounding is what is allowed where sums are formed in another order, of the largest number.
func (r *random) rounding() float64 {
	if r.o.Precision == crux.Float32 {
		return 1e-4
	}
	return 1e-12
}

// The order of constraints, and that of the terms of a residual, do not matter.
func TestLawsOfWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		plain := answer(t, r.stated(t, way{}, r.o))
		alike(t, "constraints in another order", answer(t, r.stated(t, way{backwards: true}, r.o)), plain, r.rounding())
		alike(t, "terms in another order", answer(t, r.stated(t, way{reordered: true}, r.o)), plain, r.rounding())
	})
}

// A constraint on n + m points is the mean, by their numbers, of that on the first n and that on the others.
func TestLawOfSplitPoints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		cut := rapid.IntRange(1, r.n-1).Draw(t, "cut")
		cloud, err := r.box.Interior(r.n).With(domain.Uniform{}).Draw(rand.New(rand.NewPCG(r.o.Seed, 1)))
		if err != nil {
			t.Fatal(err)
		}
		part := func(from, to int) map[string][]float64 {
			p := crux.Problem{Name: "part", Constraints: []crux.Constraint{{
				Name: "c", On: domain.At([]*ph.Coord{r.x, r.y}, cloud.X[2*from:2*to]),
				Residual: ph.Laplacian(r.u, r.x, r.y).Add(r.term(r.terms[0][0]), r.k),
			}, {Name: "bounds", On: r.box.Boundary(8), Residual: r.u}}} // networks take coordinates by the bounds of all points
			return answer(t, newRandom(t, p, r.o))
		}
		whole, first, rest := part(0, r.n), part(0, cut), part(cut, r.n)
		a, sum := float64(cut)/float64(r.n), map[string][]float64{}
		for name, v := range first {
			for i := range v {
				sum[name] = append(sum[name], a*v[i]+(1-a)*rest[name][i])
			}
		}
		alike(t, fmt.Sprintf("%d of %d points", cut, r.n), sum, whole, r.rounding())
	})
}

// Neither workers nor breaks, with or without a state that is saved and restored, nor phases that are cut in two change a bit.
func TestLawsOfComputing(t *testing.T) {
	kinds := map[string]func() optim.Method{
		"lm":   func() optim.Method { return &optim.LevenbergMarquardt{} },
		"soap": func() optim.Method { return &optim.SOAP{} },
		"two": func() optim.Method {
			return optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 3}, optim.Phase{Method: &optim.LBFGS{}})
		},
	}
	for name, m := range methods {
		kinds[name] = m
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range kinds {
			if !yield(name) {
				return
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		r := draw(t)
		name := rapid.SampledFrom(names).Draw(t, "method")
		build := func(workers int) *crux.Solver {
			o := r.o
			o.Method, o.Workers = kinds[name](), workers
			return r.stated(t, way{}, o)
		}
		run := func(s *crux.Solver, n int) bool {
			res, err := s.Solve(t.Context(), n)
			if err != nil && res.Status != crux.Diverged {
				t.Fatal(err)
			}
			return err == nil
		}
		whole := build(1)
		if !run(whole, r.steps) {
			return // such a run has an end of its own
		}
		// again is of a run that goes on where the whole one has converged: it has the step more in which the method finds its end again
		same := func(what string, s *crux.Solver, again bool) {
			losses, want := s.History().Loss, whole.History().Loss
			if n := len(want); again && len(losses) == n+1 && losses[n] == losses[n-1] {
				losses = losses[:n]
			}
			if !slices.Equal(bitsOf(losses), bitsOf(want)) || !slices.Equal(bitsOf(s.Theta()), bitsOf(whole.Theta())) {
				t.Fatalf("%s, %s: losses %v and not %v", name, what, losses, want)
			}
		}
		three := build(3)
		run(three, r.steps)
		same("three workers", three, false)

		cut := rapid.IntRange(0, r.steps).Draw(t, "break")
		again := cut >= whole.Epoch()
		pieces := build(1)
		run(pieces, cut)
		st, err := pieces.State()
		if err != nil {
			t.Fatal(err)
		}
		run(pieces, r.steps-pieces.Epoch())
		same("in pieces", pieces, again)

		restored := build(2)
		if err := restored.SetState(st); err != nil {
			t.Fatal(err)
		}
		run(restored, r.steps-restored.Epoch())
		same(fmt.Sprintf("restored at step %d", cut), restored, again)
	})
}

func bitsOf(v []float64) []uint64 {
	b := make([]uint64, len(v))
	for i, x := range v {
		b[i] = math.Float64bits(x)
	}
	return b
}
