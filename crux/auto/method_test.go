package auto

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// told is what a list of phases says of itself: name, steps, rule.
func told(phases []optim.Phase) string {
	var all []string
	for _, p := range phases {
		s := optim.Describe(p.Method)
		if soap, ok := p.Method.(*optim.SOAP); ok {
			s = fmt.Sprintf("SOAP(learning rate %g to %g)", soap.LR(0), soap.LR(p.Steps))
		}
		if p.Steps > 0 {
			s = fmt.Sprintf("%d × %s", p.Steps, s)
		}
		if p.Stall.Window > 0 {
			s += fmt.Sprintf(" %+v", p.Stall)
		}
		if p.Enough > 0 {
			s += fmt.Sprintf(" enough %g", p.Enough)
		}
		all = append(all, s)
	}
	return strings.Join(all, "\n")
}

// Each rule with its numbers.
func TestMethodRules(t *testing.T) {
	for _, c := range []struct {
		job  job
		want string
	}{
		{job{Size: optim.Size{Parameters: 900, Residuals: 100}}, `300 × SOAP(learning rate 0.01 to 0.01) {Window:100 Keep:0.5 Descent:false}
LevenbergMarquardt {Window:50 Keep:0.5 Descent:true} enough 1e-14
SSBroyden {Window:500 Keep:0.9 Descent:true}`},
		{job{Size: optim.Size{Parameters: 900}}, `1000 × Adam(learning rate 0.005, beta1 0.9, beta2 0.999) {Window:100 Keep:0.7 Descent:false}
SSBroyden {Window:500 Keep:0.9 Descent:true}`},
		{job{Size: optim.Size{Parameters: 9000}}, `5000 × SOAP(learning rate 0.005 to 5e-05)
SSBroyden(memory 300) {Window:500 Keep:0.95 Descent:true}`},
		{job{optim.Size{Parameters: 9000}, MethodOptions{Steps: 3000}}, `1500 × SOAP(learning rate 0.005 to 5e-05)
SSBroyden(memory 300) {Window:500 Keep:0.95 Descent:true}`},
		{job{optim.Size{Parameters: 9000}, MethodOptions{Steps: 1}}, `1 × SOAP(learning rate 0.005 to 5e-05)
SSBroyden(memory 300) {Window:500 Keep:0.95 Descent:true}`},
	} {
		phases, _, err := c.job.choose()
		if got := told(phases); err != nil || got != c.want {
			t.Errorf("%+v: %v\n%s\nwant\n%s", c.job, err, got, c.want)
		}
	}
}

// Both sides of each threshold, and the reason.
func TestMethodThresholds(t *testing.T) {
	const tooMany = ", too many for a matrix of their squares (up to 5000), so ssbroyden with a memory of 300 directions"
	for _, c := range []struct {
		parameters, residuals int
		precision             crux.Precision
		methods, why          string
	}{
		{5000, 9000, crux.Float64, "SOAP LevenbergMarquardt SSBroyden", "5000 parameters and 9000 residuals, all in mean squares"},
		{5001, 9000, crux.Float64, "SOAP LevenbergMarquardt", "5001 parameters and 9000 residuals, all in mean squares"},
		{200_000, 1_000_000, crux.Float64, "SOAP LevenbergMarquardt", "200000 parameters and 1000000 residuals, all in mean squares"},
		{141, 48, crux.Float32, "Adam SSBroyden", "141 parameters, and residuals in float32"},
		{141, 1, crux.Float64, "SOAP LevenbergMarquardt SSBroyden", "141 parameters and 1 residuals, all in mean squares"},
		{141, 0, crux.Float64, "Adam SSBroyden", "141 parameters, and a loss that is not a sum of squares"},
		{5000, 0, crux.Float64, "Adam SSBroyden", "5000 parameters, and a loss that is not a sum of squares"},
		{5001, 0, crux.Float64, "SOAP SSBroyden", "5001 parameters, and a loss that is not a sum of squares" + tooMany},
	} {
		phases, why, err := job{optim.Size{Parameters: c.parameters, Residuals: c.residuals}, MethodOptions{Precision: c.precision}}.choose()
		var methods []string
		for _, p := range phases {
			methods = append(methods, p.Method.Info(optim.Objective{}).Name)
		}
		if got := strings.Join(methods, " "); err != nil || got != c.methods || why != c.why {
			t.Errorf("%d parameters, %d residuals: %s: %s (%v)\nwant %s: %s", c.parameters, c.residuals, got, why, err, c.methods, c.why)
		}
	}
}

// What a rule rests on stands in docs/results/evidence.md.
func TestMethodEvidence(t *testing.T) {
	text, err := os.ReadFile("../../docs/results/evidence.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range methodRules {
		if !strings.Contains(string(text), "\n- **"+r.evidence+"**") {
			t.Errorf("docs/results/evidence.md has no item %q", r.evidence)
		}
	}
}

// What is chosen stands in Choices, in a file's words, and mistaken options are refused with the first objective.
func TestMethodSays(t *testing.T) {
	for _, c := range []struct {
		options MethodOptions
		n       int
		f       *optimtest.Func
		want    string
	}{
		{MethodOptions{}, 8, optimtest.BowlFunc(8, 10), "soap, then lm, then ssbroyden: 8 parameters and 8 residuals, all in mean squares"},
		{MethodOptions{Precision: crux.Float32}, 8, optimtest.BowlFunc(8, 10), "adam, then ssbroyden: 8 parameters, and residuals in float32"},
		{MethodOptions{}, 5001, &optimtest.Func{F: optimtest.Bowl(10)}, "soap, then ssbroyden: 5001 parameters, and a loss that is not a sum of squares, too many for a matrix of their squares (up to 5000), so ssbroyden with a memory of 300 directions"},
	} {
		m := Method(c.options)
		if err := m.Init(optim.Flat(c.n)); err != nil {
			t.Fatal(err)
		}
		if i := m.Info(c.f.Objective()); i.Err != nil || i.String() != "Auto" || !slices.Equal(i.Choices, []string{c.want}) {
			t.Errorf("%v (%v) chose %q, want %q", i, i.Err, i.Choices, c.want)
		}
	}
	m := Method(MethodOptions{Steps: -1})
	if err := m.Init(optim.Flat(2)); err != nil {
		t.Fatal(err)
	}
	if err := m.Info(optimtest.BowlFunc(2, 1).Objective()).Err; err == nil || !strings.Contains(err.Error(), "Steps") {
		t.Error(err)
	}
}

func TestMethodConformance(t *testing.T) {
	for name, o := range map[string]MethodOptions{"float64": {}, "float32": {Precision: crux.Float32}} {
		t.Run(name, func(t *testing.T) { optimtest.Run(t, func() optim.Method { return Method(o) }) })
	}
}
