package cli

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// script is a keyboard on which something was typed each time when it is asked.
type script struct {
	typed []string
	state string // of the terminal: "" before, then "keys", then "lines"
}

func (k *script) Begin() { k.state = "keys" }
func (k *script) End()   { k.state = "lines" }

func (k *script) Typed() string {
	if len(k.typed) == 0 {
		return ""
	}
	s := k.typed[0]
	k.typed = k.typed[1:]
	return s
}

// typing solves tiny.yaml on a terminal on which keys are typed, one entry a step.
func typing(t *testing.T, k *script, cols, rows int, more ...string) outcome {
	t.Helper()
	calls := 0
	var out, stderr bytes.Buffer
	code := Run(t.Context(), append([]string{"solve", "tiny.yaml"}, more...), Streams{
		Out: &out, Err: &stderr, Keyboard: k, Colours: 256, Terminal: func() (int, int) { return cols, rows },
		Now: func() time.Time { calls++; return time.Unix(int64(10*calls), 0) },
	})
	return outcome{code, out.String(), stderr.String()}
}

// Keys ask for a picture, help and a checkpoint, and change no bit of the run.
func TestKeys(t *testing.T) {
	folder(t)
	k := &script{typed: []string{"", "p", "?", "s", "", "", "p"}}
	r := typing(t, k, 80, 30, "--out", "typed")
	if went(r.code) != exitOK || k.state != "lines" {
		t.Fatalf("%+v, the terminal has %s", r, k.state)
	}
	for _, want := range []string{"keys: p picture, s save", "u over x →, from ", "  q  stop after this step", "saved after this step; crux plot typed in another terminal", "k = 0.5", "k2 = "} {
		if !strings.Contains(r.err, want) {
			t.Errorf("nothing says %q in\n%s", want, r.err)
		}
	}
	if _, err := os.Stat(filepath.Join("typed", checkpointFolder, "checkpoint-000000004.safetensors")); err != nil {
		t.Error(err) // s was typed in step 3
	}
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "quiet"); went(r.code) != exitOK {
		t.Fatalf("%+v", r)
	}
	for _, name := range []string{parametersFile, historyFile} {
		a, errA := os.ReadFile(filepath.Join("typed", name))
		b, errB := os.ReadFile(filepath.Join("quiet", name))
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs (%v, %v)", name, errA, errB)
		}
	}
}

// The key q ends the run as Ctrl-C does: it can be resumed, and no other way is tried.
func TestKeyStops(t *testing.T) {
	folder(t)
	k := &script{typed: []string{"", "", "q"}}
	r := typing(t, k, 80, 30, "--out", "run")
	if r.code != exitInterrupted || !strings.Contains(r.err, "stopped by the key q after 3 steps; the results so far are in run; continue with: crux resume run") || k.state != "lines" {
		t.Fatalf("%+v, the terminal has %s", r, k.state)
	}
	if r := call(t, "resume", "run"); went(r.code) != exitOK || !strings.Contains(r.out, "10 steps in") {
		t.Errorf("%+v", r)
	}
	if r := typing(t, &script{typed: []string{"s"}}, 80, 30, "--set", "checkpoint=none"); !strings.Contains(r.err, "nothing is saved: the file turns checkpoints off") {
		t.Errorf("%+v", r)
	}
}

// A window that is too small shows what fits, and says that a picture does not.
func TestSmallWindow(t *testing.T) {
	folder(t)
	r := typing(t, &script{typed: []string{"p"}}, 44, 11)
	if !strings.Contains(r.err, "the window is too small for a picture") {
		t.Errorf("%+v", r)
	}
	for _, line := range strings.Split(r.err, "\n") {
		if i := strings.LastIndex(line, "\x1b[J"); i >= 0 {
			if n := width(line[i+3:]); n > 43 {
				t.Errorf("%d characters: %q", n, line)
			}
		}
	}
}

// pictured is a small picture of values at the middles of pixels.
func pictured(t *testing.T, text string, cols, rows, colours int, f func(x [2]float64) float64) []string {
	t.Helper()
	p, err := problemfile.Parse("shape.yaml", []byte(text), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	g := newGrid(p, p.Fields[0].Coords, 1, cols, rows)
	var values []float64
	for i := range g.nx * g.ny {
		values = append(values, f(g.at(i)))
	}
	if n := len(g.points(p.Fields[0].Coords)); n != len(values)*len(p.Fields[0].Coords) {
		t.Fatalf("%d numbers for %d points", n, len(values))
	}
	return g.draw("u", values, colours)
}

// Pictures have the largest x at the right and the largest y at the top, a hole is empty, and what is no number is, too.
func TestSmallPicture(t *testing.T) {
	plate := "problem: plate\ncoords: {x: [0, 2], y: [0, 1]}\ndomain: {difference: [{box: {x: [0, 2], y: [0, 1]}}, {disk: {center: [1, 0.5], radius: 0.3}}]}\n" +
		"fields: {u: {net: mlp}}\nconstraints: {pde: {residual: laplacian(u)}}\n"
	flow := "problem: flow\ncoords: {t: [0, 1], x: [0, 1], y: [0, 1]}\nfields: {u: {net: mlp}}\nconstraints: {pde: {residual: u_t - laplacian(u)}}\n"
	line := "problem: line\ncoords: {x: [0, 1]}\nfields: {u: {net: mlp}}\nconstraints: {pde: {residual: u_xx}}\n"
	for _, c := range []struct {
		name, text          string
		cols, rows, colours int
		f                   func(x [2]float64) float64
		want                []string
	}{
		{"plate", plate, 20, 4, 0, func(x [2]float64) float64 { return x[0] * x[0] }, []string{
			"·······░░░▒▒▓▓██", "······    ▒▒▓▓██", "······    ▒▒▓▓██", "·······░░░▒▒▓▓██", "u over x →, y ↑, from 0.003906 to 3.754",
		}},
		{"time", flow, 8, 4, 0, func(x [2]float64) float64 { return x[1] }, []string{
			"████████", "▓▓▓▓▓▓▓▓", "░░░░░░░░", "········", "u over x →, y ↑, from 0.0625 to 0.9375, at t = 1",
		}},
		{"steep", line, 4, 2, 0, func(x [2]float64) float64 { return math.Floor(2 * x[0]) }, []string{"⠀⠀⡏⠉", "⣀⣀⡇⠀", "u over x →, from 0 to 1"}},
		{"gap", line, 4, 2, 0, func(x [2]float64) float64 {
			if x[0] > 0.5 {
				return math.NaN()
			}
			return 1
		}, []string{"⠀⠀⠀⠀", "⠉⠉⠀⠀", "u over x →, from 1 to 1"}},
		{"two pixels", flow, 1, 1, 256, func(x [2]float64) float64 { return x[1] }, []string{
			"\x1b[38;5;227m\x1b[48;5;54m▀\x1b[0m", "u over x →, y ↑, from 0.25 \x1b[38;5;54m█\x1b[0m to 0.75 \x1b[38;5;227m█\x1b[0m, at t = 1",
		}},
	} {
		got := pictured(t, c.text, c.cols, c.rows, c.colours, c.f)
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// What is cut at the edge of a window says so, and one is no plural.
func TestShortened(t *testing.T) {
	for _, c := range []struct {
		cols int
		want string
	}{{80, "  q  stop and save"}, {18, "  q  stop and|     save"}, {17, "  q  stop and|     save"}, {5, "  q|     stop|     and|     save"}} {
		if got := strings.Join(folded("  q  stop and save", 5, c.cols), "|"); got != c.want {
			t.Errorf("%q in %d columns, want %q", got, c.cols, c.want)
		}
	}
	for _, c := range [][2]string{{shortenedTo("abcdef", 4), "abc…"}, {shortenedTo("abcd", 4), "abcd"}, {report.Counted(1, "point"), "1 point"}, {report.Counted(2, "point"), "2 points"}} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
	var b strings.Builder
	p := block{w: &b, size: func() (int, int) { return 20, 30 }}
	if p.draw([]string{"a line that does not fit"}); !strings.Contains(b.String(), "a line that does n…\n") {
		t.Errorf("%q", b.String())
	}
}

// Colours are neither counted nor cut.
func TestCut(t *testing.T) {
	line := "ab\x1b[38;5;9mcdé\x1b[0mf"
	if n := width(line); n != 6 {
		t.Errorf("%d characters", n)
	}
	if s := cut(line, 3); s != "ab\x1b[38;5;9mc\x1b[0m" {
		t.Errorf("%q", s)
	}
	if s := cut("a\x1b[", 5); s != "a\x1b[" {
		t.Errorf("%q", s)
	}
}
