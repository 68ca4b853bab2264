package callbacks_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

// setup is a problem with all that has state: a method, a scheme, trackers, points that are redrawn and points that
// follow the residual. It is made from its names alone, as a program that resumes makes it again.
type setup struct {
	solver *crux.Solver
	cs     []crux.Callback
	norms  *callbacks.GradientNorms
	check  *callbacks.Checkpoint
	pde    ph.Expr
	u      ph.Expr
	inside *domain.Points
}

var methods = map[string]func() optim.Method{
	"adam":      func() optim.Method { return &optim.Adam{LR: optim.Cosine(1e-2, 1e-4, 60)} },
	"lbfgs":     func() optim.Method { return &optim.LBFGS{} },
	"ssbroyden": func() optim.Method { return &optim.SSBroyden{} },
	"phases": func() optim.Method {
		return optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 12}, optim.Phase{Method: &optim.LBFGS{}})
	},
}

var schemes = []string{"norms", "traces", "relobralo", "softadapt", "uncertainty", "random", "dwa", "causal", "selfadaptive", "rba", "rba and norms"}

// pointWeights is a new point scheme for a constraint of setup; nil if the scheme is one for constraints.
func pointWeights(scheme string) weights.PointScheme {
	switch scheme {
	case "causal":
		return &weights.Causal{Time: "y", Slabs: 4, Delta: 0.5}
	case "selfadaptive":
		return &weights.SelfAdaptive{Rate: 0.1}
	case "rba", "rba and norms":
		return &weights.RBA{Gamma: 0.9, Eta: 0.2}
	}
	return nil
}

func build(t *testing.T, method, scheme, moves, dir string) *setup {
	t.Helper()
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{6, 6}}, x, y)
	pde := ph.Laplacian(u, x, y).Add(ph.Sin(x.Scale(math.Pi)).Scale(5))
	inside, edge := box.Interior(30), box.Boundary(16).Every(5)
	st := &setup{norms: &callbacks.GradientNorms{Interval: 3}, pde: pde, u: u, inside: inside}
	st.cs = []crux.Callback{
		st.norms,
		&callbacks.ResidualStats{Interval: 4},
		&callbacks.HessianSpectrum{K: 2, Iters: 3, Interval: 8},
	}
	var traces []weights.TraceSource
	if scheme == "traces" {
		for _, g := range []struct {
			e  ph.Expr
			on *domain.Points
		}{{pde, inside}, {u, edge}} {
			k := &callbacks.NTKSpectrum{Grad: ph.ParamGrad(g.e, nil), On: g.on, Points: 6, Interval: 4}
			traces, st.cs = append(traces, k), append(st.cs, k)
		}
	}
	w := map[string]weights.Scheme{
		"rba and norms": &weights.GradientNormBalanced{Norms: st.norms}, "dwa": &weights.DWA{},
		"norms": &weights.GradientNormBalanced{Norms: st.norms, EMA: 0.5}, "traces": weights.NewNTKBalanced(traces...),
		"relobralo": &weights.ReLoBRaLo{Alpha: 0.9, Rho: 0.5, Seed: 4}, "softadapt": &weights.SoftAdapt{Temperature: 1},
		"uncertainty": &weights.Uncertainty{}, "random": &weights.RLW{Seed: 2},
	}[scheme]
	switch moves {
	case "rad":
		st.cs = append(st.cs, &callbacks.RAD{Interval: 7, C: 1, Constraints: []string{"pde"}})
	case "rard":
		st.cs = append(st.cs, &callbacks.RARD{Interval: 4, Constraints: []string{"pde"}})
	}
	if dir != "" {
		st.check = &callbacks.Checkpoint{Dir: dir, Interval: 4, Keep: 100}
		st.cs = append(st.cs, st.check)
	}
	// Whatever comes after the checkpoint is saved as well.
	if moves == "r3" {
		st.cs = append(st.cs, &callbacks.R3{Interval: 2, Constraints: []string{"pde"}})
	}
	st.cs = append(st.cs, &callbacks.CosSimilarity{Interval: 4}, &callbacks.EarlyStopping{Patience: 1000, RestoreBest: false})
	var err error
	st.solver, err = crux.New(crux.Problem{Name: "plate", Constraints: []crux.Constraint{
		{Name: "pde", Residual: pde, On: inside, PointWeights: pointWeights(scheme)},
		{Name: "edge", Residual: u, On: edge, PointWeights: pointWeights(scheme)},
	}}, crux.Options{Method: methods[method](), Weights: w, Seed: 9, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.solver.Close() })
	return st
}

func (s *setup) solve(t *testing.T, steps int) {
	t.Helper()
	if _, err := s.solver.Solve(context.Background(), steps, s.cs...); err != nil {
		t.Fatal(err)
	}
}

// same compares all that a user can see of two runs, bit for bit.
func same(t *testing.T, what string, a, b *setup) {
	t.Helper()
	if !slices.Equal(a.solver.Theta(), b.solver.Theta()) {
		t.Errorf("%s: other parameters", what)
	}
	ha, hb := a.solver.History(), b.solver.History()
	if !slices.Equal(ha.Epochs, hb.Epochs) || !slices.Equal(ha.Loss, hb.Loss) {
		k := 0
		for k < min(len(ha.Loss), len(hb.Loss)) && ha.Loss[k] == hb.Loss[k] {
			k++
		}
		t.Errorf("%s: histories of %d and %d steps differ from step %d on", what, len(ha.Loss), len(hb.Loss), k)
	}
	ca, _ := a.solver.Cloud("pde")
	cb, _ := b.solver.Cloud("pde")
	if !slices.Equal(ca.X, cb.X) {
		t.Errorf("%s: other points", what)
	}
	pa, _ := a.solver.PointWeights("pde")
	pb, _ := b.solver.PointWeights("pde")
	if !slices.Equal(pa, pb) {
		t.Errorf("%s: other weights of the points", what)
	}
	ta, tb := a.trackers(), b.trackers()
	for i := range min(len(ta), len(tb)) {
		xa, xb := ta[i].Arrays(), tb[i].Arrays()
		for k := range xa {
			if fmt.Sprint(xa[k]) != fmt.Sprint(xb[k]) { // to the last bit, and NaN is NaN
				t.Errorf("%s: %T has another %s", what, ta[i], xa[k].Name)
			}
		}
	}
}

// trackers are those among the callbacks.
func (s *setup) trackers() (list []trackers.Tracker) {
	for _, c := range s.cs {
		if k, ok := c.(trackers.Tracker); ok {
			list = append(list, k)
		}
	}
	return list
}

// solve(n), save, load, solve(n) is solve(2n), and every file written on the way continues as the run did: a process
// may be killed at any moment.
func TestResumeIsExact(t *testing.T) {
	const steps = 25
	rng := rand.New(rand.NewPCG(1, 2))
	for method := range methods {
		for i, scheme := range schemes {
			moves := []string{"rad", "rard", "r3"}[i%3]
			t.Run(method+"/"+scheme+"/"+moves, func(t *testing.T) {
				build := func(t *testing.T, method, scheme, moves, dir string) *setup {
					s := build(t, method, scheme, moves, dir)
					s.cs = append(s.cs, &callbacks.LossLandscape{
						Grid: 3, Interval: 8, Mask: ph.Paths("u/layer2"), Along: [2]trackers.Direction{trackers.GradientDirection, trackers.CurvatureDirection},
					})
					// at the points of the first constraint, which move
					s.cs = append(s.cs, &callbacks.InputSensitivity{Expr: s.pde, Interval: 3}, &callbacks.NTKSpectrum{Grad: ph.ParamGrad(s.pde, nil), Points: 7, Interval: 5})
					return s
				}
				plain := build(t, method, scheme, moves, "")
				plain.solve(t, steps)
				dir := t.TempDir()
				whole := build(t, method, scheme, moves, dir)
				whole.solve(t, steps)
				same(t, "with checkpoints", whole, plain)
				files, err := filepath.Glob(filepath.Join(dir, "checkpoint-*"))
				if err != nil || len(files) != 7 { // 4, 8, …, 24 and the last, 25
					t.Fatalf("files %v (%v)", files, err)
				}
				for _, k := range rng.Perm(len(files))[:3] {
					saved, err := callbacks.Load(files[k])
					if err != nil {
						t.Fatal(err)
					}
					again := build(t, method, scheme, moves, t.TempDir())
					if err := saved.Restore(again.solver, again.cs...); err != nil {
						t.Fatal(err)
					}
					again.solve(t, steps-again.solver.Epoch())
					same(t, filepath.Base(files[k]), again, plain)
				}
				// In halves, through the last file of the first.
				half := build(t, method, scheme, moves, t.TempDir())
				half.solve(t, 13)
				saved, err := callbacks.Latest(half.check.Dir)
				if err != nil || saved.State.Epoch != 13 {
					t.Fatal(err)
				}
				rest := build(t, method, scheme, moves, "")
				rest.cs = append(rest.cs, &callbacks.Checkpoint{Dir: t.TempDir()})
				if err := saved.Restore(rest.solver, rest.cs...); err != nil {
					t.Fatal(err)
				}
				rest.solve(t, steps-13)
				same(t, "in halves", rest, plain)
			})
		}
	}
}

// A run that a callback stopped goes on where it was: in the step in which it stopped, the update was made.
func TestResumeAfterStop(t *testing.T) {
	for _, scheme := range []string{"norms", "relobralo", "causal", "selfadaptive", "rba and norms"} {
		plain := build(t, "adam", scheme, "", "")
		plain.solve(t, 20)
		dir := t.TempDir()
		first := build(t, "adam", scheme, "", dir)
		stop := callbacks.OnStep(func(_ context.Context, s *crux.Step) error {
			if s.Epoch == 9 {
				return crux.Stop("enough")
			}
			return nil
		})
		res, err := first.solver.Solve(context.Background(), 20, append(first.cs, stop)...)
		if err != nil || res.Status != crux.Stopped || res.Epoch != 10 {
			t.Fatal(res, err)
		}
		saved, err := callbacks.Latest(dir)
		if err != nil {
			t.Fatal(err)
		}
		second := build(t, "adam", scheme, "", t.TempDir())
		if err := saved.Restore(second.solver, second.cs...); err != nil {
			t.Fatal(err)
		}
		second.solve(t, 10)
		same(t, scheme, second, plain)
	}
}

// A damaged or foreign file is an error that says so, at every length, and Latest takes the one before.
func TestDamagedCheckpoints(t *testing.T) {
	dir := t.TempDir()
	s := build(t, "adam", "norms", "rad", dir)
	s.solve(t, 13)
	newest := filepath.Join(dir, "checkpoint-000000013.safetensors")
	whole, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) {
		t.Helper()
		if err := os.WriteFile(newest, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, says ...string) {
		t.Helper()
		_, err := callbacks.Load(newest)
		if err == nil {
			t.Errorf("%s: no error", what)
			return
		}
		for _, w := range append(says, newest) {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v; want %q in it", what, err, w)
			}
		}
		saved, err := callbacks.Latest(dir)
		if err != nil || saved.State.Epoch != 12 || len(saved.Skipped) != 1 {
			t.Errorf("%s: Latest gives %+v (%v)", what, saved, err)
		}
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/60 {
		write(whole[:n])
		check(fmt.Sprintf("%d of %d bytes", n, len(whole)), "damaged")
	}
	for k := len(whole) - 20; k > len(whole)/2; k -= len(whole) / 20 {
		flipped := slices.Clone(whole)
		flipped[k] ^= 4
		write(flipped)
		check(fmt.Sprintf("byte %d changed", k), "damaged")
	}
	write([]byte("PK\x03\x04 a foreign file that is long enough to look at"))
	check("foreign", "damaged")
	write(append(whole[:8:8], []byte(strings.Replace(string(whole[8:]), "crux.checkpoint/2", "crux.checkpoint/9", 1))...))
	check("another version", `"crux.checkpoint/9"`)

	if _, err := callbacks.Latest(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no checkpoint") {
		t.Errorf("empty folder: %v", err)
	}
	if _, err := callbacks.Latest(filepath.Join(dir, "none")); err == nil {
		t.Error("no error without a folder")
	}
}

// A checkpoint does not fit another problem, method, scheme or set of callbacks; the error says which.
func TestForeignState(t *testing.T) {
	dir := t.TempDir()
	build(t, "adam", "norms", "rad", dir).solve(t, 5)
	saved, err := callbacks.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ method, scheme, moves, says string }{
		{"lbfgs", "norms", "rad", "LBFGS"},
		{"adam", "relobralo", "rad", "another scheme"},
		{"adam", "norms", "r3", "callbacks.RAD#0"},
		{"adam", "rba and norms", "rad", `no point weights of constraint "pde"`},
	} {
		o := build(t, c.method, c.scheme, c.moves, t.TempDir())
		before := o.solver.Theta()
		err := saved.Restore(o.solver, o.cs...)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v", c, err)
		}
		if !slices.Equal(before, o.solver.Theta()) || o.solver.Epoch() != 0 {
			t.Errorf("%v: the solver has changed", c)
		}
	}
	o := build(t, "adam", "norms", "rad", t.TempDir())
	for name, damage := range map[string]func(*crux.State){
		"problem": func(s *crux.State) { s.Problem = "other" },
		"values":  func(s *crux.State) { s.Parameters[0].Data[0] = math.NaN() },
		"path":    func(s *crux.State) { s.Parameters[0].Path = "v" },
		"points":  func(s *crux.State) { s.Points[0].X = s.Points[0].X[1:] },
		"normals": func(s *crux.State) { s.Points[1].Normals = nil },
		"history": func(s *crux.State) { s.History.Losses[1] = nil },
		"epoch":   func(s *crux.State) { s.Epoch = -1 },
	} {
		s, err := callbacks.Latest(dir)
		if err != nil {
			t.Fatal(err)
		}
		damage(s.State)
		if err := s.Restore(o.solver, o.cs...); err == nil || o.solver.Epoch() != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if o.solver.SetState(nil) == nil {
		t.Error("no error for no state")
	}
}

// Weights of points that do not fit are errors, after which nothing has changed.
func TestForeignPointWeights(t *testing.T) {
	dir := t.TempDir()
	build(t, "adam", "rba", "rad", dir).solve(t, 9)
	o := build(t, "adam", "rba", "rad", t.TempDir())
	before := o.solver.Theta()
	for name, damage := range map[string]func(*crux.State){
		"fewer":      func(s *crux.State) { s.PointWeights = s.PointWeights[:1] },
		"more":       func(s *crux.State) { s.PointWeights = append(s.PointWeights, s.PointWeights[0]) },
		"constraint": func(s *crux.State) { s.PointWeights[0].Constraint = "edge" },
		"weights":    func(s *crux.State) { s.PointWeights[0].Weights = s.PointWeights[0].Weights[1:] },
		"negative":   func(s *crux.State) { s.PointWeights[0].Weights[3] = -1 },
		"residuals":  func(s *crux.State) { s.PointWeights[1].Residual = nil },
		"losses":     func(s *crux.State) { s.PointWeights[1].Loss = nil },
		"points":     func(s *crux.State) { s.PointWeights[0].At = []float64{1, 2, 3} },
		"scheme":     func(s *crux.State) { s.PointWeights[1].Scheme = []byte("none") },
	} {
		saved, err := callbacks.Latest(dir)
		if err != nil {
			t.Fatal(err)
		}
		damage(saved.State)
		if err := saved.Restore(o.solver, o.cs...); err == nil || o.solver.Epoch() != 0 || !slices.Equal(before, o.solver.Theta()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	saved, err := callbacks.Latest(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := saved.Restore(o.solver, o.cs...); err != nil {
		t.Fatal(err)
	}
	p := build(t, "adam", "random", "rad", t.TempDir())
	if err := saved.Restore(p.solver, p.cs...); err == nil || !strings.Contains(err.Error(), "the PointWeights they had") {
		t.Errorf("without point schemes: %v", err)
	}
}

func TestCheckpointFiles(t *testing.T) {
	dir := t.TempDir()
	s := build(t, "adam", "random", "", "")
	c := &callbacks.Checkpoint{Dir: filepath.Join(dir, "a", "b"), Interval: 2, Keep: 2, Best: func(s *crux.Step) float64 {
		return math.Abs(float64(s.Epoch) - 6)
	}}
	s.cs = append(s.cs, c)
	s.solve(t, 11)
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{"best.safetensors", "checkpoint-000000010.safetensors", "checkpoint-000000011.safetensors"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	best, err := callbacks.Load(filepath.Join(c.Dir, "best.safetensors"))
	if err != nil || best.State.Epoch != 6 {
		t.Errorf("best is of another step (%v)", err)
	}
	// By wall time: a nanosecond passes at every step, an hour never does, and then there is the last file alone.
	for every, want := range map[time.Duration]int{time.Nanosecond: 10, time.Hour: 1} {
		timed := build(t, "adam", "random", "", "")
		timed.cs = append(timed.cs, &callbacks.Checkpoint{Dir: t.TempDir(), Every: every, Keep: 100})
		timed.solve(t, 10)
		files, err := callbacks.Checkpoints(timed.cs[len(timed.cs)-1].(*callbacks.Checkpoint).Dir)
		if err != nil || len(files) != want || filepath.Base(files[0]) != "checkpoint-000000010.safetensors" {
			t.Errorf("every %v: %v (%v)", every, files, err)
		}
	}
	for name, bad := range map[string]*callbacks.Checkpoint{
		"Every": {Dir: dir, Every: -time.Second},
		"Dir":   {}, "Interval": {Dir: dir, Interval: -1}, "Keep": {Dir: dir, Keep: -1}, "not a directory": {Dir: filepath.Join(c.Dir, "best.safetensors", "x")},
	} {
		if _, err := s.solver.Solve(context.Background(), 1, append(s.cs[:3:3], bad)...); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
