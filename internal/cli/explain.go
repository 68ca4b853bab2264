package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/trackers/explain"
)

func (a *app) explain() *cobra.Command {
	var names []string
	var asJSON bool
	c := &cobra.Command{
		Use:   "explain RUN",
		Short: "Say in words what slows a run down: gradients, residuals, kernel, curvature, landscape",
		Long: `Say in words what slows a run down: gradients, residuals, kernel, curvature, landscape.

RUN is the directory that crux solve wrote, of a run that has ended or not. All trackers measure its network as it is
now; nothing is trained and nothing is changed. Trackers that the problem names keep their settings and report how their numbers
went during the run. What matters is marked with !.

Trackers: ` + strings.Join(problemfile.TrackerNames(), ", ") + `.`,
		Example: `  crux explain runs/burgers-1
  crux explain runs/burgers-1 --tracker gradient_norms --tracker cos_similarity
  crux explain runs/burgers-1 --json | jq '.trackers[].findings[] | select(.level == "warning").text'`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeRuns,
		RunE: func(c *cobra.Command, args []string) error {
			return a.runExplain(c.Context(), args[0], names, asJSON)
		},
	}
	c.Flags().StringArrayVar(&names, "tracker", nil, "only this tracker (repeatable); the default is all")
	must(c.RegisterFlagCompletionFunc("tracker", cobra.FixedCompletions(problemfile.TrackerNames(), cobra.ShellCompDirectiveNoFileComp)))
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as one JSON object")
	return c
}

func (a *app) runExplain(ctx context.Context, dir string, names []string, asJSON bool) error {
	for _, n := range names {
		if !slices.Contains(problemfile.TrackerNames(), n) {
			return fail(exitUsage, fmt.Errorf("--tracker %s: there are %s", n, strings.Join(problemfile.TrackerNames(), ", ")))
		}
	}
	chosen := len(names) > 0
	if !chosen {
		names = problemfile.TrackerNames()
	}
	t, err := a.openTrained(dir)
	if err != nil {
		return err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	at := settingOf(t.problem, t.solver)
	if t.saved == nil { // the phase at work is not known
		at.Rate = 0
	}
	r := Explanation{Problem: t.problem.Name, Step: t.solver.Epoch()}
	for _, name := range names {
		of := slices.DeleteFunc(slices.Clone(t.problem.Trackers), func(k problemfile.Tracker) bool { return family(k.Name) != name })
		if len(of) == 0 { // the problem does not name it
			k, err := t.problem.NewTracker(name, t.solver)
			if err != nil {
				if chosen {
					return fail(exitUsage, err)
				}
				r.Failed = append(r.Failed, fmt.Sprintf("%s: %v", name, err))
				continue
			}
			of = append(of, k)
		}
		for _, k := range of {
			if err := canceled(ctx); err != nil {
				return err
			}
			if err := measure(ctx, t.problem, t.solver, k.Tracker); err != nil {
				if err = fmt.Errorf("%s: %w", k.Name, err); chosen || ctx.Err() != nil {
					return fail(exitFailed, err)
				}
				r.Failed = append(r.Failed, err.Error())
				continue
			}
			if s, ok := k.Explain(at); ok {
				r.Trackers = append(r.Trackers, newExplained(k.Name, s))
			}
		}
	}
	if asJSON {
		return a.printJSON(r)
	}
	a.printExplanation(&r)
	return nil
}

// family is the kind of a tracker by its name: input_sensitivity of input_sensitivity.1.
func family(name string) string {
	f, _, _ := strings.Cut(name, ".")
	return f
}

// Explanation is what crux explain --json prints.
type Explanation struct {
	Problem  string      `json:"problem"`
	Step     int         `json:"step"`
	Trackers []Explained `json:"trackers"`
	Failed   []string    `json:"failed,omitempty"` // why a tracker could not measure
}

// Explained is one tracker of an Explanation.
type Explained struct {
	Name     string            `json:"name"` // as in problem files
	Title    string            `json:"title"`
	Findings explain.Findings  `json:"findings"`
	Series   []ExplainedSeries `json:"series"`

	summary explain.Summary
}

// ExplainedSeries is one number over all measurements.
type ExplainedSeries struct {
	Name   string          `json:"name"`
	Steps  []int           `json:"steps"`
	Values []report.Number `json:"values"`
}

func newExplained(name string, s explain.Summary) Explained {
	e := Explained{Name: name, Title: s.Tracker, Findings: append(explain.Findings{}, s.Findings...), Series: []ExplainedSeries{}, summary: s}
	for _, x := range s.Series {
		v := ExplainedSeries{Name: x.Name, Steps: x.Epochs}
		for _, y := range x.Values {
			v.Values = append(v.Values, report.Number(y))
		}
		e.Series = append(e.Series, v)
	}
	return e
}

func (a *app) printExplanation(r *Explanation) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s at step %d\n", r.Problem, r.Step)
	for _, t := range r.Trackers {
		fmt.Fprintf(&b, "\n%s", t.summary)
	}
	for _, f := range r.Failed {
		fmt.Fprintf(&b, "\nnot measured: %s\n", f)
	}
	a.Out.Write([]byte(b.String())) //nolint:errcheck // Run checks the writer at the end
}

// settingOf is how trackers of a problem word things: places have the axes in the order of the file.
func settingOf(p *problemfile.Problem, s *crux.Solver) explain.Setting {
	at := explain.For(s)
	for _, c := range p.Coords {
		at.Order = append(at.Order, c.Name())
	}
	return at
}

// mostFindings bounds what a report says of trackers; crux explain says all.
const mostFindings = 8

// findings are the warnings of a run's trackers, as they stand at the end of it. A measurement of the first half of the run,
// such as that of the untrained network, says nothing about its end.
func findings(p *problemfile.Problem, s *crux.Solver) []string {
	var list []string
	at := settingOf(p, s)
	for _, t := range p.Trackers {
		sum, ok := t.Explain(at)
		if !ok || 2*sum.Epoch < s.Epoch() {
			continue
		}
		for _, f := range sum.Warnings() {
			list = append(list, fmt.Sprintf("%s, step %d: %s", sum.Tracker, sum.Epoch, f.Text))
		}
	}
	if len(list) > mostFindings {
		list = append(list[:mostFindings], fmt.Sprintf("and %d more", len(list)-mostFindings))
	}
	return list
}
