package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/schema"
)

func (a *app) sweep() *cobra.Command {
	var f solveFlags
	var grid []string
	c := &cobra.Command{
		Use:   "sweep problem.yaml --grid key=value,value...",
		Short: "Train a problem with every combination of some values and compare the results",
		Long: `Train a problem with every combination of some values and compare the results.

Each --grid names a key of the problem file by its dotted path, as --set does, and its values; commas within brackets
belong to a value. Every combination is checked before the first run. --seeds N trains each with N seeds. As many runs
as there are cores are trained at once; a run that fails does not cost the others.

--index I --of N takes every N-th run from run I on, so N processes on any machines that share the directory do them all;
--gather makes the table then. mpirun -n K crux sweep takes runs as they come. --script prints a file for Slurm or
Kubernetes. See docs/cluster.md.

The directory holds runs.csv, result.json and the directory of each run. After Ctrl-C, or a kill, the same command line
(or crux resume with the directory) continues: complete runs are kept, others continue from their checkpoints.`,
		Example: `  crux sweep burgers.yaml --grid optimizer.0.adam.lr=1e-3,3e-3 --grid 'fields.u.hidden=[20, 20],[30, 30]'
  crux sweep burgers.yaml --grid constraints.pde.points=1000,4000 --seeds 3 --json --quiet | jq .combinations[0]`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: yamlFiles,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runSweep(c.Context(), args[0], grid, &f)
		},
	}
	f.flag(c)
	f.flagSteps(c)
	c.Flags().StringArrayVar(&grid, "grid", nil, "a key and its values, as in --grid optimizer.0.adam.lr=1e-3,3e-3 (repeatable)")
	must(c.RegisterFlagCompletionFunc("grid", settings))
	c.Flags().IntVar(&f.seeds, "seeds", 1, "number of runs of each combination, with the seed and those after it")
	c.Flags().StringVar(&f.out, "out", "", "directory of the sweep; new, empty, or of the same sweep (default runs/NAME-sweep)")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "print the combinations; train nothing")
	f.flagJobs(c)
	f.flagOutput(c)
	f.array.flag(c)
	return c
}

func (a *app) runSweep(ctx context.Context, path string, texts []string, f *solveFlags) error {
	if len(texts) == 0 && f.seeds == 1 {
		return fail(exitUsage, errors.New("a sweep needs --grid, as in --grid optimizer.0.adam.lr=1e-3,3e-3, or --seeds"))
	}
	grid, err := readGrid(texts, f.sets)
	if err != nil {
		return err
	}
	for _, x := range grid {
		for key, flags := range map[string][]string{"seed": {"seed", "seeds"}, "steps": {"steps"}, "workers": {"workers"}} {
			for _, flag := range flags {
				if x.Key == key && f.changed(flag) {
					return fail(exitUsage, fmt.Errorf("--%s and --grid %s change the same value; give one of them", flag, x))
				}
			}
		}
	}
	if err := f.array.read(f); err != nil {
		return err
	}
	b, err := f.plan(ctx, path, grid)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.printPlan(b, f.json)
	}
	dir := f.out
	if dir == "" { // the same each time, so that the same command line continues
		dir = filepath.Join("runs", fileName(b.Problem)+"-sweep")
	}
	switch {
	case f.array.script != "":
		return a.printScript(b, &f.array, dir)
	case f.array.gather && !exists(filepath.Join(dir, batchFile)):
		return fail(exitUsage, fmt.Errorf("there are no runs in %s to gather; give the directory of the sweep with --out", dir))
	case f.array.shared():
		if err := b.join(a, dir, path); err != nil {
			return err
		}
		return a.runArray(ctx, b, &f.array, f)
	}
	defer func() { b.owner.release() }() // whatever comes of it
	if err := b.openOrCreate(a, dir); err != nil {
		return err
	}
	if _, err := a.begun(dir, path); err != nil {
		return err
	}
	return a.runBatch(ctx, b, f)
}

// solveSeeds is crux solve with --seeds.
func (a *app) solveSeeds(ctx context.Context, path string, f *solveFlags) error {
	if a.Ranks != nil {
		return fail(exitUsage, errors.New("several processes share runs in a sweep: take crux sweep with --seeds"))
	}
	b, err := f.plan(ctx, path, nil)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.printPlan(b, f.json)
	}
	if err := canceled(ctx); err != nil {
		return err
	}
	defer func() { b.owner.release() }()
	if err := b.create(a, f.out); err != nil {
		return err
	}
	if _, err := a.begun(b.dir, path); err != nil {
		return err
	}
	if !f.quiet {
		printDecisions(a.Err, b.first) // of every seed
	}
	return a.runBatch(ctx, b, f)
}

// resumeBatch is crux resume for a directory of several runs.
func (a *app) resumeBatch(ctx context.Context, dir string, f *solveFlags) error {
	if a.Ranks != nil {
		return fail(exitUsage, errors.New("several processes continue a sweep by its own command line: take crux sweep"))
	}
	b, err := openBatch(dir)
	if err != nil {
		return err
	}
	for _, flag := range []string{"set", "steps", "from"} {
		if f.changed(flag) {
			return fail(exitUsage, fmt.Errorf("--%s changes one run; give the directory of one, such as %s", flag,
				filepath.Join(dir, b.manifest.Runs[0].Name)))
		}
	}
	if b.owner, err = a.own(dir); err != nil {
		return err
	}
	defer b.owner.release()
	return a.runBatch(ctx, b, f)
}

// plan reads and builds the problem of every run. Mistakes of all of them are returned together, each once.
func (f *solveFlags) plan(ctx context.Context, path string, grid []axis) (*batch, error) {
	if f.jobs < 0 {
		return nil, fail(exitUsage, fmt.Errorf("--jobs %d; 0 means as many as there are cores", f.jobs))
	}
	all := combinations(grid)
	if f.seeds < 1 || f.seeds > maxRuns/len(all) {
		return nil, fail(exitUsage, fmt.Errorf("--seeds %d; take 1 to %d", f.seeds, maxRuns/len(all)))
	}
	b := &batch{manifest: manifest{Schema: schema.Version, Format: batchFormat, Grid: grid}}
	var mistakes problemfile.Errors
	var others []error
	for i, values := range all {
		sets := assignments(grid, values)
		for k := range f.seeds {
			if err := canceled(ctx); err != nil {
				return nil, err
			}
			e := entry{Name: runName(grid, i, len(all), k, f.seeds), Values: values, Combination: i}
			p, err := f.problemOf(path, sets, k, &e, f.array.takes(len(b.runs))) // other processes compile those of others
			var es problemfile.Errors
			switch {
			case errors.As(err, &es):
				for _, e := range es {
					if set, ok := strings.CutPrefix(e.File, "--set "); ok && slices.Contains(sets, set) {
						e.File = "--grid " + set
					}
					if !slices.ContainsFunc(mistakes, func(known *problemfile.Error) bool { return *known == *e }) {
						mistakes = append(mistakes, e)
					}
				}
			case err != nil && len(grid) == 0:
				others = append(others, err)
			case err != nil:
				others = append(others, fmt.Errorf("%s: %w", b.title(e), err))
			case b.Problem == "":
				b.Problem, b.first = p.Name, p
			}
			if err != nil {
				break // its other seeds would say the same
			}
			if e.Name == "" {
				e.Name = fmt.Sprintf("seed-%d", e.Seed)
			}
			b.manifest.Runs = append(b.manifest.Runs, e)
			b.runs = append(b.runs, &member{entry: e, problem: p.Kept, files: p.Files})
		}
	}
	if len(mistakes) > 0 {
		others = append([]error{mistakes}, others...)
	}
	return b, fail(exitUsage, errors.Join(others...))
}

// problemOf reads the problem of a combination with its seed number k, and compiles it where that is to show what is wrong.
func (f *solveFlags) problemOf(path string, sets []string, k int, e *entry, compiled bool) (*problemfile.Problem, error) {
	p, err := f.loadWith(path, sets...)
	if err != nil {
		return nil, err
	}
	e.Seed = p.Options.Seed + uint64(k)
	if k > 0 {
		if p, err = f.loadWith(path, append(slices.Clone(sets), fmt.Sprintf("seed=%d", e.Seed))...); err != nil {
			return nil, err
		}
	}
	if !compiled {
		return p, nil
	}
	s, err := compile(p) // what is wrong with the problem shows before there is a directory
	if err != nil {
		return nil, err
	}
	return p, fail(exitFailed, s.Close())
}

// runName is the name of a run in a sweep, "" if it is named after its seed.
func runName(grid []axis, i, n, seed, seeds int) string {
	if len(grid) == 0 {
		return ""
	}
	name := fmt.Sprintf("run-%0*d", len(fmt.Sprint(n)), i+1)
	if seeds > 1 {
		name += fmt.Sprintf("-%0*d", len(fmt.Sprint(seeds)), seed+1)
	}
	return name
}
