package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// overrides are the flags by which a command line changes a problem file.
type overrides struct {
	sets    []string
	seed    uint64
	steps   int
	workers int
	flags   *cobra.Command

	wandb, tensorboard bool
	outside            bool // dashboards may be written outside of the run directory
}

// flag adds the flags to a command.
func (o *overrides) flag(c *cobra.Command) {
	o.flagRun(c)
	c.Flags().Uint64Var(&o.seed, "seed", 0, "root of all random numbers, instead of the file's")
}

// flagRun adds those that make sense for a run that has begun.
func (o *overrides) flagRun(c *cobra.Command) {
	o.flags = c
	f := c.Flags()
	f.StringArrayVar(&o.sets, "set", nil, "override a value of the file, as in --set optimizer.0.adam.lr=1e-3 (repeatable)")
	must(c.RegisterFlagCompletionFunc("set", settings))
	f.IntVar(&o.workers, "workers", 0, "threads; 0 means one for each core (results do not depend on it)")
	f.BoolVar(&o.wandb, "wandb", false, "record for Weights & Biases, in a folder that wandb sync uploads; as wandb: true in the file")
	f.BoolVar(&o.outside, "outside", false, "let the file say where dashboards go outside of the run directory, relative to this folder")
	f.BoolVar(&o.tensorboard, "tensorboard", false, "record for TensorBoard; as tensorboard: true in the file")
}

// settings completes --set and --grid by the paths of all keys, with the names of the file that stands on the command line.
func settings(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var text []byte
	for _, path := range args {
		for _, file := range []string{path, filepath.Join(path, problemFile)} { // of a run directory as well
			if b, err := os.ReadFile(file); err == nil {
				text = b
			}
		}
	}
	var list []cobra.Completion
	for _, path := range problemfile.Paths(text) {
		list = append(list, path+"=")
	}
	return list, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

// flagSteps adds --steps.
func (o *overrides) flagSteps(c *cobra.Command) {
	c.Flags().IntVar(&o.steps, "steps", 0, "steps in all: fewer cut the run short, more extend its last phase")
}

func (o *overrides) changed(name string) bool {
	f := o.flags.Flags().Lookup(name)
	return f != nil && f.Changed
}

// load reads a problem file with the overrides.
func (o *overrides) load(path string) (*problemfile.Problem, error) { return o.loadText(path, nil) }

// loadWith is load with further overrides, which come last.
func (o *overrides) loadWith(path string, more ...string) (*problemfile.Problem, error) {
	return o.loadText(path, nil, more...)
}

// loadText is loadWith for what the file said once; nil is what it says.
func (o *overrides) loadText(path string, text []byte, more ...string) (*problemfile.Problem, error) {
	sets := append([]string{}, o.sets...)
	if o.changed("seed") {
		sets = append(sets, "seed="+strconv.FormatUint(o.seed, 10))
	}
	sets = append(sets, more...)
	if o.changed("steps") && o.steps < 1 {
		return nil, fail(exitUsage, fmt.Errorf("--steps %d; take 1 or more", o.steps))
	}
	if o.workers < 0 {
		return nil, fail(exitUsage, fmt.Errorf("--workers %d; 0 means one for each core", o.workers))
	}
	change := problemfile.Overrides{Sets: sets, Switches: map[string]bool{}}
	if o.changed("steps") {
		change.Steps = o.steps
	}
	for name, on := range map[string]bool{"wandb": o.wandb, "tensorboard": o.tensorboard} {
		if o.changed(name) {
			change.Switches[name] = on
		}
	}
	p, err := readProblem(path, text, change)
	if err != nil {
		return nil, err
	}
	if err := o.contain(p); err != nil {
		return nil, err
	}
	if o.changed("workers") {
		p.Options.Workers = o.workers
	}
	return p, nil
}

// contain keeps what a file says of folders within the run directory, to which they are relative, unless it was allowed to go elsewhere:
// then they are absolute. Who solves a file that somebody has sent does not have to read it first.
func (o *overrides) contain(p *problemfile.Problem) error {
	folders := map[string]*string{}
	if p.TensorBoard != nil {
		folders["tensorboard"] = &p.TensorBoard.Dir
	}
	if p.WandB != nil {
		folders["wandb"] = &p.WandB.Dir
	}
	for key, dir := range folders {
		switch {
		case *dir == "":
		case o.outside:
			abs, err := filepath.Abs(*dir)
			if err != nil {
				return fail(exitUsage, err)
			}
			*dir = abs
		case !filepath.IsLocal(*dir):
			return fail(exitUsage, fmt.Errorf("%s.dir is %s, outside of the run directory; allow that with --outside, or give a folder in it",
				key, *dir))
		}
	}
	return nil
}

// loader reads a problem file, or what it said once, with whatever overrides.
type loader func(path string, text []byte) (*problemfile.Problem, error)

// asIs is the loader without overrides.
func asIs(path string, text []byte) (*problemfile.Problem, error) {
	return readProblem(path, text, problemfile.Overrides{})
}

func readProblem(path string, text []byte, o problemfile.Overrides) (p *problemfile.Problem, err error) {
	if text == nil {
		p, err = problemfile.LoadWith(path, o)
	} else {
		p, err = problemfile.ParseWith(path, text, filepath.Dir(path), o)
	}
	return p, fail(exitUsage, err)
}

// compile builds the solver of a problem. The caller closes it.
func compile(p *problemfile.Problem) (*crux.Solver, error) {
	if err := affordable(memoryOf(p)); err != nil { // before points are drawn
		return nil, err
	}
	s, err := p.New()
	return s, fail(exitUsage, err)
}

// located reports whether an error's text begins with its place in a file.
func (f *failure) located() bool {
	es, ok := errors.AsType[problemfile.Errors](f.err)
	return ok && len(es) > 0 && strings.HasPrefix(f.Error(), es[0].Error())
}

// canceled is the error of work that ended because ctx did, or nil.
func canceled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fail(statusCode(ctx, crux.Canceled), context.Cause(ctx))
}
