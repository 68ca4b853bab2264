package compiler_test

import (
	"strings"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// matrix is a module that returns its weight instead of applying it.
type matrix struct{}

func (matrix) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	return in.Mul(s.Param("weight", net.Zeros, 2, 1))
}

func TestMistakesAreExplained(t *testing.T) {
	w := newWorld()
	z := ph.NewCoord("z")
	unknown := ph.NewUnary("odd", func(x float64) float64 { return x }, func(_, _ ph.Expr) ph.Expr { return w.k })
	high, mixed := ph.Expr(w.u), ph.Expr(w.u) // of order 20 and 30, on which a compiler without limits works for minutes
	for range 10 {
		high, mixed = high.D(w.x, w.x).Add(high.D(w.t, w.t)), mixed.D(w.x, w.t, w.x)
	}
	for name, c := range map[string]struct {
		group compiler.Group
		want  []string // parts of the message, the place where the expression was written among them
	}{
		"unknown coordinate":   {w.group(z.Mul(w.x)), []string{`"a"`, "error_test.go:", "coordinate z is not one of the point set's (t, x, y)", "At"}},
		"missing column":       {w.group(ph.Column("temperature")), []string{"error_test.go:", `no data column "temperature"`, "[data]"}},
		"normals":              {func() compiler.Group { g := w.group(ph.Normal(w.x)); g.Normals = false; return g }(), []string{"error_test.go:", "no normals", "boundary"}},
		"derivative of column": {w.group(ph.Column("data").Mul(w.x).D(w.x)), []string{"error_test.go:", `data column "data" has no derivative`, "fit a field"}},
		"one path twice":       {w.group(ph.NewParam("k", 1).Add(ph.NewParam("k", 2))), []string{`two parameters are named "k"`, "distinct names"}},
		"matrix as a quantity": {w.group(ph.NewField("m", matrix{}, w.x)), []string{"error_test.go:", "matrix parameter m/weight", "Affine"}},
		"no bounds":            {func() compiler.Group { g := w.group(w.u); g.Bounds = nil; return g }(), []string{"coordinate t", "no point set bounds it"}},
		"no residual":          {w.group(), []string{`group "points" has no residual`}},
		"missing residual":     {compiler.Group{Residuals: []compiler.Residual{{Name: "r"}}}, []string{`"r": the residual is missing`}},
		"a user's derivative": {
			w.group(unknown(w.u).D(w.x)), []string{"derivative of odd"},
		},
		"derivatives of high order": {w.group(high), []string{"error_test.go:", "more than 100000 operations", "lower their order"}},
		"one of order 30":           {w.group(mixed), []string{"error_test.go:", "more than 100000 operations"}},
		"huber": {
			compiler.Group{Residuals: []compiler.Residual{{Name: "r", Expr: w.k, Loss: compiler.Loss{Kind: compiler.Huber, Delta: -1}}}},
			[]string{"Huber", "must be positive"},
		},
		"every mistake": {w.group(z, ph.Column("a"), ph.Column("b")), []string{"coordinate z", `"a"`, `"b"`}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := (&compiler.TraceCompiler{}).Compile(c.group)
			if err == nil {
				// what only a graph shows
				if err = p.SetPoints(w.batch(3, 1), nil); err == nil {
					err = p.Residuals(0, make([]float64, 3), make([]float64, p.Layout().Len()), nil)
				}
				p.Close()
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, s := range c.want {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("error %q does not say %q", err, s)
				}
			}
		})
	}
}

func TestMistakesInBatches(t *testing.T) {
	w := newWorld()
	p, err := (&compiler.TraceCompiler{}).Compile(w.group(w.u.Sub(ph.Column("data"))))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	theta := make([]float64, p.Layout().Len())
	if err := p.Losses(make([]float64, 1), theta, nil); err == nil || !strings.Contains(err.Error(), "SetPoints comes first") {
		t.Errorf("without points: %v", err)
	}
	good := w.batch(4, 1)
	for want, change := range map[string]func(b *compiler.Batch){
		"no points":                   func(b *compiler.Batch) { b.N = 0 },
		"11 numbers for 4 points":     func(b *compiler.Batch) { b.X = b.X[1:] },
		"11 numbers for 4 normals":    func(b *compiler.Batch) { b.Normals = b.Normals[1:] },
		`column "data" has 0 entries`: func(b *compiler.Batch) { b.Columns = nil },
	} {
		b := good
		change(&b)
		if err := p.SetPoints(b, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if err := p.SetPoints(good, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.Residuals(0, make([]float64, 3), theta, nil); err == nil || !strings.Contains(err.Error(), "3 places for 4 residuals") {
		t.Errorf("too few places: %v", err)
	}
	// what a caller of the exported package may get wrong must be an error, never a panic
	grad, losses, one := make([]float64, len(theta)), make([]float64, 1), []float64{1}
	for name, f := range map[string]func() error{
		"residual out of range": func() error { return p.Residuals(7, nil, theta, nil) },
		"gradient of none":      func() error { return p.GradientOf(-1, grad, theta, nil) },
		"short theta":           func() error { return p.Gradient(grad, theta[1:], nil, one, losses) },
		"short gradient":        func() error { return p.Gradient(grad[1:], theta, nil, one, losses) },
		"short weights":         func() error { return p.Gradient(grad, theta, nil, nil, losses) },
		"short losses":          func() error { return p.Losses(nil, theta, nil) },
		"short direction":       func() error { return p.HVP(grad, theta, nil, one, theta[1:]) },
		"long fixed":            func() error { return p.Losses(losses, theta, one) },
		"Jacobian out of range": func() error { return p.Jacobian(2, nil, theta, nil) },
	} {
		if err := f(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestParameterOutsideTheLayout(t *testing.T) {
	w := newWorld()
	l, err := compiler.NewLayout(w.u)
	if err != nil {
		t.Fatal(err)
	}
	c := compiler.TraceCompiler{Layout: l}
	if _, err := c.Compile(w.group(w.u.Mul(w.k))); err == nil || !strings.Contains(err.Error(), "kappa is not in the layout") {
		t.Errorf("error %v", err)
	}
}
