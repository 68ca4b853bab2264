package verdict

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// rules find reasons.
var rules = []func(Evidence) []Reason{
	contradicted, unbalanced, undetermined, missing, empty, unreached, rough, coarse, estimated, together, share,
}

// unbalanced finds equations that are not satisfied although a function in them is free to take any level: what its sources give and what
// leaves through the boundary must then be the same, which no training can change.
func unbalanced(e Evidence) []Reason {
	i := slices.IndexFunc(e.Error.Residuals, large)
	if i < 0 {
		return nil
	}
	var list []Reason
	for _, f := range e.Error.Fields {
		if _, ok := e.Places[f.Name]; f.UpToConstant() && ok {
			list = append(list, Reason{
				Word: IllPosed,
				Text: fmt.Sprintf("%s is determined up to a constant, and %s is not satisfied: "+
					"its sources and the fluxes through the boundary do not balance", f.Name, e.Error.Residuals[i].Name),
				Remedy: fmt.Sprintf("fluxes that balance the sources, or a condition for %s itself on a part of the boundary", f.Name),
			})
		}
	}
	return list
}

// undetermined finds functions that can change without any residual's seeing it, at a state that satisfies the equations: at one that does
// not, as on the unstable rest u = 0 of u' = u(1 − u) with u(0) = 0.01, a small change can grow beyond all measure, and shows nothing. A
// number that stands nowhere at such a state, as an eigenvalue beside a field that is zero, shows only that the field is.
func undetermined(e Evidence) []Reason {
	var list []Reason
	if slices.ContainsFunc(e.Error.Residuals, large) {
		return nil
	}
	for _, f := range e.Error.Fields {
		place, ok := e.Places[f.Name]
		switch {
		case f.UpToConstant() && ok:
			level := fmt.Sprintf("{residual: %q, points: 100}", fmt.Sprintf("%s(%s) = 0", f.Name, place))
			list = append(list, Reason{
				Word: IllPosed, Text: f.Name + " is determined up to a constant",
				Remedy: fmt.Sprintf("a condition that fixes it, such as constraints: {level: %s}",
					level), Apply: []string{"constraints.level=" + level},
			})
		case !f.Determined():
			list = append(list, Reason{
				Word: IllPosed, Text: f.Name + " is not determined: it can change by any amount that no residual sees",
				Remedy: fmt.Sprintf("a condition, such as constraints: {more: {residual: %s, on: boundary}}, or one that fixes its size", f.Name),
			})
		}
	}
	if unsolved(e.Error.Fields) {
		return list
	}
	var open []string
	for _, f := range e.Error.Params {
		if !f.Determined() {
			open = append(open, f.Name)
		}
	}
	text, remedy := "the number %s is not determined by the equations and data", "more data, or a known value for one of the numbers"
	if len(open) > 1 {
		text = "%s are not separately determined by the equations and data"
		open = []string{strings.Join(open, " and ")}
	}
	return append(list, each(open, IllPosed, text, remedy)...)
}

// missing are conditions without which a problem has many solutions, of which a network finds one.
func missing(e Evidence) []Reason { return e.Missing }

// empty names constraints that contain no unknown: nothing of them can be trained, so they say nothing of the solution.
func empty(e Evidence) []Reason {
	return each(e.Empty, IllPosed, "%s contains no unknown: nothing in it can be trained", "a residual that contains a field, or leave %s out")
}

// unreached names what a run has not come to.
func unreached(e Evidence) []Reason {
	return each(e.Behind, Unsolved, "%s has not been trained", "more steps: crux resume RUN --steps N")
}

// each is a reason for each name; text and remedy have its place.
func each(names []string, w Word, text, remedy string) []Reason {
	var list []Reason
	for _, name := range names {
		list = append(list, Reason{Word: w, Text: strings.ReplaceAll(text, "%s", name), Remedy: strings.ReplaceAll(remedy, "%s", name)})
	}
	return list
}

// rough names conditions with jumps or kinks that are built in: the function has them everywhere, and no residual between them sees it.
func rough(e Evidence) []Reason {
	list := each(e.Rough, Unsolved, "%s has a jump or a kink, and is built in, so that the function has it everywhere",
		"hard without %s, or no hard at all")
	for i := range list {
		list[i].Apply = []string{"hard=none"}
	}
	return list
}

// coarse names integrals that leave out more than training does, where a field or number is not as exact as was asked for.
func coarse(e Evidence) []Reason {
	inexact := func(f trackers.FieldError) bool { return !f.Within() && !(f.Relative() <= repeatable*e.Accuracy) }
	if !slices.ContainsFunc(slices.Concat(e.Error.Fields, e.Error.Params), inexact) {
		return nil
	}
	var list []Reason
	for _, s := range e.Error.Residuals {
		if s.Nodes == 0 || s.LeftOut <= s.Residual || s.LeftOut <= e.Accuracy*s.Term {
			continue
		}
		r := Reason{
			Word:   Inaccurate,
			Text:   fmt.Sprintf("an integral in %s with %d nodes is off by %.1e of its terms", s.Name, s.Nodes, s.LeftOut/s.Term),
			Remedy: "more nodes, as its last argument",
		}
		if s.Nodes == e.Nodes && s.Finer > s.Nodes {
			r.Remedy, r.Apply, r.Same = fmt.Sprintf("more nodes: integrals: %d", s.Finer), []string{fmt.Sprintf("integrals=%d", s.Finer)}, true
		}
		list = append(list, r)
	}
	return list
}

// useless is the estimated relative error from which a field counts as unsolved: a third of it is wrong. Half-trained runs of
// testdata/problems have 0.3 to 1, those that have come near a solution less than 0.1 (docs/results/estimate.md).
const useless = 0.3

// repeatable is the factor within which two estimates of one state agree, from other points: a run that has ended because its
// estimate was below the accuracy is solved though the next one is a little above.
const repeatable = 1.5

// estimated judges fields and numbers by their estimated errors. What the residuals do not determine has another rule, unless these are
// large: see undetermined.
func estimated(e Evidence) []Reason {
	var list []Reason
	far := slices.ContainsFunc(e.Error.Residuals, large)
	for _, f := range slices.Concat(e.Error.Fields, e.Error.Params) {
		rel := f.Relative()
		if !f.Determined() && !far {
			continue
		}
		if f.Within() {
			list = append(list, fromData(e, f))
			continue
		}
		r := Reason{Word: Solved, Text: fmt.Sprintf("%s has an estimated relative error of %.1e", f.Name, rel)}
		switch {
		case !(rel < useless): // NaN as well
			r.Word, r.Text = Unsolved, fmt.Sprintf("%s is no solution: its estimated relative error is %.2g", f.Name, rel)
			r.Remedy = longer(e, "more parameters (hidden), more points, "+
				"or windows of time and a curriculum where the problem runs long or is stiff")
		case rel > repeatable*e.Accuracy:
			r.Word = Inaccurate
			r.Remedy = longer(e, "more parameters (hidden) or more points")
		}
		list = append(list, r)
	}
	return list
}

// fromData judges a function or a number that is known as well as noisy data allow, or nearly.
func fromData(e Evidence, f trackers.FieldError) Reason {
	i := slices.IndexFunc(e.Error.Known, func(k trackers.Known) bool { return k.Name == f.Name })
	if i < 0 {
		return Reason{Word: Solved, Text: fmt.Sprintf("%s is known to ± %.2g, %.2g %% of its size, as far as the noise of the data allows",
			f.Name, f.Noise, 100*f.Noise/f.Size)}
	}
	k := e.Error.Known[i]
	low, high := k.Interval(0.95)
	r := Reason{Word: Solved, Text: fmt.Sprintf("%s = %.6g ± %.2g, with 95 %% probability between %.5g and %.5g", f.Name, k.Value, k.Sigma,
		low, high)}
	if !(k.Sigma < useless*math.Abs(k.Value)) && low < 0 && high > 0 {
		r.Word, r.Remedy = Inaccurate, fmt.Sprintf("more or better data where %s matters: so far they do not tell it from 0", f.Name)
	}
	return r
}

// apart is the correlation up to which two numbers are determined each for itself.
const apart = 0.95

// together names numbers whose errors go together: data that say much of one where the other is known say less of both.
func together(e Evidence) []Reason {
	var list []Reason
	n := len(e.Error.Params)
	for i := range n {
		for j := range i {
			c := e.Error.Correlated(j, i)
			if math.Abs(c) < apart {
				continue
			}
			text := "%s and %s are not separately determined as well as together: their errors have the correlation %.3f"
			list = append(list, Reason{Word: Solved, Text: fmt.Sprintf(text, e.Error.Params[j].Name, e.Error.Params[i].Name, c)})
		}
	}
	return list
}

// longer is the way out for a run that might have gone on, and otherwise another one.
func longer(e Evidence, otherwise string) string {
	if e.Status == crux.Completed || e.Status == crux.Canceled {
		return "more steps: crux resume RUN --steps N"
	}
	return otherwise
}

// unsolved reports whether a field is far from a solution, so that nothing else can be told from the state of the run.
func unsolved(list []trackers.FieldError) bool {
	return slices.ContainsFunc(list, func(f trackers.FieldError) bool { return !(f.Relative() < useless) })
}

// asLarge is the part of its largest term from which the residual of an equation counts as large. Equations that are solved have less than
// 0.02, with jumps in corners 0.15; ones that are not from 0.3 on.
const asLarge = 0.5

// useful is the estimated error below which a field is of use in spite of a large residual: one that is concentrated at a point does
// little harm.
const useful = 0.05

// large reports whether the residual of an equation is as large as its terms.
func large(s trackers.Share) bool { return s.Equation && s.Residual/s.Term >= asLarge }

// share finds equations whose residual is as large as their terms. Where all fields are of use, these must be as large as they can be
// expected to be: at u = x the terms of Laplace's equation are what is left of its residual, and there is nothing wrong.
func share(e Evidence) []Reason {
	far := slices.ContainsFunc(e.Error.Fields, func(f trackers.FieldError) bool { return !(f.Relative() < useful) })
	var list []Reason
	for _, s := range e.Error.Residuals {
		word := Unsolved
		switch {
		case !large(s):
			continue
		case !far && s.Residual < asLarge*s.Natural:
			continue
		case !far:
			word = Inaccurate
		}
		list = append(list, Reason{
			Word: word, Text: fmt.Sprintf("%s is not satisfied: its residual is %.0f %% of its largest term", s.Name, 100*s.Residual/s.Term),
			Remedy: longer(e, "quantities of order one, by other units, or more parameters (hidden)"),
		})
	}
	return list
}

// stuck is the part of a residual that must stay, whatever small change the parameters make, for another condition to be at its place: two
// values for one face leave 0.9 to 1.1 of it, a condition that is only not trained yet 1e-4 (trackers, TestErrorStays).
const stuck = 0.5

// contradicted finds conditions that are not satisfied, and that no change of the parameters would satisfy, where other conditions hold at
// the same place. Where fields are no solution at all, two such conditions must be in each other's way. Conditions that contradict each
// other in corners alone leave less than 0.15 of their size.
func contradicted(e Evidence) []Reason {
	stays := func(s trackers.Share) bool {
		return !s.Equation && s.Residual/s.Term >= asLarge && s.Stays >= stuck && len(s.Beside) > 0
	}
	var list []Reason
	for _, s := range e.Error.Residuals {
		both := slices.ContainsFunc(e.Error.Residuals, func(o trackers.Share) bool { return slices.Contains(s.Beside, o.Name) && stays(o) })
		if !stays(s) || unsolved(e.Error.Fields) && !both {
			continue
		}
		others := strings.Join(s.Beside, " and ")
		list = append(list, Reason{
			Word: IllPosed, Text: fmt.Sprintf("%s is not satisfied: its residual is %.0f %% of its size, and %s holds at the same place", s.Name,
				100*s.Residual/s.Term, others),
			Remedy: fmt.Sprintf("a problem without %s, or without what it contradicts", s.Name),
		})
	}
	return list
}
