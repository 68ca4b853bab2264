package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// crux solve builds one solver, whatever the file leaves open and whatever the flags say: the coverage counter of crux.New says so.
func TestOneSolver(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	dir := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		c := exec.Command(name, args...)
		c.Env = append(os.Environ(), "GOCOVERDIR="+dir)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	const pkg = "github.com/crux-pinn/crux/crux"
	program := filepath.Join(dir, "crux")
	run("go", "build", "-cover", "-covermode=count", "-coverpkg=github.com/crux-pinn/crux/cmd/crux,"+pkg, "-o", program, "../../cmd/crux")
	file := filepath.Join(dir, "file.yaml")
	if err := os.WriteFile(file, []byte(`
problem: p
coords: {x: [0, 1], y: [0, 1]}
scale: auto
fields: {u: {hidden: [4]}}
constraints:
  pde: {residual: u_xx + u_yy + 1}
  left: {residual: u, on: {x: 0}}
  ring: {residual: u(y = 0) - u(y = 1)}
  slope: {residual: u_y(y = 0) - u_y(y = 1)}
  rest: {residual: u - 1, on: {x: 1}, weight: 2}
trackers: {gradient_norms: {interval: 2}}
`), 0o600); err != nil {
		t.Fatal(err)
	}
	run(program, "solve", file, "--steps", "6000", "--set", "budget=1s", "--quiet", "--wandb", "--out", filepath.Join(dir, "run"))
	profile := filepath.Join(dir, "profile")
	run("go", "tool", "covdata", "textfmt", "-i="+dir, "-o="+profile)
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("../../crux/solver.go")
	if err != nil {
		t.Fatal(err)
	}
	line := 1
	at := regexp.MustCompile(`(?m)^func New\(`).FindIndex(source)[0]
	for _, b := range source[:at] {
		if b == '\n' {
			line++
		}
	}
	m := regexp.MustCompile(`(?m)^` + pkg + `/solver\.go:` + strconv.Itoa(line) + `\.\d+,\S+ \d+ (\d+)$`).FindSubmatch(text)
	if m == nil || string(m[1]) != "1" {
		t.Errorf("New was called %q times, want 1", m)
	}
}
