package crux_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"math"
	"os"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/weights"
)

// decay is y' = −y, y(0) = 1 on [0, 2]; the solution is e⁻ᵗ.
func decay() (t *ph.Coord, y *ph.Field, line *domain.Box, p crux.Problem) {
	t = ph.NewCoord("t")
	line = domain.NewInterval(t, 0, 2)
	y = ph.NewField("y", net.MLP{Hidden: []int{10}}, t)
	p = crux.Problem{Name: "decay", Constraints: []crux.Constraint{
		{Name: "ode", Residual: y.D(t).Add(y), On: line.Interior(50)},
		{Name: "start", Residual: y.Shift(-1), On: line.Face(t, 0, 1)},
	}}
	return t, y, line, p
}

func Example() {
	t := ph.NewCoord("t")
	line := domain.NewInterval(t, 0, 2)
	y := ph.NewField("y", net.MLP{Hidden: []int{10}}, t)

	solver, err := crux.New(crux.Problem{Name: "decay", Constraints: []crux.Constraint{
		{Name: "ode", Residual: y.D(t).Add(y), On: line.Interior(50)},  // y' = −y
		{Name: "start", Residual: y.Shift(-1), On: line.Face(t, 0, 1)}, // y(0) = 1
	}}, crux.Options{Method: &optim.SSBroyden{}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	if _, err := solver.Solve(context.Background(), 200); err != nil {
		log.Fatal(err)
	}
	v, err := solver.Eval(y, domain.At([]*ph.Coord{t}, []float64{0, 1, 2}))
	if err != nil {
		log.Fatal(err)
	}
	for i, at := range []float64{0, 1, 2} {
		fmt.Printf("y(%v) = %.4f, exact %.4f\n", at, v.At(i, 0), math.Exp(-at))
	}
	// Output:
	// y(0) = 1.0000, exact 1.0000
	// y(1) = 0.3679, exact 0.3679
	// y(2) = 0.1353, exact 0.1353
}

// Constraints that share a point set, by pointer, share its points and one forward pass.
func ExampleProblem() {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	flow := ph.NewField("flow", net.MLP{Hidden: []int{8}, Out: 3}, x, y)
	u, v := flow.Index(0), flow.Index(1)
	inside := box.Interior(64)
	p := crux.Problem{Name: "flow", Constraints: []crux.Constraint{
		{Name: "mass", Residual: u.D(x).Add(v.D(y)), On: inside},
		{Name: "vorticity", Residual: v.D(x).Sub(u.D(y)), On: inside, Loss: crux.Loss{Kind: crux.MAE}},
		{Name: "walls", Residual: ph.Concat(u, v), On: box.Boundary(32), Weight: 10},
	}}
	s, err := crux.New(p, crux.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for _, name := range s.Names() {
		r, err := s.Residuals(name)
		if err != nil {
			log.Fatal(err)
		}
		n, k := r.Dims()
		fmt.Printf("%s: %d points, %d components\n", name, n, k)
	}
	// Output:
	// mass: 64 points, 1 components
	// vorticity: 64 points, 1 components
	// walls: 32 points, 2 components
}

// All mistakes are reported at once, each with the line that made it.
func ExampleNew() {
	t, x := ph.Coords2("t", "x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{}, x)
	_, err := crux.New(crux.Problem{Name: "heat", Constraints: []crux.Constraint{
		{Name: "pde", Residual: u.D(t).Sub(u.D(x, x)), On: line.Interior(10)},
		{Name: "end", Residual: u.Shift(-1)},
	}}, crux.Options{})
	var all *crux.ProblemError
	if errors.As(err, &all) {
		fmt.Println(len(all.Errors), "errors")
		fmt.Println(all.Errors[1])
	}
	// Output:
	// 2 errors
	// constraint "end": no point set; give one with On, such as box.Interior(1000)
}

// The step counter goes on from call to call, and so does the method: two calls are one.
func ExampleSolver_Solve() {
	_, _, _, p := decay()
	s, err := crux.New(p, crux.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for range 2 {
		res, err := s.Solve(context.Background(), 150)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(res.Status, res.Steps, res.Epoch)
	}
	h := s.History()
	fmt.Println(len(h.Loss), h.Loss[299] < h.Loss[0])
	// Output:
	// completed 150 150
	// completed 150 300
	// 300 true
}

// Any expression of the solution can be evaluated, derivatives too.
func ExampleSolver_Eval() {
	t, y, line, p := decay()
	s, err := crux.New(p, crux.Options{Method: &optim.SSBroyden{}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Solve(context.Background(), 200); err != nil {
		log.Fatal(err)
	}
	rate, err := s.Eval(y.D(t).Div(y), line.Grid(5)) // −1 for the exact solution
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", rate.RawMatrix().Data)
	// Output:
	// [-1.000 -1.000 -1.000 -1.000 -1.000]
}

// Given parameters, found by their paths, need no training.
func ExampleSolver_SetParameter() {
	x := ph.NewCoord("x")
	u := ph.NewField("u", net.MLP{Hidden: []int{}}, x) // u = w·x + b, x on [0, 2] mapped to [−1, 1]
	s, err := crux.New(crux.Problem{Name: "line", Constraints: []crux.Constraint{
		{Residual: u.Sub(x), On: domain.NewInterval(x, 0, 2).Grid(3)},
	}}, crux.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	for path, v := range map[string]float64{"u/layer0/weight": 2, "u/layer0/bias": 1} {
		if err := s.SetParameter(path, []float64{v}); err != nil {
			log.Fatal(err)
		}
	}
	r, err := s.Residuals("0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.RawMatrix().Data) // 2(x−1) + 1 − x
	fmt.Println(s.SetParameter("u/layer1/bias", []float64{0}))
	// Output:
	// [-1 0 1]
	// crux: problem "line" has no parameter "u/layer1/bias"; it has ["u/layer0/weight" "u/layer0/bias"]
}

// patience stops when the loss has not fallen to a new best for some steps.
type patience struct {
	steps, best int
	loss        float64
}

func (p *patience) OnSolveBegin(context.Context, *crux.Run) error {
	p.loss = math.Inf(1)
	return nil
}

func (p *patience) OnStep(_ context.Context, s *crux.Step) error {
	if s.Loss < p.loss {
		p.loss, p.best = s.Loss, s.Epoch
	}
	if s.Epoch-p.best >= p.steps {
		return crux.Stop(fmt.Sprintf("no better loss in %d steps", p.steps))
	}
	return nil
}

// A callback is any type with two methods.
func ExampleCallback() {
	_, _, _, p := decay()
	s, err := crux.New(p, crux.Options{Method: &optim.Adam{LR: optim.Constant(1)}}) // far too large
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	res, err := s.Solve(context.Background(), 1_000_000, &patience{steps: 50})
	fmt.Println(res.Status, "-", res.Reason, err)
	// Output:
	// stopped - no better loss in 50 steps <nil>
}

// A quantity that several callbacks want is computed once a step.
func ExampleFact() {
	_, _, _, p := decay()
	s, err := crux.New(p, crux.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	computed := 0
	norms := crux.NewFact("gradient norms", func(ctx context.Context, st *crux.Step) ([]float64, error) {
		computed++
		g, err := st.Run.Gradients().At(ctx, st) // a fact may build on another
		if err != nil {
			return nil, err
		}
		return []float64{mat.Norm(g.RowView(0), 2), mat.Norm(g.RowView(1), 2)}, nil
	})
	read := onStep(func(ctx context.Context, st *crux.Step) error {
		v, err := norms.At(ctx, st)
		if err == nil && floats.Min(v) == 0 {
			return crux.Stop("one constraint is satisfied")
		}
		return err
	})
	if _, err := s.Solve(context.Background(), 10, read, read, read); err != nil {
		log.Fatal(err)
	}
	fmt.Println(computed, "times in 10 steps")
	// Output:
	// 10 times in 10 steps
}

// Callbacks can look at a trained solver without training it.
func ExampleSolver_Measure() {
	_, _, _, p := decay()
	s, err := crux.New(p, crux.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	err = s.Measure(context.Background(), onStep(func(_ context.Context, st *crux.Step) error {
		fmt.Println("epoch", st.Epoch, st.Run.Names(), len(st.Losses))
		return nil
	}))
	fmt.Println(s.Epoch(), err)
	// Output:
	// epoch 0 [ode start] 2
	// 0 <nil>
}

// Causal weights let an equation in time be solved from its beginning on.
func ExampleSolver_PointWeights() {
	_, _, _, p := decay()
	p.Constraints[0].PointWeights = &weights.Causal{Slabs: 8, Eps: []float64{10}}
	solver, err := crux.New(p, crux.Options{Method: &optim.LBFGS{}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()

	for _, steps := range []int{1, 100} {
		if _, err := solver.Solve(context.Background(), steps); err != nil {
			log.Fatal(err)
		}
		w, err := solver.PointWeights("ode")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("after %d steps all times count: %v\n", solver.Epoch(), slices.Min(w) > 0.99)
	}
	// Output:
	// after 1 steps all times count: false
	// after 101 steps all times count: true
}

// A function is of the parameters that the solver has now, and serves any number of goroutines.
func ExampleSolver_Function() {
	t, y, _, p := decay()
	solver, err := crux.New(p, crux.Options{Method: &optim.SSBroyden{}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()
	if _, err := solver.Solve(context.Background(), 200); err != nil {
		log.Fatal(err)
	}
	f, err := solver.Function(ph.Concat(y, y.D(t)), t)
	if err != nil {
		log.Fatal(err)
	}
	v, err := f.Eval(nil, []float64{0, 1}) // two points, of two components each
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.4f\n", v)
	// Output:
	// [1.0000 -1.0000 0.3679 -0.3679]
}

// The solution as C that needs nothing of crux.
func ExampleSolver_Source() {
	t, y, _, p := decay()
	solver, err := crux.New(p, crux.Options{Method: &optim.SSBroyden{}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer solver.Close()
	if _, err := solver.Solve(context.Background(), 200); err != nil {
		log.Fatal(err)
	}
	src, err := solver.Source("decay", compiler.Function{Name: "y", Expr: y, Coords: []*ph.Coord{t}, About: "t in [0, 2]"})
	if err != nil {
		log.Fatal(err)
	}
	if err := src.WriteHeader(os.Stdout); err != nil { // WriteC and WriteGo write the functions
		log.Fatal(err)
	}
	// Output:
	// #ifndef DECAY_H
	// #define DECAY_H
	//
	// /* the value of y at (t); t in [0, 2] */
	// double decay_y(double t);
	// double decay_y_gradient(double t, double gradient[1]);
	//
	// #endif
}
