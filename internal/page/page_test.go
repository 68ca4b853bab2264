package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const evil = `<script>alert("1")</script>&'x`

// written is a page of which every text is hostile.
func written(t *testing.T) string {
	t.Helper()
	p, err := problemfile.Parse("test", []byte(`
problem: "<script>a</script>"
description: '<img src="http://x" onerror="a">'
coords: {t: [0, 1], x: [-1, 1]}
constants: {nu: 0.01/pi}
params: {k: {init: 1}}
fields: {u: {hidden: [4], output: -sin(pi*x) + t*u}}
constraints:
  "<script>b</script>": {residual: u_t + u*u_x = nu*u_xx + k, points: 10, weight: 1}
steps: 1
`), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	line := &draw.Curves{Title: evil, X: evil, Lines: []draw.Line{{Name: evil, X: []float64{0, 1}, Y: []float64{1, 2}}}}
	matrix := &draw.Matrix{Title: evil, Values: [][]float64{{1}}, Rows: []string{evil}, Columns: []string{evil}}
	dir := evil
	r := &report.Report{
		Problem: p.Name, Verdict: verdict.Unsolved, Status: evil, Reason: evil, Seconds: 3, Steps: 6, Loss: report.Number(math.NaN()), Optimizer: evil,
		Reasons:  []verdict.Reason{{Word: verdict.Unsolved, Text: evil, Remedy: evil}, {Word: verdict.Unsolved, Text: "second", Remedy: evil}, {Word: verdict.Inaccurate, Text: "lesser"}},
		Warnings: []string{evil}, Findings: []string{evil}, Choices: []string{evil}, Resampling: []string{evil}, RunDir: &dir,
		Origin: &report.Origin{Began: time.Unix(0, 0).UTC(), Commands: []string{evil, evil}, Folder: evil, File: evil, Host: evil, Version: evil},
	}
	for _, list := range []*report.Numbers{&r.Losses, &r.Estimate, &r.Params, &r.Truths, &r.OfTerms, &r.ResidualP99} {
		list.Add(evil, 1e-7)
	}
	r.Errors.Add(evil, report.FieldError{Reference: evil})
	r.Points.Add(evil, 3)
	r.Known.Add(evil, report.Known{Sigma: 1e-8, Interval: &[2]report.Number{1, 2}})
	r.Noise = append(r.Noise, report.Noise{Constraint: evil, Sigma: 0.1, Values: 9, Freedom: 7})
	frame := func(label string) Frame { return Frame{label, []draw.Panel{line}} }
	var b bytes.Buffer
	err = (&Page{
		Report: r, Run: evil, Description: p.Description, Statement: p.Statement(), Resolved: evil, Missing: []string{evil},
		Results: []Group{{Title: evil, About: evil, Movies: []Movie{{evil, evil, []Frame{frame("t = 0"), frame(evil)}}}}},
		Course:  []Group{{Title: "course", Panels: []draw.Panel{line, matrix}}}, Trackers: []Group{{Title: evil, Notes: []Note{{evil, true}}, Contents: []string{evil}}},
	}).Write(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// compared is a comparison of which every text is hostile.
func compared(t *testing.T) string {
	t.Helper()
	r := &report.Report{Status: evil, Steps: 1}
	r.Estimate.Add(evil, 1e-7)
	var b bytes.Buffer
	line := &draw.Curves{Title: evil, X: evil, Lines: []draw.Line{{Name: evil, X: []float64{0, 1}, Y: []float64{1, 2}}}}
	err := (&Comparison{
		Title: evil, Runs: []Compared{{evil, r}, {"b", r}}, Settings: [][]string{{evil, evil, ""}}, Results: [][]string{{evil, evil, "1"}},
		Curves: []Group{{Title: evil, Panels: []draw.Panel{line}}},
	}).Write(&b)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Nothing that comes from a file is markup, whatever it holds.
func TestEscaping(t *testing.T) {
	text := written(t)
	if n := strings.Count(text, "<script"); n != 1 { // ours
		t.Errorf("%d scripts", n)
	}
	escaped(t, text[strings.Index(text, "<body>"):strings.Index(text, "<script>")]+"</body>")
	text = compared(t)
	if strings.Contains(text, "<script") {
		t.Error("a script in a comparison")
	}
	escaped(t, strings.TrimSuffix(text[strings.Index(text, "<body>"):], "</html>\n"))
}

// escaped checks that a body has no markup from files.
func escaped(t *testing.T, body string) {
	t.Helper()
	for _, bad := range []string{"<img", "alert(\"1\")", "onerror=\"a\""} {
		if strings.Contains(body, bad) {
			t.Errorf("%s in the page", bad)
		}
	}
	// all tags are closed: the body is well-formed but for the elements that HTML leaves open
	body = regexp.MustCompile(`<input[^>]*>`).ReplaceAllString(body, "")
	d := xml.NewDecoder(strings.NewReader(body))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// The page names no address from which a browser would fetch anything, and forbids it.
func TestNoRequests(t *testing.T) {
	text := written(t) + compared(t)
	if !strings.Contains(text, `content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"`) {
		t.Error("no policy")
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]*)`).FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], "data:") {
			t.Errorf("%q", m[0])
		}
	}
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style sheet fetches something")
	}
}

// The verdict comes first, with its own reasons and each remedy once; mathematics and the slider are there.
func TestWrite(t *testing.T) {
	text := written(t)
	order := []string{`<section class="verdict bad">`, "unsolved", "second", "<h2>The problem</h2>", "<mfrac>", "<mi>ν</mi>", "<h2>Results</h2>", `type="range" min="0" max="1"`, "<h2>How it was solved</h2>", "To do it again"}
	at := 0
	for _, want := range order {
		i := strings.Index(text[at:], want)
		if i < 0 {
			t.Fatalf("%s is not there, or not where it should be", want)
		}
		at += i
	}
	if strings.Contains(text, "lesser") || strings.Count(text, "Try &lt;script") != 1 {
		t.Error("the reasons are not those of the verdict, or a remedy is repeated")
	}
	if strings.Count(text, "data-label=") != 2 || strings.Count(text, `pictures shown"`) != 1 {
		t.Error("the frames of the slider")
	}
}

// displayed is what the style sheet makes of the display of an element with these classes, on paper: the rule with the most classes, and of
// those with as many the last.
func displayed(classes ...string) string {
	simple := regexp.MustCompile(`^(?:\.[\w-]+|:not\(\.[\w-]+\))+$`)
	screen, paper, _ := strings.Cut(style, "@media print {")
	value, most := "", 0
	for _, rule := range regexp.MustCompile(`([^{};]+)\{([^{}]*)\}`).FindAllStringSubmatch(screen+paper, -1) {
		d := regexp.MustCompile(`(?:^|;)\s*display: ([a-z-]+)`).FindStringSubmatch(rule[2])
		for _, selector := range strings.Split(rule[1], ",") {
			selector = strings.TrimSpace(selector)
			if d == nil || !simple.MatchString(selector) {
				continue
			}
			parts := regexp.MustCompile(`(:not\()?\.([\w-]+)`).FindAllStringSubmatch(selector, -1)
			if len(parts) >= most && !slices.ContainsFunc(parts, func(p []string) bool { return slices.Contains(classes, p[2]) == (p[1] != "") }) {
				value, most = d[1], len(parts)
			}
		}
	}
	return value
}

// Of what has a slider the frame that is shown is printed, and no other; its label stands below it.
func TestPrint(t *testing.T) {
	for want, classes := range map[string][]string{"none": {"frame", "pictures"}, "block": {"frame", "pictures", "shown"}, "flex": {"slider"}} {
		if got := displayed(classes...); got != want {
			t.Errorf("%v: %q on paper, want %q", classes, got, want)
		}
	}
	if got := displayed("pictures"); got != "block" {
		t.Errorf("pictures: %q on paper", got)
	}
}

// Each table scrolls in a box of its own, which shows that there is more.
func TestTablesScroll(t *testing.T) {
	if n, all := strings.Count(source+comparison, `<div class="scroll"><table>`), strings.Count(source+comparison, "<table"); n != all {
		t.Errorf("%d tables, of which %d have a box", all, n)
	}
	box := regexp.MustCompile(`(?s)\n\.scroll \{(.*?)\n\}`).FindString(style)
	for _, want := range []string{"overflow-x: auto", "no-repeat local", "no-repeat scroll"} {
		if !strings.Contains(box, want) {
			t.Errorf("no %q in %q", want, box)
		}
	}
}

func TestWords(t *testing.T) {
	nan := report.Number(math.NaN())
	for got, want := range map[string]string{
		sci(5.23e-10): "5.2 × 10⁻¹⁰", sci(-12345): "−1.2 × 10⁴", sci(0.031): "0.031", sci(0): "0", sci(nan): "–", num(-0.5): "−0.5", took(3.14): "3.1 s",
		took(75): "1 min 15 s", took(7500): "2 h 5 min", took(nan): "–", report.Percent(0.0123): "1.2 %", report.Percent(1.12): "112 %",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, r := range map[string]*report.Report{
		"good": {Verdict: verdict.Solved}, "fair": {Verdict: verdict.Inaccurate}, "bad": {Status: "diverged"}, "plain": {Status: "running"},
	} {
		if got := tone(r); got != want {
			t.Errorf("%+v is %s, want %s", r, got, want)
		}
	}
}

// All movies together take no more than there is room for, and at least a few frames of each.
func TestMove(t *testing.T) {
	m := Movie{Name: "u", Axis: "t"}
	for range 41 {
		m.Frames = append(m.Frames, Frame{"t", []draw.Panel{&draw.Curves{Lines: []draw.Line{{X: []float64{0, 1}, Y: []float64{0, 1}}}}}})
	}
	for room, want := range map[int]int{1 << 30: 41, 1: fewFrames} {
		v, err := move(m, room)
		if err != nil || len(v.Frames) != want || v.Last != want-1 {
			t.Errorf("%d frames, want %d, %v", len(v.Frames), want, err)
		}
	}
	if v, err := move(Movie{}, 1); err != nil || v.Frames != nil {
		t.Error(v, err)
	}
}
