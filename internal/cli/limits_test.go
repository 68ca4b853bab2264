package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plain is a problem that takes no time; residual stands for its equation.
func plain(residual, more string) string {
	return "problem: p\ncoords: {x: [0, 1]}\nfields: {u: {hidden: [4]}}\nconstraints:\n  pde: {residual: \"" + residual + "\", points: 8}\n" +
		"  bc: {residual: u, on: boundary, points: 2}\noptimizer: {adam: {}, steps: 3}\nhard: none\n" + more
}

// Files that are too large, or not quite text, are read or refused at once, and nothing in them reaches the terminal that it would obey.
func TestStrangeFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	list := func(n int, item string) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(item, i))
		}
		return strings.Join(parts, ", ")
	}
	plane := func(residual string) string {
		return strings.NewReplacer("x: [0, 1]", "x: [0, 1], y: [0, 1]", "[4]", "[4, 4]").Replace(plain(residual, ""))
	}
	const tooHigh = "constraints.pde.residual: its derivatives take more than 100000 operations"
	for name, c := range map[string]struct{ text, says string }{
		"a mark of the order of bytes": {"\ufeff" + plain("u_xx + 1", ""), "ok: problem p"},
		"100000 terms":                 {plain(strings.ReplaceAll(list(100_000, "%d*u"), ", ", " + "), ""), "more than 8000 parts"},
		"ten nested operators":         {plain(strings.Repeat("laplacian(", 10)+"u"+strings.Repeat(")", 10), ""), "ok: problem p"},
		"ten of them in the plane":     {plane(strings.Repeat("laplacian(", 10) + "u" + strings.Repeat(")", 10)), tooHigh},
		"a derivative of order 30":     {plane("u_" + strings.Repeat("xy", 15)), "p.yaml:5:20: " + tooHigh},
		"a tower of powers":            {plain("9^9^9^9*u + u_xx", ""), "the exponent must be finite"},
		"20000 constants":              {plain("u_xx + 1", "constants: {"+list(20_000, "c%d: 1")+"}\n"), "more than 2000 keys"},
		"2000000 brackets":             {plain(strings.Repeat("(", 1_000_000)+"u"+strings.Repeat(")", 1_000_000), ""), "more than 8000 parts"},
		"100000 lists in each other":   {plain("u_xx + 1", "description: "+strings.Repeat("[", 100_000)+"\n"), "more than 60 levels of nesting"},
		"a key of 10 MB":               {plain("u_xx + 1", strings.Repeat("k", 10_000_000)+": 1\n"), "a problem has at most 4194304"},
		"1000 unknown keys":            {plain("u_xx + 1", strings.ReplaceAll(list(1000, "k%d: 1"), ", ", "\n")), "and 950 more mistakes"},
		"10000 layers":                 {strings.Replace(plain("u_xx + 1", ""), "[4]", "["+list(10_000, "%d")+"]", 1), "p.yaml:3:"},
		"5000 constraints":             {plain("u_xx + 1", "description: {"+list(5000, "c%d: {residual: u}")+"}\n"), "more than 2000 keys"},
		"200000 unknown keys":          {plain("u_xx + 1", strings.ReplaceAll(list(200_000, "k%d: 1"), ", ", "\n")), "a problem has at most 10000"},
		"an escape sequence":           {strings.Replace(plain("u_xx + 1", ""), "problem: p", `problem: "\e[31mred"`, 1), "control character"},
		"an escape sequence as a key":  {plain("u_xx + 1", `"\e[31mred": 1`), "control character"},
		"another encoding":             {plain("u_xx + 1", "description: caf\xe9\n"), "p.yaml:9:17: the file is not UTF-8 text"},
		"an interval of one double":    {strings.Replace(plain("u_xx + 1", ""), "x: [0, 1]", "x: [1, 1.0000000000000002]", 1), "p.yaml:5:19: constraints.pde.residual: domain: interior of box [1, 1.00"},
		"100 dimensions":               {strings.Replace(plain("u_x3x3 + 1", ""), "x: [0, 1]", list(100, "x%d: [0, 1]"), 1), "in (x0, x1, x2, x3, x4, …), of 100 dimensions: sobol has"},
		"a field called pi":            {strings.Replace(plain("pi_xx + 1", ""), "u: {hidden", "pi: {hidden", 1), "pi means something in every expression"},
		"a field called sin":           {strings.Replace(plain("sin_xx + 1", ""), "u: {hidden", "sin: {hidden", 1), "sin means something in every expression"},
		"a huge number":                {strings.Replace(plain("u_xx + 1", ""), "points: 8", "points: 1000000000000000000", 1), "larger than anything that fits"},
	} {
		if err := os.WriteFile("p.yaml", []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		r := call(t, "validate", "p.yaml")
		if d := time.Since(start); !strings.Contains(r.out+r.err, c.says) || strings.ContainsRune(r.out+r.err, '\x1b') ||
			len(r.err) > 30_000 || d > 20*time.Second {
			t.Errorf("%s: exit %d after %v: %.300s%.300s", name, r.code, d, r.out, r.err)
		}
	}
	if strings.ContainsRune(message(fmt.Errorf("\x1b[2J\u009b31m")), '\x1b') {
		t.Error("an error has an escape sequence")
	}
}

// A file from somebody else writes nowhere but into its run directory, unless that is allowed.
func TestOutside(t *testing.T) {
	folder(t)
	elsewhere := t.TempDir()
	args := []string{"solve", "tiny.yaml", "-q", "--out", "d"}
	for _, dir := range []string{elsewhere, "../logs", "a/../../logs"} {
		for _, key := range []string{"tensorboard", "wandb"} {
			if r := call(t, append(args, "--set", key+".dir="+dir)...); r.code != exitUsage || !strings.Contains(r.err, "--outside") {
				t.Errorf("%s.dir=%s: %+v", key, dir, r)
			}
		}
	}
	quietly(t, append(args, "--set", "tensorboard.dir=logs")...)
	if files, _ := filepath.Glob("d/logs/events*"); len(files) != 1 {
		t.Errorf("%v", files)
	}
	quietly(t, "solve", "tiny.yaml", "-q", "--outside", "--set", "tensorboard.dir="+elsewhere)
	quietly(t, "sweep", "tiny.yaml", "-q", "--grid", "seed=1", "--outside", "--set", "tensorboard.dir="+elsewhere)
	if files, _ := filepath.Glob(elsewhere + "/*"); len(files) != 2 {
		t.Errorf("%v", files)
	}
	if r := call(t, "resume", "runs/tiny-1", "-q", "--steps", "12"); r.code != exitUsage || !strings.Contains(r.err, "--outside") {
		t.Errorf("%+v", r)
	}
}

// In 25 dimensions two points per axis would be 33 million: the fields are judged at scattered points, and the parameters are written before.
// In 30 they would be more than any grid has.
func TestManyDimensions(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, n := range []int{25, 30} {
		var axes, terms []string
		for i := range n {
			axes, terms = append(axes, fmt.Sprintf("x%d: [0, 1]", i)), append(terms, fmt.Sprintf("u_x%dx%d", i, i))
		}
		text := strings.Replace(plain(strings.Join(terms, " + ")+" + 1", "reference: {u: x0}\n"), "x: [0, 1]", strings.Join(axes, ", "), 1)
		if err := os.WriteFile("p.yaml", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		dir := fmt.Sprint(n)
		r := call(t, "solve", "p.yaml", "-q", "--out", dir)
		if r.code != exitOK || !strings.Contains(r.out, "at 16384 points") {
			t.Fatalf("%d: %+v", n, r)
		}
		if lines := strings.Count(quietly(t, "eval", dir), "\n"); lines != 16385 {
			t.Errorf("%d: %d lines", n, lines)
		}
	}
}

// A run whose parameters have not moved, since its losses overflow, has neither converged nor completed anything.
func TestNothingMoved(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range [][2]string{{"1e150*(u_xx + 1)", "ssbroyden"}, {"u_xx + exp(1000*u)", "adam"}} {
		if err := os.WriteFile("p.yaml", []byte(plain(c[0], "scale: none\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		r := call(t, "solve", "p.yaml", "-q", "--set", "fields.u.hidden=[6, 6]", "--set", "optimizer={"+c[1]+": {}, steps: 200}", "--set", "seed=1")
		if !strings.Contains(r.out, "stopped, the parameters have not moved") {
			t.Errorf("%v: %+v", c, r)
		}
	}
}

// What make torture has found: a run that ends where residuals, or their derivatives, are not finite is unsolved, and no success without a
// verdict.
func TestNotFinite(t *testing.T) {
	t.Chdir(t.TempDir())
	// no point of training falls into the gap where the root is NaN, but points of the estimate do
	for _, seed := range []int{1, 4} {
		text := fmt.Sprintf("problem: n\ncoords: {x: [0, 1]}\nfields: {u: {hidden: [6, 6]}}\nconstraints:\n"+
			"  pde: {residual: \"u_xx + 1 + 1e-3*u*sqrt((x - 0.5)^2 - 1e-4)\", points: 10}\n  bc: {residual: u, on: boundary, points: 2}\n"+
			"scale: none\nseed: %d\noptimizer: {lbfgs: {}, steps: 60}\n", seed)
		if err := os.WriteFile("p.yaml", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := call(t, "solve", "p.yaml", "-q"); !strings.Contains(r.out, "n: unsolved: the error cannot be estimated, since residuals or their derivatives are not finite") {
			t.Errorf("seed %d: %+v", seed, r)
		}
	}
}
