package trackers_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// poisson is the README's problem with a small network, and a third constraint on the points of the first.
type poisson struct {
	crux.Problem
	u *ph.Field
}

func newPoisson(bc float64) *poisson {
	x, y := ph.Coords2("x", "y")
	square := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{8, 8}}, x, y)
	f := ph.Sin(x.Scale(math.Pi)).Mul(ph.Sin(y.Scale(math.Pi))).Scale(2 * math.Pi * math.Pi)
	inside := square.Interior(100)
	return &poisson{crux.Problem{Name: "poisson2d", Constraints: []crux.Constraint{
		{Name: "pde", Residual: ph.Laplacian(u, x, y).Add(f), On: inside},
		{Name: "bc", Residual: u, On: square.Boundary(40), Weight: bc},
		{Name: "symmetry", Residual: u.D(x).Sub(u.D(y)), On: inside, Weight: 0.01},
	}}, u}
}

func (p *poisson) solver(t *testing.T, o crux.Options) *crux.Solver {
	t.Helper()
	o.Seed = 1
	s, err := crux.New(p.Problem, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// trainings are the ways in which weights come about.
var trainings = map[string]func() (*poisson, crux.Options, []crux.Callback){
	"weight 1":   func() (*poisson, crux.Options, []crux.Callback) { return newPoisson(1), crux.Options{}, nil },
	"weight 100": func() (*poisson, crux.Options, []crux.Callback) { return newPoisson(100), crux.Options{}, nil },
	"weight 1e4": func() (*poisson, crux.Options, []crux.Callback) { return newPoisson(1e4), crux.Options{}, nil },
	"scheme": func() (*poisson, crux.Options, []crux.Callback) {
		norms := &trackers.GradientNorms{Interval: 20}
		return newPoisson(10), crux.Options{Weights: &weights.GradientNormBalanced{Norms: norms}}, []crux.Callback{norms}
	},
	"points": func() (*poisson, crux.Options, []crux.Callback) {
		p := newPoisson(100)
		p.Constraints[0].PointWeights = &weights.SelfAdaptive{Rate: 0.02}
		p.Constraints[1].PointWeights = weights.NewRBA()
		return p, crux.Options{}, nil
	},
	"scheme and points": func() (*poisson, crux.Options, []crux.Callback) {
		p := newPoisson(0)
		p.Constraints[2].PointWeights = &weights.SelfAdaptive{Rate: 0.02}
		return p, crux.Options{Weights: &weights.ReLoBRaLo{Alpha: 0.9, Rho: 0.5, Seed: 4}}, nil
	},
}

// moment is a step as its callbacks saw it, with all that its loss depends on.
type moment struct {
	theta, grad, losses, weights []float64
	loss                         float64
	points                       [][]float64 // weights of the points, by constraint; nil without
}

// catch is a callback that fills m.
func (m *moment) catch() crux.Callback {
	return callback(func(_ context.Context, s *crux.Step) error {
		*m = moment{s.Theta(), slices.Clone(s.Grad), slices.Clone(s.Losses), slices.Clone(s.Weights), s.Loss, nil}
		for _, name := range s.Run.Names() {
			mu, err := s.Run.Solver().PointWeights(name)
			if err != nil {
				return err
			}
			m.points = append(m.points, mu)
		}
		return nil
	})
}

// given are weights of points that do not change.
type given []float64

func (g given) WeighPoints(dst []float64, _ weights.Points) error {
	copy(dst, g)
	return nil
}

// frozen is another solver of the same problem on the same points, whose weights are those of the moment for ever.
func (m *moment) frozen(t *testing.T, method optim.Method) *crux.Solver {
	t.Helper()
	p := newPoisson(1)
	p.Constraints = p.Constraints[:len(m.weights)]
	for i := range p.Constraints {
		c := &p.Constraints[i]
		c.Weight = m.weights[i]
		if m.points[i] != nil {
			c.PointWeights = given(m.points[i])
		}
	}
	return p.solver(t, crux.Options{Method: method})
}

// look measures a solver at parameters.
func look(t *testing.T, s *crux.Solver, theta []float64) (m moment) {
	t.Helper()
	if err := s.SetTheta(theta); err != nil {
		t.Fatal(err)
	}
	if err := s.Measure(t.Context(), m.catch()); err != nil {
		t.Fatal(err)
	}
	return m
}

// differences is the Hessian of a solver's training loss by differences of its gradient, of fourth order: right to about 1e-9 of
// its largest entry.
func differences(t *testing.T, s *crux.Solver, theta []float64) *mat.SymDense {
	t.Helper()
	const h = 1e-3
	n := len(theta)
	rows, at := mat.NewDense(n, n, nil), make([]float64, n)
	for i := range n {
		for _, d := range []struct{ step, c float64 }{{h, 8}, {-h, -8}, {2 * h, -1}, {-2 * h, 1}} {
			copy(at, theta)
			at[i] += d.step
			floats.AddScaled(rows.RawRowView(i), d.c/(12*h), look(t, s, at).grad)
		}
	}
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			sym.SetSym(i, j, (rows.At(i, j)+rows.At(j, i))/2)
		}
	}
	return sym
}

// spectrum are the eigenvalues of the rows and columns of a that are in, descending, and the eigenvector of the first.
func spectrum(t *testing.T, a *mat.SymDense, in []int) (values, leading []float64) {
	t.Helper()
	b := mat.NewSymDense(len(in), nil)
	for i, k := range in {
		for j, l := range in[:i+1] {
			b.SetSym(i, j, a.At(k, l))
		}
	}
	var eig mat.EigenSym
	if !eig.Factorize(b, true) {
		t.Fatal("no eigenvalues")
	}
	var v mat.Dense
	eig.VectorsTo(&v)
	values = eig.Values(nil)
	slices.Reverse(values)
	return values, mat.Col(nil, len(in)-1, &v)
}

func upTo(n int) []int {
	in := make([]int, n)
	for i := range in {
		in[i] = i
	}
	return in
}
