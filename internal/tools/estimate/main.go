// Estimate compares the estimated error of fields (trackers.Error) with the true one, along the runs of problem files that have references:
//
//	go -C internal/tools run ./estimate -budget 30s ../../testdata/problems/*.yaml
//
// It prints a line for each pair: file, steps, field, estimate, truth, their quotient, and what the estimate is made of.
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
	"github.com/crux-pinn/crux/internal/spec"
	"github.com/crux-pinn/crux/trackers"
)

func main() {
	budget := flag.Duration("budget", 30*time.Second, "for the training of each file")
	at := flag.String("at", "10,30,60,100", "where along the run, in percent of its steps")
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
	for _, path := range flag.Args() {
		if err := pairs(path, *budget, marks); err != nil {
			fmt.Fprintf(os.Stderr, "estimate: %s: %v\n", path, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// errBudget ends training.
var errBudget = errors.New("the budget is spent")

// pairs runs a file twice: to learn how many steps it takes, and to look at it on the way.
func pairs(path string, budget time.Duration, marks []float64) error {
	steps := 0
	err := solve(path, func(ctx context.Context, p *spec.Problem, s *crux.Solver) error {
		ctx, cancel := context.WithTimeoutCause(ctx, budget, errBudget)
		defer cancel()
		res, err := s.Solve(ctx, p.Steps, p.Callbacks("")...)
		if steps = res.Epoch; errors.Is(err, errBudget) {
			err = nil
		}
		return err
	})
	if err != nil {
		return err
	}
	return solve(path, func(ctx context.Context, p *spec.Problem, s *crux.Solver) error {
		for _, m := range marks {
			next := max(1, int(math.Round(m*float64(steps)))) - s.Epoch()
			if next > 0 {
				if _, err := s.Solve(ctx, next, p.Callbacks("")...); err != nil {
					return err
				}
			}
			if err := look(ctx, path, p, s); err != nil {
				return err
			}
		}
		return nil
	})
}

func solve(path string, do func(context.Context, *spec.Problem, *crux.Solver) error) error {
	p, err := spec.Load(path, nil)
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
func look(ctx context.Context, path string, p *spec.Problem, s *crux.Solver) error {
	t := p.ErrorTracker()
	began := time.Now()
	if err := s.Measure(ctx, t); err != nil {
		return err
	}
	took := time.Since(began)
	last, ok := t.Value()
	if !ok {
		return errors.New("nothing was measured")
	}
	share := 0.0
	for _, r := range last.Residuals {
		share = max(share, r.Residual/r.Term)
	}
	line := func(e trackers.FieldError, truth float64) {
		ratio := e.Relative() / min(truth, 1)
		fmt.Printf("%-22s %6d %-8s est %.1e true %.1e ratio %8.2f | repair %.1e left %.1e gain %.1e typical %.1e coarse %.1e spread %.2f share %.1e P %d in %.1fs\n",
			strings.TrimSuffix(filepath.Base(path), ".yaml"), s.Epoch(), e.Name, e.Relative(), truth, ratio,
			e.Repairable/e.Size, e.Left/e.Size, e.Gain, e.Typical, e.Coarse, e.Spread, share, len(s.Theta()), took.Seconds())
	}
	for i := range p.References {
		r := &p.References[i]
		k := slices.IndexFunc(last.Fields, func(e trackers.FieldError) bool { return e.Name == r.Field })
		f := slices.IndexFunc(p.Fields, func(f spec.Field) bool { return f.Name == r.Field })
		if k < 0 || f < 0 {
			fmt.Printf("%s: no estimate of %s\n", path, r.Field)
			continue
		}
		cloud, err := r.On.Draw(nil)
		if err != nil {
			return err
		}
		want, err := r.At(s.Value).Eval(cloud)
		if err != nil {
			return err
		}
		got, err := s.Eval(p.Fields[f].Expr, r.On)
		if err != nil {
			return err
		}
		_, rel, _ := linalg.Difference(got.RawMatrix().Data, want)
		line(last.Fields[k], rel)
	}
	for _, e := range last.Fields {
		if !slices.ContainsFunc(p.References, func(r spec.Reference) bool { return r.Field == e.Name }) {
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
	return nil
}
