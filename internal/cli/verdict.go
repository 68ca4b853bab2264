package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// judge estimates the errors of a run that has ended, and says what it is worth. Where it has no parameters to speak of, or no residuals
// that should vanish, there is no verdict, and a warning says why.
func judge(ctx context.Context, p *problemfile.Problem, s *crux.Solver, res *crux.Result, r *report.Report) {
	switch res.Status {
	case crux.Diverged:
		r.Verdict, r.Reasons = verdict.Unsolved, []verdict.Reason{{
			Word: verdict.Unsolved,
			Text: fmt.Sprintf("the run diverged; this is what there was at step %d", res.Epoch),
		}}
		return
	case crux.Failed:
		return
	}
	v, err := estimate(context.WithoutCancel(ctx), p, s)
	if _, infinite := errors.AsType[*crux.DivergedError](err); infinite || errors.Is(err, linalg.ErrTangent) {
		r.Verdict, r.Reasons = verdict.Unsolved, []verdict.Reason{{
			Word: verdict.Unsolved,
			Text: fmt.Sprintf("the error cannot be estimated, since residuals or their derivatives are not finite: %v", err),
		}}
		return
	}
	if err != nil {
		r.Warnings = append(r.Warnings, fmt.Sprintf("no verdict: the error cannot be estimated: %v", err))
		return
	}
	e := verdict.Evidence{Error: v, Status: res.Status, Rough: p.Choice.Rough, Accuracy: p.Accuracy, Places: corners(p), Nodes: p.Nodes}
	for _, o := range p.Choice.Open {
		lo, hi := p.Bounds(p.Env.Names[o.Coord].Attr().(*ph.Coord))
		slope := fmt.Sprintf("{residual: %s(%s = %v) = %s(%s = %v), on: %s}", o.Derivative, o.Coord, lo, o.Derivative, o.Coord, hi, o.Coord)
		e.Missing = append(e.Missing, verdict.Reason{
			Word:   verdict.IllPosed,
			Text:   fmt.Sprintf("%s is not enough: nothing makes %s the same at both ends of %s", o.Beside, o.Derivative, o.Coord),
			Remedy: fmt.Sprintf("constraints: {slope: %s}", slope),
			Apply:  []string{"constraints.slope=" + slope},
		})
	}
	if at := slices.IndexFunc(r.Windows, func(w report.Window) bool { return w.Steps == 0 }); at >= 0 { // and all after it
		e.Behind = append(e.Behind, fmt.Sprintf("the time from %.6g to %.6g", r.Windows[at].From, r.Windows[len(r.Windows)-1].To))
	}
	if c := r.Curriculum; c != nil && c.Unfinished() != "" {
		e.Behind = append(e.Behind, fmt.Sprintf("%s = %.6g", c.Constant, c.Final))
	}
	for i, name := range s.Names() {
		if !ph.Contains(s.Constraint(i).Residual, ph.Unknown) {
			e.Empty = append(e.Empty, name)
		}
	}
	judged := verdict.Judge(e)
	r.Verdict, r.Reasons = judged.Word, judged.Reasons
	for _, f := range append(v.Fields, v.Params...) {
		r.Estimate.Add(f.Name, report.Number(f.Relative()))
	}
	for k, e := range v.Windows { // those that are trained come first
		r.Windows[k].Estimate = (*report.Number)(&e)
	}
	known(p, s, v, r)
	for _, share := range v.Residuals {
		if share.Term > 0 {
			r.OfTerms.Add(share.Name, report.Number(share.Residual/share.Term))
		}
	}
}

// corners are a place for each field on a box, at the beginning of its axes, and at all times.
func corners(p *problemfile.Problem) map[string]string {
	at := map[string]string{}
	if _, ok := p.Domain().(*domain.Box); !ok {
		return at
	}
	for _, f := range p.Fields {
		var where []string
		for _, c := range f.Coords {
			if lo, _ := p.Bounds(c); c != p.Time || len(f.Coords) == 1 {
				where = append(where, fmt.Sprintf("%s = %v", c.Name(), lo))
			}
		}
		at[f.Name] = strings.Join(where, ", ")
	}
	return at
}

// known says in the report how well numbers are known: as far as noise of the data allows, and training has come.
func known(p *problemfile.Problem, s *crux.Solver, v trackers.ErrorValue, r *report.Report) {
	for _, n := range v.Noise {
		r.Noise = append(r.Noise, report.Noise{
			Constraint: n.Constraint, Component: n.Component, Sigma: report.Number(n.Sigma), Values: n.Values, Freedom: report.Number(n.Freedom),
		})
	}
	for i, k := range v.Known {
		if i < len(v.Params) {
			k.Sigma = math.Hypot(k.Sigma, v.Params[i].Relative()*v.Params[i].Size)
		}
		low, high := k.Interval(0.95)
		x := report.Known{Sigma: report.Number(k.Sigma), Interval: &[2]report.Number{report.Number(low), report.Number(high)}}
		for j, other := range v.Known {
			if j != i {
				x.With.Add(other.Name, report.Number(v.Correlated(i, j)))
			}
		}
		r.Known.Add(k.Name, x)
	}
	if len(v.Known) > 0 {
		return
	}
	off := map[string]float64{}
	for _, f := range v.Params {
		off[f.Name] = f.Relative() * f.Size
		r.Known.Add(f.Name, report.Known{Sigma: report.Number(off[f.Name])})
	}
	for _, d := range p.Derived {
		sum := 0.0
		here, err := d.Eval(s.Value)
		for _, q := range p.Params {
			there, failed := d.Eval(func(x *ph.Param) float64 {
				if x == q {
					return s.Value(x) + off[q.Path()]
				}
				return s.Value(x)
			})
			err, sum = cmp.Or(err, failed), math.Hypot(sum, there-here)
		}
		if err == nil {
			r.Known.Add(d.Name, report.Known{Sigma: report.Number(sum)})
		}
	}
}

// estimate measures the error of what a run has left.
func estimate(ctx context.Context, p *problemfile.Problem, s *crux.Solver) (trackers.ErrorValue, error) {
	t := p.ErrorTracker()
	err := measure(ctx, p, s, t)
	v, _ := t.Value()
	return v, err
}

// measure lets a tracker measure what a run has left: in all windows of time, if it can.
func measure(ctx context.Context, p *problemfile.Problem, s *crux.Solver, t crux.Callback) error {
	all, ok := t.(interface {
		MeasureWindows(context.Context, *crux.Solver, ...crux.Callback) error
	})
	if w := s.Windows(); ok && len(w) > 0 && w[0].Steps > 0 {
		return all.MeasureWindows(ctx, s, p.Sources(t)...)
	}
	return s.Measure(ctx, p.WithSources(t)...)
}

// usable is the estimated error up to which a run for which no accuracy was asked for counts as a success.
const usable = 1e-2

// missed is the error, with its exit code, of a run that went well and has come to nothing good, or not to the accuracy that was asked
// for; nil where it has.
func missed(r *report.Report, asked bool) error {
	code, why := exitOK, headline(r)
	for _, x := range r.Expected {
		if !x.Met {
			code, why = exitInaccurate, fmt.Sprintf("expected %s %s, and it is %.3g", x.Of, x.Bound, x.Value)
			break
		}
	}
	switch r.Verdict {
	case verdict.Inaccurate:
		for _, e := range r.Estimate {
			if asked || !(e.Value <= usable) {
				code, why = exitInaccurate, headline(r)
			}
		}
	case verdict.Unsolved:
		code, why = exitUnsolved, headline(r)
	case verdict.IllPosed:
		code, why = exitIllPosed, headline(r)
	}
	if code == exitOK {
		return nil
	}
	return fail(code, errors.New(r.Problem+": "+why))
}

// headline is the verdict with its most important reason.
func headline(r *report.Report) string {
	if len(r.Reasons) == 0 {
		return string(r.Verdict)
	}
	return fmt.Sprintf("%s: %s", r.Verdict, r.Reasons[0].Text)
}
