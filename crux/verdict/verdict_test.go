package verdict_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// field is an estimate with a relative error, of a function that is determined or not.
func field(name string, rel float64, determined bool) trackers.FieldError {
	f := trackers.FieldError{Name: name, Size: 1, Repairable: rel, Gain: 1, Coarse: 1}
	if !determined {
		f.Gain, f.Spread, f.Elsewhere = 100, 1, 100
	}
	return f
}

// with is the evidence of one field and one residual.
func with(f trackers.FieldError, s ...trackers.Share) verdict.Evidence {
	return verdict.Evidence{Error: trackers.ErrorValue{Fields: []trackers.FieldError{f}, Residuals: s}}
}

func TestJudge(t *testing.T) {
	one := func(f ...trackers.FieldError) trackers.ErrorValue { return trackers.ErrorValue{Fields: f} }
	for _, c := range []struct {
		name string
		e    verdict.Evidence
		want verdict.Word
	}{
		{"below what is asked for", verdict.Evidence{Error: one(field("u", 0.9e-6, true))}, verdict.Solved},
		{"above by what another look may change", verdict.Evidence{Error: one(field("u", 1.4e-6, true))}, verdict.Solved},
		{"above", verdict.Evidence{Error: one(field("u", 1.6e-6, true))}, verdict.Inaccurate},
		{"above, and not asked for", verdict.Evidence{Error: one(field("u", 1e-4, true)), Accuracy: 1e-3}, verdict.Solved},
		{"one of two", verdict.Evidence{Error: one(field("u", 1e-9, true), field("v", 1e-4, true))}, verdict.Inaccurate},
		{"hardly of use", verdict.Evidence{Error: one(field("u", 0.29, true))}, verdict.Inaccurate},
		{"of no use", verdict.Evidence{Error: one(field("u", 0.31, true))}, verdict.Unsolved},
		{"no number", verdict.Evidence{Error: one(field("u", math.NaN(), true))}, verdict.Unsolved},
		{"undetermined", verdict.Evidence{Error: one(field("u", 1e-9, false))}, verdict.IllPosed},
		{"undetermined between points", verdict.Evidence{Error: one(trackers.FieldError{Name: "u", Size: 1, Gain: 100, Coarse: 1, Spread: 0.09, Elsewhere: 100})}, verdict.Solved},
		{"undetermined on a tenth", verdict.Evidence{Error: one(trackers.FieldError{Name: "u", Size: 1, Gain: 100, Coarse: 1, Spread: 0.11, Elsewhere: 100})}, verdict.IllPosed},
		{"seen at more points", verdict.Evidence{Error: one(trackers.FieldError{Name: "u", Size: 1, Gain: 100, Coarse: 1, Spread: 1, Elsewhere: 9})}, verdict.Solved},
		{"seen by small terms", verdict.Evidence{Error: one(trackers.FieldError{Name: "u", Size: 1, Gain: 100, Coarse: 1, Spread: 1, Elsewhere: 100, Grows: 7})}, verdict.Solved},
		{"not seen by small terms", verdict.Evidence{Error: one(trackers.FieldError{Name: "u", Size: 1, Gain: 100, Coarse: 1, Spread: 1, Elsewhere: 100, Grows: 9})}, verdict.IllPosed},
		{"nearly undetermined", verdict.Evidence{Error: one(trackers.FieldError{Name: "u", Size: 1, Gain: 29, Coarse: 1, Spread: 1, Elsewhere: 29})}, verdict.Solved},
		{"a number undetermined", verdict.Evidence{Error: trackers.ErrorValue{Fields: []trackers.FieldError{field("u", 1e-9, true)}, Params: []trackers.FieldError{field("k", 1, false)}}}, verdict.IllPosed},
		{"a number undetermined beside no solution", verdict.Evidence{Error: trackers.ErrorValue{Fields: []trackers.FieldError{field("u", 1, true)}, Params: []trackers.FieldError{field("k", 1, false)}}}, verdict.Unsolved},
		{"undetermined, and not satisfied", with(field("u", 1, false), trackers.Share{Name: "ode", Residual: 0.6, Term: 1, Equation: true}), verdict.Unsolved},
		{"undetermined, and hardly satisfied", with(field("u", 1, false), trackers.Share{Name: "ode", Residual: 0.4, Term: 1, Equation: true}), verdict.IllPosed},
		{"a constraint without unknowns", verdict.Evidence{Error: one(field("u", 1e-9, true)), Empty: []string{"bc"}}, verdict.IllPosed},
		{"a condition missing", verdict.Evidence{Error: one(field("u", 1e-9, true)), Missing: []verdict.Reason{{Word: verdict.IllPosed, Text: "ring"}}}, verdict.IllPosed},
		{"a jump built in", verdict.Evidence{Error: one(field("u", 1e-9, true)), Rough: []string{"ic"}}, verdict.Unsolved},
		{"an equation not satisfied", with(field("u", 0.06, true), trackers.Share{Name: "pde", Residual: 0.6, Term: 1, Equation: true}), verdict.Unsolved},
		{"hardly satisfied", with(field("u", 0.06, true), trackers.Share{Name: "pde", Residual: 0.4, Term: 1, Equation: true}), verdict.Inaccurate},
		{"undetermined, not satisfied, and a small estimate", with(field("u", 1e-9, false), trackers.Share{Name: "pde", Residual: 1.7, Term: 1, Equation: true}), verdict.Unsolved},
		{"a large residual and a small estimate, as at u = x of Laplace's equation", with(field("u", 1e-9, true), trackers.Share{Name: "pde", Residual: 1.4, Term: 1, Natural: 1e4, Equation: true}), verdict.Solved},
		{"a large residual and a small estimate", with(field("u", 1e-9, true), trackers.Share{Name: "pde", Residual: 1.4, Term: 1, Natural: 1, Equation: true}), verdict.Inaccurate},
		{"a large residual that does no harm", with(field("u", 0.04, true), trackers.Share{Name: "pde", Residual: 0.6, Term: 1, Equation: true}), verdict.Inaccurate},
		{"contradictory conditions", with(field("u", 0.06, true), trackers.Share{Name: "bc", Residual: 0.6, Term: 1, Stays: 0.9, Beside: []string{"wall"}}), verdict.IllPosed},
		{
			"contradictory conditions, far from anything", with(field("u", 1, true),
				trackers.Share{Name: "bc", Residual: 1, Term: 1, Stays: 1, Beside: []string{"wall"}},
				trackers.Share{Name: "wall", Residual: 1, Term: 1, Stays: 1, Beside: []string{"bc"}}), verdict.IllPosed,
		},
		{"a condition that nothing contradicts", with(field("u", 1, true), trackers.Share{Name: "bc", Residual: 1, Term: 1, Stays: 1}), verdict.Unsolved},
		{"a condition that is not trained yet", with(field("u", 0.06, true), trackers.Share{Name: "bc", Residual: 0.6, Term: 1, Stays: 0.1, Beside: []string{"wall"}}), verdict.Inaccurate},
		{"contradictory in corners", with(field("u", 1e-9, true), trackers.Share{Name: "bc", Residual: 0.4, Term: 1}), verdict.Solved},
		{"a condition of no solution", with(field("u", 0.5, true), trackers.Share{Name: "bc", Residual: 1, Term: 1}), verdict.Unsolved},
		{"not all windows", verdict.Evidence{Error: one(field("u", 1e-9, true)), Behind: []string{"t from 0.5 to 1"}}, verdict.Unsolved},
	} {
		v := verdict.Judge(c.e)
		if v.Word != c.want || len(v.Reasons) == 0 || v.Reasons[0].Word != c.want {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

// What is determined but for a constant says so, with a condition that can be tried as it is; what can change otherwise does not.
func TestLevel(t *testing.T) {
	loose := func(level float64) trackers.FieldError {
		return trackers.FieldError{Name: "p", Size: 1, Gain: 100, Coarse: 1, Spread: 1, Elsewhere: 100, Level: level}
	}
	place := map[string]string{"p": "x = 0"}
	for _, c := range []struct {
		name  string
		field trackers.FieldError
		at    map[string]string
		text  string
		apply []string
	}{
		{"a constant", loose(0.996), place, "p is determined up to a constant", []string{`constraints.level={residual: "p(x = 0) = 0", points: 100}`}},
		{"nearly a constant", loose(0.994), place, "p is not determined: it can change by any amount that no residual sees", nil},
		{"a constant without a place", loose(1), nil, "p is not determined: it can change by any amount that no residual sees", nil},
		{"determined", field("p", 1e-9, true), place, "p has an estimated relative error of 1.0e-09", nil},
	} {
		r := verdict.Judge(verdict.Evidence{Error: trackers.ErrorValue{Fields: []trackers.FieldError{c.field}}, Places: c.at}).Reasons[0]
		if r.Text != c.text || !slices.Equal(r.Apply, c.apply) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// Without a balance of sources and fluxes no function is a solution, which is no fault of training; where a function has a level, it is.
func TestBalance(t *testing.T) {
	free := trackers.FieldError{Name: "p", Size: 1, Gain: 100, Coarse: 1, Spread: 1, Elsewhere: 100, Level: 1, Repairable: 1}
	for _, c := range []struct {
		name  string
		field trackers.FieldError
		share float64
		want  verdict.Word
	}{
		{"free, and not satisfied", free, 0.9, verdict.IllPosed},
		{"with a level, and not satisfied", field("p", 1, true), 0.9, verdict.Unsolved},
		{"with a level, and satisfied", field("p", 1e-9, true), 1e-9, verdict.Solved},
	} {
		e := with(c.field, trackers.Share{Name: "pde", Residual: c.share, Term: 1, Equation: true})
		e.Places = map[string]string{"p": "x = 0"}
		v := verdict.Judge(e)
		if told := strings.Contains(v.Reasons[0].Text, "do not balance"); v.Word != c.want || told != (c.want == verdict.IllPosed) {
			t.Errorf("%s: %+v", c.name, v)
		}
	}
}

// An integral whose nodes leave out more than training is named, where it matters.
func TestCoarseIntegrals(t *testing.T) {
	for _, c := range []struct {
		name    string
		rel     float64
		share   trackers.Share
		nodes   int
		applied string
	}{
		{"off by much", 1e-4, trackers.Share{LeftOut: 1e-4, Residual: 1e-9, Nodes: 20, Finer: 40}, 20, "integrals=40"},
		{"by as many as there can be", 1e-4, trackers.Share{LeftOut: 1e-4, Residual: 1e-9, Nodes: 200, Finer: 256}, 200, "integrals=256"},
		{"of a number of its own", 1e-4, trackers.Share{LeftOut: 1e-4, Residual: 1e-9, Nodes: 10, Finer: 20}, 20, ""},
		{"less than is left to train", 1e-4, trackers.Share{LeftOut: 1e-4, Residual: 1e-3, Nodes: 20, Finer: 40}, 20, "-"},
		{"less than is asked for", 1e-4, trackers.Share{LeftOut: 1e-7, Residual: 1e-9, Nodes: 20, Finer: 40}, 20, "-"},
		{"of an exact solution", 1e-7, trackers.Share{LeftOut: 1e-4, Residual: 1e-9, Nodes: 20, Finer: 40}, 20, "-"},
	} {
		c.share.Name, c.share.Term = "norm", 1
		e := with(field("u", c.rel, true), c.share)
		e.Nodes = c.nodes
		found := "-"
		for _, r := range verdict.Judge(e).Reasons {
			if strings.Contains(r.Text, "integral in norm") {
				found = strings.Join(r.Apply, " ")
			}
		}
		if found != c.applied {
			t.Errorf("%s: %q, want %q", c.name, found, c.applied)
		}
	}
}

// A run that has its solution is solved, and the same run without a condition is ill-posed.
func ExampleJudge() {
	x := ph.NewCoord("x")
	line := domain.NewInterval(x, 0, 1)
	u := ph.NewField("u", net.MLP{Hidden: []int{10, 10}}, x)
	pde := crux.Constraint{Name: "pde", Residual: u.D(x, x).Add(ph.Sin(x)), On: line.Interior(0)}
	ends := crux.Constraint{Name: "ends", Residual: u, On: line.Boundary(0)}
	for _, list := range [][]crux.Constraint{{pde, ends}, {pde}} {
		solver, err := auto.New(auto.Problem{Domain: line, Constraints: list}, crux.Options{})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer solver.Close()
		result, err := solver.Solve(context.Background(), 350)
		if err != nil {
			fmt.Println(err)
			return
		}
		estimate := &trackers.Error{}
		if err := solver.Measure(context.Background(), estimate); err != nil {
			fmt.Println(err)
			return
		}
		value, _ := estimate.Value()
		v := verdict.Judge(verdict.Evidence{Error: value, Status: result.Status})
		fmt.Println(v.Word)
		if v.Word != verdict.Solved {
			fmt.Println(v.Reasons[0].Text)
		}
	}
	// Output:
	// solved
	// ill-posed
	// u is not determined: it can change by any amount that no residual sees
}
