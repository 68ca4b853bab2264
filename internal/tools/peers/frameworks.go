package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// frameworks prints the table against other PINN packages on jNO's first example: 2-D Poisson on the unit square, network
// 2-64×4-1, u multiplied by x(1−x)y(1−y), Adam, 790 points, float32.
func frameworks(c config) (bool, error) {
	if !c.only.MatchString("jNO") && !c.only.MatchString("DeepXDE on PyTorch") {
		return true, nil
	}
	const points = 790
	fmt.Println("| package, hard-bounded Poisson 2-64×4-1 N=790 f32 | crux ms | ratio | target | crux: start to first step, ms | its first call / that |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, f := range []struct{ env, name string }{{"jno", "jNO"}, {"deepxde", "DeepXDE on PyTorch"}} {
		if !c.only.MatchString(f.name) {
			continue
		}
		if err := c.framework(f.env, f.name, points); errors.Is(err, errAbsent) {
			fmt.Fprintf(os.Stderr, "peers: %s left out: %v\n", f.name, err)
		} else if err != nil {
			return false, fmt.Errorf("%s: %w", f.name, err)
		}
	}
	fmt.Println()
	return true, nil
}

func (c config) framework(env, name string, points int) error {
	p, err := c.startPeer(env, env+"_peer.py")
	if err != nil {
		return err
	}
	defer p.close()
	var a struct {
		Points         int
		First, Seconds float64
	}
	if err := p.ask(map[string]any{"op": "load", "points": points}, &a); err != nil {
		return err
	}
	problem, err := read(fmt.Sprintf(hardBounded, a.Points), true)
	if err != nil {
		return err
	}
	begin := time.Now()
	s, err := problem.New()
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := s.Solve(context.Background(), 1); err != nil {
		return err
	}
	first := time.Since(begin).Seconds()
	ours := func(reps int) (float64, error) { return stepSeconds(s, reps) }
	ratio, seconds, err := c.interleave(ours, func(n int) (float64, error) { return p.run("", n) })
	if err != nil {
		return err
	}
	fmt.Printf("| %s, its points: %d | %.3f | %s | ≥ 8 | %.1f | %.0f |\n",
		name, a.Points, 1e3*seconds.median, ratio, 1e3*first, a.First/first)
	return nil
}

// hardBounded is the problem of jNO's documentation, with its network, on a number of points.
const hardBounded = `
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {hidden: [64, 64, 64, 64], raw: true, output: "x*(1 - x)*y*(1 - y)*u"}}
constraints: {pde: {residual: "laplacian(u) + 2*pi^2*sin(pi*x)*sin(pi*y)", points: %d, resample: 0}}
`
