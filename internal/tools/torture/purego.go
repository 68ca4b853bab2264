package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// building the program without assembly, once, takes a minute.
var building struct {
	sync.Once
	err error
}

// portable is the program without assembly, beside the other one.
func (b *bench) portable() (string, error) {
	path := b.crux + "-purego"
	building.Do(func() {
		if out, err := exec.Command("go", "build", "-tags", "purego", "-o", path, "./cmd/crux").CombinedOutput(); err != nil {
			building.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	return path, building.err
}

// otherArithmetic has a random problem evaluated with and without assembly: the losses at step 0 differ by rounding.
func otherArithmetic(b *bench) (h harm) {
	h.times = 1
	program, err := b.portable()
	if err != nil {
		b.not = err.Error()
		return harm{}
	}
	smooth := []string{
		"u_xx", "u*u_x", "sin(3*x)*exp(x)", "tanh(u)", "u^3", "cos(u_x)", "k*u", "u_xxx", "erf(u)", "exp(-u^2)", "sqrt(1 + u^2)",
		"log(2 + u^2)", "atan(u_x)", "where(x < 0.4, u, u_x)", "max(u, 0.1)", "laplacian(sin(u))", "u(x = 1)*u", "integral(u(x = s), s, 0, x)",
	}
	var sum []string
	for range 1 + b.rng.IntN(4) {
		sum = append(sum, smooth[b.rng.IntN(len(smooth))])
	}
	acts := []string{"tanh", "sin", "silu", "gelu", "softplus"}
	text := fmt.Sprintf("problem: n\ncoords: {x: [0, 1]}\nparams: {k: 0.7}\nfields: {u: {hidden: [%d, %d], activation: %s}}\nconstraints:\n"+
		"  pde: {residual: \"u_xx + 1 + %s\", points: %d}\n  bc: {residual: u, on: boundary, points: 2}\n  k: {residual: k - 1, points: 3}\n"+
		"optimizer: {adam: {}, steps: 1}\nhard: none\nscale: none\nseed: %d\n",
		1+b.rng.IntN(20), 1+b.rng.IntN(20), acts[b.rng.IntN(len(acts))], strings.Join(sum, " + "), 1+b.rng.IntN(300), b.rng.IntN(1000))
	os.WriteFile(filepath.Join(b.dir, "n.yaml"), []byte(text), 0o644) //nolint:errcheck // the command says so
	b.said.WriteString(text)
	o := b.run(nil, "solve", "n.yaml", "-q", "--out", "assembly")
	h.add(o.harm)
	q := b.exec(nil, program, "solve", "n.yaml", "-q", "--out", "portable")
	h.add(q.harm)
	if !well(o.code) || !well(q.code) {
		h.lost = 1
		return h
	}
	x, y := b.firstRow("assembly"), b.firstRow("portable")
	if len(x) < 2 || len(x) != len(y) {
		h.lost = 1
		return h
	}
	for i := range x {
		if !(math.Abs(x[i]-y[i]) <= 1e-12*math.Abs(x[i])) {
			fmt.Fprintf(&b.said, "%v and %v\n", x, y)
			h.other = 1
		}
	}
	return h
}

// firstRow is the losses of a run at step 0.
func (b *bench) firstRow(dir string) (row []float64) {
	text, _ := os.ReadFile(filepath.Join(b.dir, dir, "history.csv")) // one that is not there has no rows
	lines := strings.SplitN(string(text), "\n", 3)
	if len(lines) < 3 {
		return nil
	}
	names := strings.Split(lines[0], ",")
	for i, cell := range strings.Split(lines[1], ",") {
		if v, err := strconv.ParseFloat(cell, 64); err == nil && strings.HasPrefix(names[i], "loss") {
			row = append(row, v)
		}
	}
	return row
}
