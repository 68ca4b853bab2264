package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/schema"
)

// solveFlags are the flags of crux solve.
type solveFlags struct {
	overrides
	out                 string
	seeds, jobs         int
	json, quiet, dryRun bool
	reference           bool
	page                bool // written at the end
	live                bool // and shown to browsers before
	apply               bool // the remedy of the verdict is tried
	from                int  // step of the checkpoint from which a run continues
	array               array
}

func (a *app) solve() *cobra.Command {
	var f solveFlags
	c := &cobra.Command{
		Use:   "solve problem.yaml",
		Short: "Train the networks of a problem and report how well they solve it",
		Long: `Train the networks of a problem and report how well they solve it.

The run directory then holds problem.yaml (all defaults written out), history.csv and metrics.jsonl, which grow during
the run, checkpoints, parameters.safetensors, solution.npz and result.json. Ctrl-C ends training early and keeps
the result so far; a second one quits at once. crux resume continues a run, however it ended.

--seeds N trains N times, with the seed of the file (or --seed) and those after it, and reports mean and spread. Each run
has a directory in the run directory, seed-1 and so on, and ends as it would alone, bit for bit. The cores are shared:
as many runs at once as there are cores.`,
		Example: `  crux solve burgers.yaml
  crux solve burgers.yaml --set optimizer.0.adam.lr=3e-3 --seed 2 --out runs/fast
  crux solve burgers.yaml --seeds 5
  crux solve burgers.yaml --json --quiet | jq .errors.u.rel_l2`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: yamlFiles,
		RunE: func(c *cobra.Command, args []string) error {
			if f.changed("seeds") && f.page {
				return fail(exitUsage, errors.New("--report is of one run; write that of each with crux report RUN"))
			}
			if a.Ranks != nil && f.live {
				return fail(exitUsage, errors.New("--live is of one process; crux report RUN writes the page of a run on several"))
			}
			if f.changed("seeds") && f.live {
				return fail(exitUsage, errors.New("--live is of one run; solve without --seeds"))
			}
			if f.changed("seeds") && f.apply {
				return fail(exitUsage, errors.New("--apply is for one run; solve without --seeds first, and give what helped with --set"))
			}
			if f.changed("seeds") {
				return a.solveSeeds(c.Context(), args[0], &f)
			}
			if f.changed("jobs") {
				return fail(exitUsage, errors.New("--jobs says how many of several runs are trained at once; give --seeds too"))
			}
			return a.runSolve(c.Context(), args[0], &f)
		},
	}
	f.flag(c)
	f.flagSteps(c)
	c.Flags().StringVar(&f.out, "out", "", "run directory; new or empty (default runs/NAME-<n>)")
	c.Flags().IntVar(&f.seeds, "seeds", 1, "number of runs, with the seed and those after it; reports mean and spread")
	f.flagJobs(c)
	f.flagOutput(c)
	c.Flags().BoolVar(&f.reference, "reference", false,
		"run on Gorgonia's own TapeMachine and report how it compares; for small problems, it is many times slower")
	c.Flags().BoolVar(&f.page, "report", false, "write the page of the run, as crux report does, at its end")
	c.Flags().BoolVar(&f.live, "live", false,
		"show the report in a browser while the run trains; only this machine can see it. It is written at the end, too")
	c.Flags().BoolVar(&f.apply, "apply", false, "solve again with the remedy of the verdict, where that is settings; the file stays as it is")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the resolved problem, points and parameters; train nothing")
	return c
}

// flagOutput adds the flags that say what is printed.
func (f *solveFlags) flagOutput(c *cobra.Command) {
	c.Flags().BoolVar(&f.json, "json", false, "print the result as one JSON object")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
}

// flagJobs adds --jobs.
func (f *solveFlags) flagJobs(c *cobra.Command) {
	c.Flags().IntVar(&f.jobs, "jobs", 0, "number of runs at once; 0 means as many as there are cores for their --workers")
}

func (a *app) runSolve(ctx context.Context, path string, f *solveFlags) error {
	p, err := f.load(path)
	if err != nil {
		return err
	}
	p.Options.Reference = f.reference
	if f.dryRun {
		s, err := compile(p)
		if err != nil {
			return err
		}
		defer s.Close() //nolint:errcheck // it only ends workers
		return a.printDryRun(ctx, p, s, f.json)
	}
	if err := canceled(ctx); err != nil {
		return err
	}
	if ctx, err = a.join(ctx); err != nil {
		return err
	}
	t, err := a.training(p) // what is wrong with the problem shows before there is a directory
	if err != nil {
		return err
	}
	defer func() { t.solver.Close() }() //nolint:errcheck // it only ends workers
	if err := a.start(ctx, t); err != nil {
		return err
	}
	dir, owner, err := a.newRunDir(f.out, p.Name)
	if err != nil {
		return err
	}
	defer owner.release()
	if len(otherWays(p)) > 0 {
		t.clock.nearby = p.ErrorTracker()
		t.clock.patience, t.clock.enough = patience(p)
	}
	a.observe(t, dir)
	// written before training: a directory that takes no files shows now
	if err := saveProblem(dir, p.Kept, p.Files); err != nil {
		return fail(exitFailed, fmt.Errorf("%w; give another directory with --out", err))
	}
	if t.origin, err = a.begun(dir, path); err != nil {
		return err
	}
	if !f.quiet {
		printDecisions(a.Err, p)
		printScales(a.Err, t.scales)
	}

	var v *liveView
	if f.live {
		if v, err = a.newLive(dir); err != nil {
			return fail(exitFailed, err)
		}
		defer v.close()
	}

	defer saving(ctx)()
	e := a.train(ctx, t, p.Steps, dir, a.watch(p, f, v)...)
	if e.report == nil { // leave no empty run behind
		owner.release()
		os.RemoveAll(filepath.Join(dir, dataDir)) //nolint:errcheck // best effort
		for _, name := range append(slices.Clone(runFiles), originFile, "") {
			os.Remove(filepath.Join(dir, name)) //nolint:errcheck // best effort
		}
	}
	t, e = a.climb(ctx, path, dir, f, v, t, e)
	if f.reference && e.err == nil {
		e.err = a.compareMachines(ctx, t.problem, t.solver)
	}
	result := a.present(t, e, f.json)
	if (f.page || f.live) && e.report != nil && e.report.RunDir != nil {
		out := filepath.Join(dir, reportFile)
		if err := writePage(t, e.report, dir, out); err != nil {
			return errors.Join(result, err)
		}
		v.last(out)
		to := a.Out
		if f.json {
			to = a.Err
		}
		fmt.Fprintf(to, "report in %s\n", out) //nolint:errcheck
	}
	return result
}

// watch shows progress, to those who want to see it.
func (a *app) watch(p *problemfile.Problem, f *solveFlags, v *liveView) (list []crux.Callback) {
	if !f.quiet {
		list = append(list, a.newProgress(p))
	}
	if v != nil {
		list = append(list, v.progress(p))
	}
	return list
}

// ended is what came of a run.
type ended struct {
	report  *report.Report // nil if the run did not begin
	records *records
	err     error // with its exit code
}

// train takes the steps of a run, or those that are left of it, and concludes it.
func (a *app) train(ctx context.Context, t *training, steps int, dir string, watch ...crux.Callback) *ended {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	rec := newRecords(t.problem, t.solver, dir)
	observers := slices.Concat(t.callbacks, rec.all, watch)
	for _, c := range watch {
		if w, ok := c.(*progress); ok {
			defer w.close()
			w.clock = t.clock
			w.keys.stop = func(i *Interrupt) { stop(i) }
			w.keys.save = func() string { return saveNow(t.problem.Checkpoint, dir) }
		}
	}
	if a.team != nil {
		observers = append(observers, a.team)
	}
	began, before := time.Now(), t.clock.before
	t.problem.Rollback.Back = func(why *crux.DivergedError, to int, factor float64) {
		t.clock.before = before + time.Since(began) // what was tried has taken its time
		t.place(why)
		next := fmt.Sprintf("with steps %.1g times as long", factor)
		if factor == 0 {
			next = "which is the end of the run"
		}
		fmt.Fprintf(a.Err, "%s: %v\n%s: back to step %d, %s\n", t.problem.Name, why, t.problem.Name, to, next) //nolint:errcheck
	}
	res, runErr := t.problem.Rollback.Solve(ctx, t.solver, steps, observers...)
	if t.saved == nil && res.Status == crux.Failed && len(t.solver.History().Epochs) == 0 {
		return &ended{records: rec, err: fail(exitUsage, runErr)}
	}
	if d, ok := errors.AsType[*crux.DivergedError](runErr); ok {
		t.place(d)
		res.Reason = d.Error()
	}
	rec.warn(a.Err)
	res.Steps, res.Time = res.Epoch, res.Time+t.clock.before // of all parts of the run
	e := &ended{records: rec}
	if t.origin != nil {
		t.origin.Ended = second(time.Now())
	}
	e.report, e.err = conclude(ctx, t, res, runErr, dir)
	return e
}

// saveNow has the state saved at the end of the step.
func saveNow(c *callbacks.Checkpoint, dir string) string {
	if c == nil {
		return "nothing is saved: the file turns checkpoints off"
	}
	c.Ask()
	return "saved after this step; crux plot " + report.Quoted(dir) + " in another terminal draws it"
}

// place says where in the problem file the expression is by which a run diverged.
func (t *training) place(d *crux.DivergedError) {
	if d.Expr != nil {
		d.Where = t.problem.WrittenAt(d.Expr)
	}
}

// conclude judges a run that ended, however it did, and writes its directory.
func conclude(ctx context.Context, t *training, res *crux.Result, runErr error, dir string) (*report.Report, error) {
	if res.Status == crux.Canceled || ctx.Err() != nil && errors.Is(runErr, ctx.Err()) {
		// the method under way may have reported only that the context ended, not why
		res.Status, res.Reason = crux.Canceled, context.Cause(ctx).Error()
	}
	p, s := t.problem, t.solver
	if (res.Status == crux.Completed || res.Status == crux.Converged) && res.Epoch > 0 && res.Loss != 0 && len(t.start) > 0 &&
		slices.Equal(t.start, s.Theta()) {
		res.Status, res.Reason = crux.Stopped, "the parameters have not moved: losses and gradients are too large, or too small, for the method"
	}
	// only results are missing if this fails: the report says what there is, the error what there is not
	saveErr := saveParameters(p, s, res, dir) // before anything is evaluated that may not fit into memory
	sol, judgeErr := evaluateFields(p, s)
	rep, repErr := newReport(p, s, res, sol)
	judge(ctx, p, s, res, rep)
	regions(ctx, p, s, sol, res, rep)
	for _, x := range p.Expect {
		rep.Expect(x.Of, x.Sign, x.Bound)
	}
	rep.Scales = scalesOf(t.scales)
	rep.Origin, rep.RunDir = t.origin, &dir
	if saveErr == nil {
		saveErr = save(p, sol, rep, dir)
	}
	if saveErr != nil {
		rep.RunDir = nil // not a complete run
	}
	var failed error
	recordErr := runErr // what is left of it when the run itself went well
	if code := statusCode(ctx, res.Status); code != exitOK {
		failed, recordErr = fail(code, runErr), nil
		if res.Status == crux.Canceled {
			recordErr = besides(runErr, context.Cause(ctx))
			failed = fail(code, fmt.Errorf("%s after %s", res.Reason, report.Counted(res.Steps, "step")))
			if saveErr == nil {
				failed = fail(code, fmt.Errorf("%w; the results so far are in %s%s", failed, dir, goOn(p, dir)))
			}
		}
	}
	if err := errors.Join(failed, recordErr, judgeErr, repErr, saveErr); err != nil {
		return rep, fail(max(exitCode(failed), exitFailed), err)
	}
	return rep, nil
}

// present prints what came of a run.
func (a *app) present(t *training, e *ended, asJSON bool) error {
	switch {
	case e.report == nil:
	case asJSON:
		if err := a.printSealed(e.report); err != nil {
			return fail(exitFailed, errors.Join(e.err, err))
		}
		e.records.hints(a.Err)
	default:
		printReport(a.Out, e.report)
		e.records.hints(a.Out)
		if a.Terminal != nil && e.report.RunDir != nil {
			fmt.Fprintf(a.Err, "next: %s\n", next(e.report)) //nolint:errcheck
		}
	}
	if e.err == nil && e.report != nil {
		return missed(e.report, t.problem.Accuracy > 0)
	}
	return e.err
}

// next is the command that one who has a result wants.
func next(r *report.Report) string {
	dir := report.Quoted(*r.RunDir)
	switch {
	case r.Status == crux.Canceled.String():
		return "crux resume " + dir
	case r.Verdict == verdict.Solved || r.Verdict == verdict.Inaccurate:
		return "crux plot " + dir + " draws it, crux eval " + dir + " has its values"
	}
	return "crux explain " + dir
}

// besides are the errors joined in err that are not a given one.
func besides(err, known error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok { //nolint:errorlint // each of them is looked at
		var rest []error
		for _, e := range joined.Unwrap() {
			rest = append(rest, besides(e, known))
		}
		return errors.Join(rest...)
	}
	if errors.Is(err, known) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// goOn words how to continue with a run, if it keeps checkpoints.
func goOn(p *problemfile.Problem, dir string) string {
	if p.Checkpoint == nil {
		return ""
	}
	return "; continue with: crux resume " + dir
}

// saveParameters writes the parameters with which a run has ended.
func saveParameters(p *problemfile.Problem, s *crux.Solver, res *crux.Result, dir string) error {
	origin := ckpt.Origin{Problem: p.Name, Epoch: res.Epoch, Seed: p.Options.Seed, Version: Version()}
	return ckpt.Save(filepath.Join(dir, parametersFile), s.Parameters(), origin)
}

// save writes what a run came to. It stops at the first file that cannot be written. The result comes last, with the SHA-256 of the
// others: where it is, the run is complete.
func save(p *problemfile.Problem, sol *solution, rep *report.Report, dir string) error {
	files := []string{problemFile, parametersFile}
	if p.Results.Solution {
		if err := saveSolution(dir, sol); err != nil {
			return err
		}
		files = append(files, solutionFile)
	}
	rep.Files = nil
	for _, name := range files {
		sum, err := report.FileSum(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Join(dir, name), ckpt.Cause(err))
		}
		rep.Files.Add(name, sum)
	}
	return saveReport(rep, dir)
}

// saveReport writes the result of a run.
func saveReport(rep *report.Report, dir string) error {
	b, err := report.Sealed(rep)
	if err != nil {
		return err
	}
	return saveBytes(dir, resultFile, b)
}

// newReport gathers what a run came to. The report is as complete as it can be even when err is not nil.
func newReport(p *problemfile.Problem, s *crux.Solver, res *crux.Result, sol *solution) (*report.Report, error) {
	method := s.MethodInfo()
	r := &report.Report{
		Schema: schema.Version, Problem: p.Name, Status: res.Status.String(), Reason: res.Reason,
		Steps: res.Steps, Seconds: report.Number(res.Time.Seconds()),
		Seed: p.Options.Seed, Parameters: len(s.Theta()), Optimizer: method.String(), Choices: method.Choices,
		Loss: report.Number(res.Loss), Errors: sol.errors, Findings: findings(p, s),
	}
	r.Resampling, r.Fitting = decided(p.Resamplers)
	r.Decisions = p.Choice.Decisions
	for _, b := range p.Choice.Built {
		r.Exact = append(r.Exact, report.Exact{Constraint: b.Constraint, Field: b.Field})
	}
	for _, c := range p.Coords {
		lo, hi := p.Bounds(c)
		r.Coords.Add(c.Name(), [2]float64{lo, hi})
	}
	for _, f := range p.Fields {
		of := []string{}
		for _, c := range f.Coords {
			of = append(of, c.Name())
		}
		r.Fields.Add(f.Name, of)
	}
	for _, w := range s.Windows() {
		r.Windows = append(r.Windows, report.Window{From: w.From, To: w.To, Steps: w.Steps, Loss: report.Number(w.Loss)})
	}
	if text := unsolvedWindow(s); text != "" {
		r.Warnings = append(r.Warnings, text)
	}
	r.Warnings = append(r.Warnings, sol.warnings...)
	r.Curriculum = curriculumOf(p, s)
	var first error
	divided := p.Choice.Divided // because of units: the report is in those of the problem; no constraint has a weight then
	if len(divided) > 0 {
		r.Loss = 0
	}
	for i, name := range s.Names() {
		if s.Constraint(i).Prior { // which need not vanish
			continue
		}
		if c, err := s.Cloud(name); err == nil {
			r.Points.Add(name, c.Len())
		}
		by := cmp.Or(divided[name], 1)
		r.Losses.Add(name, report.Number(by*by*res.Losses[i]))
		if len(divided) > 0 {
			r.Loss += report.Number(by * by * res.Losses[i] / float64(len(res.Losses)-len(p.Choice.Priors)))
		}
		v, err := s.Residuals(name)
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		data := v.RawMatrix().Data
		for k := range data {
			data[k] = by * math.Abs(data[k])
		}
		r.ResidualP99.Add(name, report.Number(report.Quantile(data, 0.99)))
	}
	for _, q := range p.Params {
		r.Params.Add(q.Path(), report.Number(s.Value(q)))
	}
	for _, d := range p.Derived {
		v, err := d.Eval(s.Value)
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		r.Params.Add(d.Name, report.Number(v))
	}
	var err error
	r.Shown, err = shownAtEnd(p, s)
	first = cmp.Or(first, err)
	for _, q := range r.Params {
		if truth, ok := p.Truths[q.Name]; ok {
			r.Truths.Add(q.Name, report.Number(truth))
		}
	}
	r.Rate = r.Speed()
	return r, first
}

// printDryRun prints what a run would do, and then why it cannot, if that is known already.
func (a *app) printDryRun(ctx context.Context, p *problemfile.Problem, s *crux.Solver, asJSON bool) error {
	needs, refused := forecast(ctx, p, s)
	trainable, fixed := 0, 0
	for _, q := range s.Parameters() {
		if q.Fixed {
			fixed += len(q.Data)
		} else {
			trainable += len(q.Data)
		}
	}
	points := report.Numbers{}
	total := 0
	for i, name := range s.Names() {
		c, err := s.Cloud(name)
		if err != nil {
			return fail(exitFailed, err)
		}
		points.Add(name, report.Number(c.Len()))
		if on := p.Crux.Constraints[i].On; !slices.ContainsFunc(p.Crux.Constraints[:i], func(c crux.Constraint) bool { return c.On == on }) {
			total += c.Len()
		}
	}
	if asJSON {
		memory := report.Numbers{}
		for _, d := range needs {
			memory.Add(d.Method, report.Number(d.Bytes))
		}
		err := a.printJSON(struct {
			Problem    string         `json:"problem"`
			DryRun     bool           `json:"dry_run"`
			Steps      int            `json:"steps"`
			Parameters int            `json:"parameters"`
			Points     report.Numbers `json:"points"`
			Memory     report.Numbers `json:"memory"` // bytes at most, by what needs them
			Resolved   string         `json:"resolved"`
		}{p.Name, true, p.Steps, trainable, points, memory, string(p.Resolved)})
		return cmp.Or(err, refused)
	}
	a.Out.Write(p.Resolved) //nolint:errcheck
	var b strings.Builder
	fmt.Fprintf(&b, "\n# %s, %s", report.Counted(p.Steps, "step"), report.Counted(trainable, "trainable parameter"))
	if fixed > 0 {
		fmt.Fprintf(&b, " and %s", report.Counted(fixed, "fixed number"))
	}
	fmt.Fprintf(&b, ", %s\n", report.Counted(total, "point"))
	for _, n := range points {
		fmt.Fprintf(&b, "#   %s: %s\n", n.Name, report.Counted(int(n.Value), "point"))
	}
	if c := p.Options.Curriculum; c != nil {
		var values []string
		for _, l := range s.Lessons() {
			values = append(values, fmt.Sprint(l.Value))
		}
		fmt.Fprintf(&b, "#   lessons: %s = %s, at most %s each\n", c.Of.Path(), strings.Join(values, ", "), report.Counted(c.Steps, "step"))
	}
	for _, d := range needs {
		if d.Bytes >= listed {
			fmt.Fprintf(&b, "# %v of memory at most\n", d)
		}
	}
	if others := otherWays(p); len(others) > 0 {
		fmt.Fprintf(&b, "# if that is no solution: %s\n", strings.Join(others, ", then "))
	}
	io.WriteString(a.Out, b.String()) //nolint:errcheck
	return refused
}
