package page

import (
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
)

// functions are what the template calls.
var functions = template.FuncMap{
	"sci": sci, "num": num, "percent": report.Percent, "took": took, "day": day, "rate": rate, "tone": tone,
	"relative": report.Relative, "reasons": (*report.Report).Advice, "at": at,
	"count":     report.Counted,
	"condition": conditionMath, "math": equationMath, "name": nameMath, "axes": axesMath, "inc": func(i int) int { return i + 1 },
}

var raised = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
	"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹", "-", "⁻", "+", "")

// sci is a number with two digits: 5.2 × 10⁻¹⁰, or 0.52 where that is short.
func sci(x report.Number) string {
	v := float64(x)
	if v-v != 0 {
		return "–"
	}
	if a := math.Abs(v); v == 0 || a >= 0.01 && a < 1000 {
		return strings.ReplaceAll(strconv.FormatFloat(v, 'g', 2, 64), "-", "−")
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', 1, 64), "e")
	k, _ := strconv.Atoi(exponent) // of a number that was just written
	return strings.ReplaceAll(mantissa, "-", "−") + " × 10" + raised.Replace(strconv.Itoa(k))
}

// num is a number with six digits.
func num(x report.Number) string {
	if v := float64(x); v-v != 0 {
		return "–"
	}
	return strings.ReplaceAll(fmt.Sprintf("%.6g", float64(x)), "-", "−")
}

// took is a time as people say it.
func took(x report.Number) string {
	v := float64(x)
	if v-v != 0 {
		return "–"
	}
	d := time.Duration(v * float64(time.Second))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", v)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

func day(t time.Time) string { return t.Format("2 January 2006, 15:04 MST") }

func rate(r *report.Report) string {
	v := float64(r.Steps) / float64(r.Seconds)
	if v-v != 0 {
		return "–"
	}
	return fmt.Sprintf("%.3g", v)
}

// tone is the colour of a verdict.
func tone(r *report.Report) string {
	switch r.Verdict {
	case verdict.Solved:
		return "good"
	case verdict.Inaccurate:
		return "fair"
	case verdict.Unsolved, verdict.IllPosed:
		return "bad"
	}
	if r.Status == "diverged" || r.Status == "failed" {
		return "bad"
	}
	return "plain"
}

// at is the number with a name; nil if there is none.
func at(list report.Numbers, name string) *report.Number {
	if v, ok := list.Get(name); ok {
		return &v
	}
	return nil
}

// mathElement wraps MathML that placeholder has written, in which names are escaped.
func mathElement(inside string) template.HTML {
	return template.HTML(`<math display="block">` + inside + `</math>`) //nolint:gosec // see above
}

// equationMath is an equation: that of a constraint, whose residual vanishes, or of a name that stands for something. Texts that are no
// expressions stay texts.
func equationMath(s *problemfile.Statement, q problemfile.Equation, named bool) template.HTML {
	if q.Expr == nil {
		return template.HTML("<code>" + template.HTMLEscapeString(q.Text) + "</code>") //nolint:gosec // it is escaped
	}
	inside := ph.MathML(q.Expr, s.Space...)
	switch _, _, sides := ph.Sides(q.Expr); {
	case named:
		inside = "<mrow>" + ph.MathML(ph.Column(q.Name)) + "<mo>=</mo>" + inside + "</mrow>"
	case !sides:
		inside = "<mrow>" + inside + "<mo>=</mo><mn>0</mn></mrow>"
	}
	return mathElement(inside)
}

// conditionMath is a condition that holds in a region: parts that hold together, with the word between them.
func conditionMath(s *problemfile.Statement, q problemfile.Equation) template.HTML {
	var parts []string
	for _, e := range together(q.Expr) {
		parts = append(parts, "<math>"+ph.MathML(e, s.Space...)+"</math>")
	}
	return template.HTML(strings.Join(parts, " and ")) //nolint:gosec // names are escaped
}

// together are the conditions whose product a condition is: comparisons are 1 or 0, and "and" multiplies them.
func together(e ph.Expr) []ph.Expr {
	if e.Op() != ph.OpMul {
		return []ph.Expr{e}
	}
	var list []ph.Expr
	for _, a := range e.Args() {
		list = append(list, together(a)...)
	}
	if slices.ContainsFunc(list, func(a ph.Expr) bool { return a.Op() != ph.OpCompare }) {
		return []ph.Expr{e}
	}
	return list
}

// nameMath is a name on its own.
func nameMath(name string) template.HTML {
	return template.HTML("<math>" + ph.MathML(ph.Column(name)) + "</math>") //nolint:gosec // names are escaped
}

// axesMath are the ends of an axis.
func axesMath(a problemfile.Axis) template.HTML {
	name, lo, hi := ph.MathML(ph.Column(a.Name)), ph.MathML(ph.Const(a.Lo)), ph.MathML(ph.Const(a.Hi))
	return template.HTML("<math><mrow>" + name + "<mo>∈</mo>" + //nolint:gosec // names are escaped
		"<mo stretchy=\"false\">[</mo>" + lo + "<mo>,</mo>" + hi +
		"<mo stretchy=\"false\">]</mo></mrow></math>")
}
