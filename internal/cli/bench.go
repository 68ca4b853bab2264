package cli

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/exec"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/optim"
)

// Bench is what a training step costs: the object that crux bench --json prints.
type Bench struct {
	Problem     string         `json:"problem"`
	Precision   string         `json:"precision"`
	Workers     int            `json:"workers"`
	Points      int            `json:"points"`       // of all point sets
	Steps       int            `json:"steps"`        // that were measured
	Step        report.Number  `json:"seconds"`      // of a step; the mean, and the sum of Parts
	Parts       report.Numbers `json:"parts"`        // seconds of forward, reverse, jacobian (where residuals are used), update and callbacks
	Evaluations report.Number  `json:"evaluations"`  // of losses or gradients in a step
	Gradient    report.Number  `json:"gradient"`     // seconds of one gradient of all constraints; the median
	Gflops      report.Number  `json:"gflops"`       // of the matrix products within that gradient, in 1e9 operations a second
	Peak        report.Number  `json:"peak_gflops"`  // of a matrix product that fits the caches, measured in the same run
	Share       report.Number  `json:"share"`        // Gflops / Peak
	Bytes       int            `json:"worker_bytes"` // memory of one worker, whatever the number of points
	Rate        report.Number  `json:"points_per_second"`
}

func (a *app) bench() *cobra.Command {
	var o overrides
	var asJSON bool
	var seconds float64
	c := &cobra.Command{
		Use:   "bench problem.yaml",
		Short: "Measure what a training step of a problem costs",
		Long: `Measure what a training step of a problem costs, from its first steps; nothing is written.

update: the method's own arithmetic. jacobian: the residuals and Jacobian products that it requests. callbacks: those of
the problem, and the progress display. forward and reverse: the rest, evaluation and the drawing of points; it is split in
the ratio of losses to gradients, timed alone. Only matrix products count as operations. The peak is that of a matrix
product on all workers, in the precision of the problem, measured in turn with the gradients.`,
		Example:           "  crux bench burgers.yaml\n  crux bench burgers.yaml --set precision=float32 --json | jq .share",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: yamlFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if !(seconds > 0) || math.IsInf(seconds, 0) {
				return fail(exitUsage, fmt.Errorf("--seconds %v; take more than 0", seconds))
			}
			p, err := o.load(args[0])
			if err != nil {
				return err
			}
			b, err := a.measure(c.Context(), p, time.Duration(seconds*float64(time.Second)))
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(b)
			}
			printBench(a.Out, b)
			return nil
		},
	}
	o.flag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print the measurement as one JSON object")
	c.Flags().Float64Var(&seconds, "seconds", 1, "seconds for the steps, and the same again for their parts")
	return c
}

// measure runs steps for a while, then losses, gradients and matrix products in turn for as long.
func (a *app) measure(ctx context.Context, p *problemfile.Problem, d time.Duration) (*Bench, error) {
	method := &timedMethod{Method: p.Options.Method, now: a.Now}
	if method.Method == nil {
		method.Method = &optim.Adam{}
	}
	p.Options.Method = method
	s, err := compile(p)
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	quiet := app{Streams: a.Streams}
	quiet.Err, quiet.Terminal = io.Discard, nil
	begin := &mark{now: a.Now}
	end := &mark{now: a.Now, since: begin, limit: d}
	watching := append([]crux.Callback{begin}, p.Callbacks("")...) // what the problem asks for is part of the step
	res, err := s.Solve(ctx, p.Steps, append(watching, quiet.newProgress(p), end)...)
	if err != nil {
		return nil, fail(statusCode(ctx, res.Status), err)
	}
	steps := begin.count - 1 // whole ones lie between the first mark and the last
	if steps < 1 {
		return nil, fail(exitFailed, fmt.Errorf("problem %s: %s after %s; at least 2 are needed", p.Name, res.Reason,
			report.Counted(res.Steps, "step")))
	}
	groups, err := newBenchGroups(p, s)
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	defer groups.pool.Close()
	t, err := groups.time(ctx, s.Theta(), d, a.Now)
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	if res.Steps > steps { // the last update is not followed by a mark
		method.own -= method.last[0]
		method.jacobian -= method.last[1]
	}
	per := func(d time.Duration) float64 { return d.Seconds() / float64(steps) }
	step, update, callbacks := per(begin.last.Sub(begin.first)), per(method.own), per(end.spent-end.final)
	jacobian := per(method.jacobian)
	evaluation := step - update - callbacks - jacobian
	forward := min(t.losses/t.gradient, 1) * evaluation
	var parts report.Numbers
	parts.Add("forward", report.Number(forward))
	parts.Add("reverse", report.Number(evaluation-forward))
	if method.jacobian > 0 {
		parts.Add("jacobian", report.Number(jacobian))
	}
	parts.Add("update", report.Number(update))
	parts.Add("callbacks", report.Number(callbacks))
	speed := groups.flops / t.gradient
	b := &Bench{
		Problem: p.Name, Precision: "float64", Workers: groups.pool.Workers(), Points: groups.points, Steps: steps, Step: report.Number(step),
		Parts: parts,
		// one evaluation is that of the last mark, or of the end
		Evaluations: report.Number(float64(res.Evals-1) / float64(res.Steps)), Gradient: report.Number(t.gradient),
		Gflops: report.Number(speed / 1e9), Peak: report.Number(t.peak / 1e9), Share: report.Number(speed / t.peak),
		Bytes: groups.bytes, Rate: report.Number(float64(groups.points) / step),
	}
	if groups.single {
		b.Precision = "float32"
	}
	return b, nil
}

func printBench(w io.Writer, b *Bench) {
	var t strings.Builder
	fmt.Fprintf(&t, "%s: %s, %s, %s, %s measured\n\n", b.Problem, report.Counted(b.Points, "point"), b.Precision,
		report.Counted(b.Workers, "worker"), report.Counted(b.Steps, "step"))
	ms := func(v report.Number) string { return fmt.Sprintf("%.3f", 1e3*v) }
	rows := [][]string{{"part", "ms", "share"}}
	for _, q := range append(slices.Clone(b.Parts), report.Named[report.Number]{Name: "step", Value: b.Step}) {
		rows = append(rows, []string{q.Name, ms(q.Value), fmt.Sprintf("%.1f %%", 100*q.Value/b.Step)})
	}
	table(&t, rows)
	fmt.Fprintf(&t, "\n%s points/s; %.3g evaluations a step\n", short(float64(b.Rate)), float64(b.Evaluations))
	fmt.Fprintf(&t, "gradient: %s ms, %.1f GFLOP/s in matrix products, %.0f %% of the measured peak of %.1f\n",
		ms(b.Gradient), b.Gflops, 100*b.Share, b.Peak)
	fmt.Fprintf(&t, "memory: %.1f KiB for each worker\n", float64(b.Bytes)/1024)
	io.WriteString(w, t.String()) //nolint:errcheck // Run checks the writer at the end
}

// benchGroups are the constraints that share points, each with a program.
type benchGroups struct {
	pool     *exec.Pool
	programs []*compiler.Program
	fixed    []float64
	points   int
	flops    float64
	bytes    int
	single   bool
}

// newBenchGroups compiles the groups of constraints as the solver does.
func newBenchGroups(p *problemfile.Problem, s *crux.Solver) (g *benchGroups, err error) {
	list, layout, err := groups(p, s, "")
	if err != nil {
		return nil, err
	}
	g = &benchGroups{pool: exec.NewPool(p.Options.Workers), single: p.Options.Precision == crux.Float32}
	defer func() {
		if err != nil {
			g.pool.Close()
		}
	}()
	for _, q := range s.Parameters() {
		if q.Fixed {
			g.fixed = append(g.fixed, q.Data...)
		}
	}
	tc := compiler.TraceCompiler{Layout: layout, Single: g.single, Pool: g.pool}
	for _, of := range list {
		if err := g.add(&tc, of); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// add compiles the constraints that share points.
func (g *benchGroups) add(tc *compiler.TraceCompiler, of group) error {
	program, err := tc.Compile(of.Group)
	if err != nil {
		return err
	}
	c := of.cloud
	batch := compiler.Batch{N: c.Len(), X: c.X, Normals: c.Normals, Columns: c.Columns, Weights: c.Weights}
	if err := program.SetPoints(batch, g.fixed); err != nil {
		return err
	}
	work, err := program.Work()
	if err != nil {
		return err
	}
	g.programs = append(g.programs, program)
	g.points += c.Len()
	g.flops += float64(work.Flops) * float64(c.Len())
	g.bytes += work.Bytes
	return nil
}
