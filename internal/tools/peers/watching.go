package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/crux-pinn/crux/crux"
)

// window is the number of steps of one run: as many as the longest interval, so that each tracker has its share.
const window = 500

// watching prints what the eight trackers cost at the intervals of jNO's page on explainability, on its first example,
// float32: in crux with nothing masked and with masks of the output layer, and in jNO with nothing masked.
func watching(c config) (bool, error) {
	if !c.only.MatchString("trackers") {
		return true, nil
	}
	const points = 790
	p, err := c.startPeer("jno", "jno_trackers.py")
	if errors.Is(err, errAbsent) {
		fmt.Fprintf(os.Stderr, "peers: jNO left out: %v\n", err)
		p = nil
	} else if err != nil {
		return false, err
	}
	n := points
	if p != nil {
		defer p.close()
		var a struct{ Points int }
		if err := p.ask(map[string]any{"op": "load"}, &a); err != nil {
			return false, fmt.Errorf("jNO: %w", err)
		}
		n = a.Points
	}
	w, err := newWatched(n)
	if err != nil {
		return false, err
	}
	defer w.close()
	return true, c.watchingTable(w, p, n)
}

// watchingTable alternates the variants: all of crux's in every round, jNO's in every fourth, because they take minutes.
func (c config) watchingTable(w watched, p *peer, n int) error {
	names := []string{"off", "all", "masked"}
	for _, name := range names { // warm up
		if _, err := w.run(name); err != nil {
			return err
		}
	}
	times := map[string][]float64{}
	add := func(name string, t float64, err error) error {
		times[name] = append(times[name], t)
		return err
	}
	for round := range c.rounds {
		for _, name := range names {
			t, err := w.run(name)
			if err := add(name, t, err); err != nil {
				return err
			}
		}
		if p == nil || round%4 != 0 {
			continue
		}
		for _, name := range []string{"off", "all"} {
			t, err := p.run(name, window)
			if err := add("jNO "+name, t, err); err != nil {
				return fmt.Errorf("jNO: %w", err)
			}
		}
	}
	fmt.Printf("| trackers, hard-bounded Poisson 2-64×4-1 N=%d f32 | ms a step, %d steps | against off | target |\n|---|---|---|---|\n", n,
		window)
	ratio := func(a, b string) spread {
		var r []float64
		for k, t := range times[a] {
			r = append(r, t/times[b][min(k, len(times[b])-1)])
		}
		return spreadOf(r)
	}
	line := func(title, name, off, target string) {
		ms := spreadOf(times[name])
		against := "–"
		if off != name {
			against = ratio(name, off).String()
		}
		fmt.Printf("| %s | %.3f (%.3f–%.3f) | %s | %s |\n", title, 1e3*ms.median, 1e3*ms.lo, 1e3*ms.hi, against, target)
	}
	line("crux, off", "off", "off", "–")
	line("crux, all eight, nothing masked", "all", "off", "≤ 1.25")
	line("crux, all eight, output layer", "masked", "off", "≤ 1.10")
	if p != nil {
		line("jNO, off", "jNO off", "jNO off", "–")
		line("jNO, all eight, nothing masked", "jNO all", "jNO off", "–")
		a, b := spreadOf(times["jNO all"]), spreadOf(times["all"])
		fmt.Printf("\njNO with all trackers / crux with all: %.1f (%.1f–%.1f), target ≥ 20\n", a.median/b.median, a.lo/b.hi, a.hi/b.lo)
	}
	fmt.Println()
	return nil
}

// watched is crux's side: one solver for each set of trackers.
type watched map[string]*watchedSolver

type watchedSolver struct {
	*crux.Solver
	trackers []crux.Callback
}

// eight are the trackers of the page, at its intervals, with a mask for those that take one.
const eight = `
trackers:
  gradient_norms: {interval: 50, %[1]s}
  cos_similarity: {interval: 50, %[1]s}
  gradient_alignment: {interval: 50, %[1]s}
  residual_stats: {interval: 50}
  input_sensitivity: {expr: u_x, on: pde, interval: 100}
  ntk_spectrum: {expr: u, on: pde, points: 128, interval: 500, %[1]s}
  hessian_spectrum: {k: 5, iters: 20, interval: 500, %[1]s}
  loss_landscape: {grid: 11, interval: 500, %[1]s}
`

func newWatched(points int) (watched, error) {
	w := watched{}
	text := fmt.Sprintf(hardBounded, points)
	for name, text := range map[string]string{
		"off": text, "all": text + fmt.Sprintf(eight, ""), "masked": text + fmt.Sprintf(eight, "mask: u/layer4"),
	} {
		p, err := read(text, true)
		if err == nil {
			var s *crux.Solver
			if s, err = p.New(); err == nil {
				w[name] = &watchedSolver{Solver: s}
				for _, t := range p.Trackers {
					w[name].trackers = append(w[name].trackers, t.Tracker)
				}
			}
		}
		if err != nil {
			w.close()
			return nil, err
		}
	}
	return w, nil
}

// run trains for one window, from the end of a first step on, and returns the seconds of a step.
func (w watched) run(name string) (float64, error) {
	return stepSeconds(w[name].Solver, window, w[name].trackers...)
}

func (w watched) close() {
	for _, s := range w {
		s.Close() //nolint:errcheck // it only ends workers
	}
}
