package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// terms are what goes wrong somewhere in the doubles, with # for a number.
var terms = []string{
	"#*u_xx", "exp(#*u)", "exp(exp(#*u))", "sqrt(# - u)", "sqrt(abs(u))", "log(x - #)", "log(u^2)", "u^u", "u^(-#)",
	"1/(u - #)", "#/x", "x^(-#)", "tan(#*u)", "abs(u)^0.3", "0*u",
	"(#*u)^9", "acos(#*u)", "max(u, #)", "u_x^(-2)", "sin(#/x)", "tanh(#*u)", "#", "k*u", "1/k", "sqrt(k)",
}

var sizesOfNumbers = []string{"0", "1", "1e-300", "1e-160", "1e-12", "3", "1e8", "1e150", "1e300", "-1", "-1e30"}

var methods = []string{
	"adam: {}", "adam: {lr: 1e6}", "sgd: {lr: 1}", "sgd: {lr: 1e300}", "lbfgs: {}", "ssbroyden: {}", "lm: {}", "soap: {}",
}

// numbers is a problem that overflows, or leaves what its functions are defined for, at the first step or later. It ends with finite
// parameters, and with an exit code of 0 only where what it came to is finite as well and has been estimated.
func numbers(b *bench) (h harm) {
	h.times = 1
	pick := func(of []string) string { return of[b.rng.IntN(len(of))] }
	var sum []string
	for range 1 + b.rng.IntN(3) {
		sum = append(sum, strings.ReplaceAll(pick(terms), "#", "("+pick(sizesOfNumbers)+")"))
	}
	text := fmt.Sprintf(`problem: n
coords: {x: [0, 1]}
params: {k: %s}
fields: {u: {hidden: [6, 6]}}
constraints:
  pde: {residual: "u_xx + 1 + %s", points: 20}
  bc: {residual: u, on: boundary, points: 2}
  k: {residual: k - 1, points: 20}
optimizer: [{%s, steps: 60}]
weights: %s
precision: %s
hard: %s
scale: %s
seed: %d
`, pick(sizesOfNumbers), strings.Join(sum, " + "), pick(methods),
		pick([]string{"relobralo", "none", "none", "{gradient_norm: {ema: 0.5}}"}),
		pick([]string{"float64", "float64", "float32"}), pick([]string{"none", "auto"}), pick([]string{"none", "auto"}), 1+b.rng.IntN(9))
	os.WriteFile(filepath.Join(b.dir, "n.yaml"), []byte(text), 0o644) //nolint:errcheck // the command says so
	b.said.WriteString(text)
	o := b.run(nil, "solve", "n.yaml", "-q", "--json", "--out", "d")
	h.add(o.harm)
	switch {
	case o.code == 2: // refused
		if !strings.Contains(o.err, "n.yaml:") {
			h.other = 1
		}
		return h
	case o.code != 0 && o.code != 3 && !well(o.code):
		h.lost = 1
		return h
	}
	var result struct {
		Loss    float64
		Verdict string
	}
	if err := json.Unmarshal([]byte(o.out), &result); err != nil && o.code == 0 {
		fmt.Fprintf(&b.said, "the report: %v\n", err)
		h.other = 1
	}
	ok := result.Verdict == "solved" || result.Verdict == "inaccurate"
	if o.code == 0 && (!ok || math.IsInf(result.Loss, 0) || math.IsNaN(result.Loss)) || o.code != 0 && o.err == "" {
		fmt.Fprintf(&b.said, "code %d with loss %v, verdict %q\n", o.code, result.Loss, result.Verdict)
		h.other = 1
	}
	// the parameters are those of the file, which may be too large for float32
	if o.code == 3 && strings.Contains(o.err, "before the first step") {
		return h
	}
	e := b.run(nil, "eval", "d", "--expr", "u", "--expr", "k")
	if h.add(e.harm); e.code != 0 || strings.Contains(e.out, "NaN") || strings.Contains(e.out, "Inf") {
		fmt.Fprintf(&b.said, "evaluated: %.300s\n", e.out)
		h.lost = 1
	}
	h.add(b.run(nil, "resume", "d", "-q", "--steps", "70").harm)
	return h
}
