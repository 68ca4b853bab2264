package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/spec"
)

// overrides are the flags by which a command line changes a problem file.
type overrides struct {
	sets    []string
	seed    uint64
	steps   int
	workers int
	flags   *cobra.Command

	wandb, tensorboard bool
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
	f.IntVar(&o.workers, "workers", 0, "threads; 0 means one for each core (results do not depend on it)")
	f.BoolVar(&o.wandb, "wandb", false, "record for Weights & Biases, in a folder that wandb sync uploads; as wandb: true in the file")
	f.BoolVar(&o.tensorboard, "tensorboard", false, "record for TensorBoard; as tensorboard: true in the file")
}

// flagSteps adds --steps.
func (o *overrides) flagSteps(c *cobra.Command) {
	c.Flags().IntVar(&o.steps, "steps", 0, "steps in all: fewer cut the run short, more lengthen its last phase")
}

func (o *overrides) changed(name string) bool {
	f := o.flags.Flags().Lookup(name)
	return f != nil && f.Changed
}

// load reads a problem file with the overrides.
func (o *overrides) load(path string) (*spec.Problem, error) { return o.loadWith(path) }

// loadWith is load with further overrides, which come last.
func (o *overrides) loadWith(path string, more ...string) (*spec.Problem, error) {
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
	p, err := spec.Load(path, sets)
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	if boards := o.boards(p); len(boards) > 0 {
		sets = append(sets, boards...)
		if p, err = spec.Load(path, sets); err != nil {
			return nil, fail(exitUsage, err)
		}
	}
	if o.changed("steps") {
		if o.steps > p.PhaseSteps {
			key, last, err := lastPhase(p.Resolved)
			if err != nil {
				return nil, fail(exitUsage, fmt.Errorf("--steps %d: %w", o.steps, err))
			}
			each := max(1, p.Stages) // which run through the phases each
			sets = append(sets, fmt.Sprintf("%s=%d", key, last+(o.steps-p.PhaseSteps+each-1)/each))
		}
		if p, err = spec.Load(path, append(sets, fmt.Sprintf("steps=%d", o.steps))); err != nil {
			return nil, fail(exitUsage, err)
		}
	}
	if o.changed("workers") {
		p.Options.Workers = o.workers
	}
	return p, nil
}

// boards are the overrides for --wandb and --tensorboard. What the file says about them in detail stays.
func (o *overrides) boards(p *spec.Problem) (sets []string) {
	for _, b := range []struct {
		name  string
		value bool
		on    bool
	}{{"wandb", o.wandb, p.WandB != nil}, {"tensorboard", o.tensorboard, p.TensorBoard != nil}} {
		if o.changed(b.name) && b.value != b.on {
			sets = append(sets, fmt.Sprintf("%s=%t", b.name, b.value))
		}
	}
	return sets
}

// lastPhase returns the dotted path and the value of the steps of the last phase of a resolved file.
func lastPhase(resolved []byte) (key string, steps int, err error) {
	type phase struct {
		Steps int `yaml:"steps"`
	}
	var list struct {
		Optimizer []phase `yaml:"optimizer"`
	}
	if yaml.Unmarshal(resolved, &list) == nil && len(list.Optimizer) > 0 {
		n := len(list.Optimizer) - 1
		return fmt.Sprintf("optimizer.%d.steps", n), list.Optimizer[n].Steps, nil
	}
	var one struct {
		Optimizer phase `yaml:"optimizer"`
	}
	if err := yaml.Unmarshal(resolved, &one); err != nil || one.Optimizer.Steps == 0 {
		return "", 0, errors.New("cannot tell the steps of the optimizer's last phase; set them with --set")
	}
	return "optimizer.steps", one.Optimizer.Steps, nil
}

// compile builds the solver of a problem. The caller closes it.
func compile(p *spec.Problem) (*crux.Solver, error) {
	s, err := crux.New(p.Crux, p.Options)
	return s, fail(exitUsage, err)
}

// located reports whether an error's text begins with its place in a file.
func (f *failure) located() bool {
	var es spec.Errors
	if !errors.As(f.err, &es) || len(es) == 0 {
		return false
	}
	return strings.HasPrefix(f.Error(), es[0].Error())
}

// canceled is the error of work that ended because ctx did, or nil.
func canceled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fail(statusCode(ctx, crux.Canceled), context.Cause(ctx))
}
