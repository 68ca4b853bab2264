// Estimate compares the estimated error of fields (trackers.Error) with the true one, along the runs of problem files that have references:
//
//	go -C internal/tools run ./estimate -budget 30s ../../testdata/problems/*.yaml
//
// It prints a line for each pair: file, steps, field, estimate, truth, their quotient, and what the estimate is made of. With -o it writes them
// as a page as well.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/trackers"
)

func main() {
	budget := flag.Duration("budget", 30*time.Second, "for the training of each file")
	at := flag.String("at", "10,30,60,100", "where along the run, in percent of its steps")
	out := flag.String("o", "", "a page to write")
	flag.Parse()
	var marks []float64
	for _, s := range strings.Split(*at, ",") {
		var v float64
		if _, err := fmt.Sscan(s, &v); err != nil {
			fmt.Fprintln(os.Stderr, "estimate: -at:", err)
			os.Exit(2)
		}
		marks = append(marks, v/100)
	}
	failed := false
	var all []pair
	for _, path := range flag.Args() {
		found, err := pairs(path, *budget, marks)
		if all = append(all, found...); err != nil {
			fmt.Fprintf(os.Stderr, "estimate: %s: %v\n", path, err)
			failed = true
		}
	}
	if *out != "" {
		if err := os.WriteFile(*out, []byte(page(all, *budget)), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "estimate:", err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// pair is an estimate beside the truth.
type pair struct {
	file     string
	steps    int
	of       string
	estimate float64
	truth    float64
}

// ratio is the estimate over the truth, both at most 1; NaN where the truth is unknown or below what can be told.
func (p pair) ratio() float64 {
	if !(p.truth >= 1e-12) {
		return math.NaN()
	}
	return p.estimate / min(p.truth, 1)
}

// page is the page with all pairs.
func page(all []pair, budget time.Duration) string {
	var b strings.Builder
	var known, small, near int
	for _, p := range all {
		r := p.ratio()
		if math.IsNaN(r) {
			continue
		}
		known++
		if r < 1.0/3 {
			small++
		}
		if r >= 1.0/30 && r <= 30 {
			near++
		}
	}
	fmt.Fprintf(&b, `# The estimated error beside the true one

Made by `+"`make estimate`"+`: problems of testdata/problems with a reference, trained for %v each, and measured on the way. Both numbers are relative L2
errors, at most 1; true errors below 1e-12 are left out. Of %d pairs %d estimates are more than 3 times too small, and %d lie within a factor of 30.

| problem | steps | of | estimate | truth | quotient |
|---|---|---|---|---|---|
`, budget, known, small, near)
	for _, p := range all {
		if r := p.ratio(); !math.IsNaN(r) {
			fmt.Fprintf(&b, "| %s | %d | %s | %.1e | %.1e | %.2g |\n", p.file, p.steps, p.of, p.estimate, min(p.truth, 1), r)
		}
	}
	return b.String()
}

// errBudget ends training.
var errBudget = errors.New("the budget is spent")

// pairs runs a file twice: to learn how many steps it takes, and to look at it on the way.
func pairs(path string, budget time.Duration, marks []float64) (all []pair, err error) {
	steps := 0
	err = solve(path, func(ctx context.Context, p *problemfile.Problem, s *crux.Solver) error {
		ctx, cancel := context.WithTimeoutCause(ctx, budget, errBudget)
		defer cancel()
		res, err := s.Solve(ctx, p.Steps, p.Callbacks("")...)
		if steps = res.Epoch; errors.Is(err, errBudget) {
			err = nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = solve(path, func(ctx context.Context, p *problemfile.Problem, s *crux.Solver) error {
		for _, m := range marks {
			next := max(1, int(math.Round(m*float64(steps)))) - s.Epoch()
			if next > 0 {
				if _, err := s.Solve(ctx, next, p.Callbacks("")...); err != nil {
					return err
				}
			}
			found, err := look(ctx, path, p, s)
			if all = append(all, found...); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

func solve(path string, do func(context.Context, *problemfile.Problem, *crux.Solver) error) error {
	p, err := problemfile.Load(path, []string{"accuracy=best"})
	if err != nil {
		return err
	}
	s, err := p.New()
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	return do(context.Background(), p, s)
}

// look prints the pairs of one state.
func look(ctx context.Context, path string, p *problemfile.Problem, s *crux.Solver) (all []pair, err error) {
	t := p.ErrorTracker()
	began := time.Now()
	if err := s.Measure(ctx, t); err != nil {
		return nil, err
	}
	took := time.Since(began)
	last, ok := t.Value()
	if !ok {
		return nil, errors.New("nothing was measured")
	}
	share := 0.0
	for _, r := range last.Residuals {
		share = max(share, r.Residual/r.Term)
	}
	line := func(e trackers.FieldError, truth float64) {
		all = append(all, pair{strings.TrimSuffix(filepath.Base(path), ".yaml"), s.Epoch(), e.Name, e.Relative(), truth})
		ratio := e.Relative() / min(truth, 1)
		fmt.Printf("%-22s %6d %-8s est %.1e true %.1e ratio %8.2f | repair %.1e left %.1e gain %.1e typical %.1e coarse %.1e spread %.2f elsewhere %.1e share %.1e P %d in %.1fs\n",
			strings.TrimSuffix(filepath.Base(path), ".yaml"), s.Epoch(), e.Name, e.Relative(), truth, ratio,
			e.Repairable/e.Size, e.Left/e.Size, e.Gain, e.Typical, e.Coarse, e.Spread, e.Elsewhere, share, len(s.Theta()), took.Seconds())
	}
	for i := range p.References {
		r := &p.References[i]
		k := slices.IndexFunc(last.Fields, func(e trackers.FieldError) bool { return e.Name == r.Field })
		f := slices.IndexFunc(p.Fields, func(f problemfile.Field) bool { return f.Name == r.Field })
		if k < 0 || f < 0 {
			fmt.Printf("%s: no estimate of %s\n", path, r.Field)
			continue
		}
		cloud, err := r.On.Draw(nil)
		if err != nil {
			return all, err
		}
		want, err := r.At(s.Value).Eval(cloud)
		if err != nil {
			return all, err
		}
		got, err := s.Eval(p.Fields[f].Expr, r.On)
		if err != nil {
			return all, err
		}
		_, rel, _ := linalg.Difference(got.RawMatrix().Data, want)
		line(last.Fields[k], rel)
	}
	for _, e := range last.Fields {
		if !slices.ContainsFunc(p.References, func(r problemfile.Reference) bool { return r.Field == e.Name }) {
			line(e, math.NaN())
		}
	}
	for _, e := range last.Params {
		if truth, ok := p.Truths[e.Name]; ok {
			for _, q := range p.Params {
				if q.Path() == e.Name {
					line(e, math.Abs(s.Value(q)/truth-1))
				}
			}
		}
	}
	return all, nil
}
