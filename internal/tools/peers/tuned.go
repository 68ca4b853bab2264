package main

import (
	"fmt"
	"math"
	"os"
	"slices"
)

// reply is what jax_peer.py says of a variant after loading it.
type reply struct {
	Variant, Skipped    string
	Loss, Compile, Step float64
}

// tuned prints the table against JAX, as tuned by hand and as users write it. It reports whether both sides agreed
// everywhere.
func tuned(c config) (bool, error) {
	if !slices.ContainsFunc(rows(), func(r row) bool { return c.only.MatchString(r.name) }) {
		return true, nil
	}
	p, err := c.startPeer("jax", "jax_peer.py")
	if err != nil {
		return false, fmt.Errorf("JAX: %w", err)
	}
	defer p.close()
	fmt.Println("| work | crux ms | GFLOP/s | best tuned JAX | ratio | target | JAX as users write it: ratio | target | crux: start to first step, ms | ratio | without the step, ms | ratio | difference |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	all := true
	for _, r := range rows() {
		if !c.only.MatchString(r.name) {
			continue
		}
		ok, err := c.tunedRow(p, r)
		if err != nil {
			return false, fmt.Errorf("%s: %w", r.name, err)
		}
		all = all && ok
	}
	fmt.Println()
	return all, nil
}

func (c config) tunedRow(p *peer, r row) (agreed bool, err error) {
	dir, err := os.MkdirTemp("", "crux-peers")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	o, err := newOurs(r)
	if err != nil {
		return false, err
	}
	defer o.close()
	if err := o.write(dir); err != nil {
		return false, err
	}
	variants := r.variants
	withUsers := r.work == "step" && (c.users || r.users > 0)
	if withUsers {
		variants = append([]string{"hess"}, variants...)
	}
	var a struct{ Tasks []reply }
	if err := p.ask(map[string]any{
		"op": "load", "variants": variants, "dir": dir, "pde": r.pde, "work": r.work, "act": r.act, "sizes": r.sizes(),
		"n": r.points, "dtype": r.precision(), "losses": o.program.Len(),
	}, &a); err != nil {
		return false, err
	}
	tolerance := 1e-10
	if r.single {
		tolerance = 1e-2
	}
	var best, users reply
	worst := 0.0
	for _, t := range a.Tasks {
		if t.Skipped != "" {
			continue
		}
		d, err := difference(o.answer, dir+"/grad."+t.Variant)
		if err != nil {
			return false, err
		}
		if r.work == "step" {
			d = math.Max(d, math.Abs(t.Loss-o.loss)/math.Abs(o.loss))
		}
		worst = math.Max(worst, d)
		switch {
		case t.Variant == "hess":
			users = t
		case best.Variant == "" || t.Step < best.Step:
			best = t
		}
	}
	if !(worst <= tolerance) || best.Variant == "" {
		fmt.Printf("| %s | void: crux and JAX differ by %.1e |\n", r.name, worst)
		return false, nil
	}
	ratio, seconds, err := c.interleave(o.run, func(n int) (float64, error) { return p.run(best.Variant, n) })
	if err != nil {
		return false, err
	}
	asUsers, rate, first := "–", "–", "–"
	start, compile, compiles := "–", "–", "–"
	if withUsers {
		s, _, err := c.interleave(o.run, func(n int) (float64, error) { return p.run("hess", n) })
		if err != nil {
			return false, err
		}
		asUsers = s.String()
	}
	if r.work == "step" {
		rate = fmt.Sprintf("%.1f", o.flops/seconds.median/1e9)
		first = fmt.Sprintf("%.1f", 1e3*o.first.Seconds())
		start = fmt.Sprintf("%.0f", best.Compile/o.first.Seconds())
		ours := math.Max(o.first.Seconds()-seconds.median, 1e-6)
		compile = fmt.Sprintf("%.1f", 1e3*ours)
		compiles = fmt.Sprintf("%.0f", (best.Compile-best.Step)/ours)
		if withUsers {
			start += fmt.Sprintf(", users' %.0f", users.Compile/o.first.Seconds())
			compiles += fmt.Sprintf(", users' %.0f", (users.Compile-users.Step)/ours)
		}
	}
	fmt.Printf("| %s | %.3f | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %.0e |\n", r.name, 1e3*seconds.median, rate, best.Variant,
		ratio,
		target(r.target), asUsers, target(r.users), first, start, compile, compiles, worst)
	return true, nil
}

func target(v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf("≥ %g", v)
}
