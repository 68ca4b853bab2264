package problemfile_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

const (
	head = `
problem: poisson
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {net: mlp, hidden: [8, 8]}}
constraints:
  pde: {residual: "laplacian(u) + 1", points: 20}
  bc: {residual: u, on: boundary, points: 12}
optimizer: [{adam: {lr: 1e-3}, steps: 10}]
`
	named = head + `
trackers:
  ntk_spectrum:
    - {expr: u, on: pde, points: 7, top_k: 3}
    - {expr: u_x, on: pde, points: 5}
  hessian_spectrum: {k: 5, iters: 20}
  loss_landscape: {grid: 11, alpha_range: 0.5}
weights: {ntk: {points: 6, ema: 0.5}}
checkpoint: {interval: 1000, keep: 2}
`
	namedByPage = head + `
trackers:
  ntk_spectrum:
    - {grad_expr: u, on: pde, n_points: 7, top_k: 3}
    - {expr: u_x, on: pde, n_points: 5}
  hessian_spectrum: {k: 5, n_iter: 20}
  loss_landscape: {n_grid: 11, alpha_range: 0.5}
weights: {ntk_balanced: {n_points: 6, ema: 0.5}}
checkpoint: {save_interval_epochs: 1000, max_to_keep: 2}
`
)

func resolve(t *testing.T, text string, sets ...string) string {
	t.Helper()
	return string(parse(t, text, sets...).Resolved)
}

// A name of the page gives the problem that ours gives, to the letter of the resolved file: in a file, in an override, and in an
// override of what a file says under the other name.
func TestPageNames(t *testing.T) {
	want := resolve(t, named)
	if got := resolve(t, namedByPage); got != want {
		t.Errorf("resolved as\n%s\nwant\n%s", got, want)
	}
	overrides := []struct{ page, ours string }{
		{"weights=gradient_norm_balanced", "weights=gradient_norm"},
		{"weights={gradient_norm_balanced: {ema: 0.5}}", "weights={gradient_norm: {ema: 0.5}}"},
		{"weights.ntk_balanced.n_points=9", "weights.ntk.points=9"},
		{"trackers.ntk_spectrum.0.grad_expr=u_y", "trackers.ntk_spectrum.0.expr=u_y"},
		{"trackers.ntk_spectrum.1.n_points=9", "trackers.ntk_spectrum.1.points=9"},
		{"trackers.hessian_spectrum.n_iter=9", "trackers.hessian_spectrum.iters=9"},
		{"trackers={loss_landscape: {n_grid: 5}}", "trackers={loss_landscape: {grid: 5}}"},
		{"checkpoint.save_interval_epochs=9", "checkpoint.interval=9"},
		{"checkpoint.max_to_keep=9", "checkpoint.keep=9"},
	}
	docs, err := os.ReadFile("../../docs/explainability.md")
	if err != nil {
		t.Fatal(err)
	}
	tried := ""
	for _, c := range overrides {
		tried += c.page + "\n"
		for _, text := range []string{named, namedByPage} {
			if got, want := resolve(t, text, c.page), resolve(t, text, c.ours); got != want {
				t.Errorf("%s: resolved as\n%s\nwant\n%s", c.page, got, want)
			}
		}
	}
	for _, n := range problemfile.PageNames {
		name := regexp.MustCompile(`\b` + n.Page + `\b`)
		if !name.MatchString(tried) || !name.MatchString(namedByPage) && n.Section != "weights" {
			t.Errorf("%s of %s is not tried here", n.Page, n.Section)
		}
		if row := fmt.Sprintf("\n| `%s` | `%s` | `%s` |\n", n.Section, n.Page, n.Ours); !strings.Contains(string(docs), row) {
			t.Errorf("docs/explainability.md has no row %s", row)
		}
	}
}

// A name of the page means nothing in another section.
func TestPageNamesHaveTheirSection(t *testing.T) {
	_, err := readText("named.yaml", []byte(named), ".", []string{"trackers.loss_landscape.n_iter=9"})
	if err == nil || !strings.Contains(err.Error(), `unknown key "n_iter"`) {
		t.Errorf("%v", err)
	}
}

// What is said of an unknown key lists each valid one once, wherever it stands.
func TestKnownKeysAreListedOnce(t *testing.T) {
	sections := []string{
		"", "checkpoint", "weights", "weights.ntk", "trackers", "trackers.ntk_spectrum.0", "trackers.hessian_spectrum",
		"trackers.loss_landscape", "trackers.residual_stats", "trackers.input_sensitivity", "trackers.gradient_norms", "constraints.pde",
		"fields.u", "optimizer.0", "optimizer.0.adam", "early_stopping", "early_stopping.patience",
	}
	list := regexp.MustCompile(`there are (.*)`)
	lists := 0
	for _, s := range sections {
		path := strings.TrimPrefix(s+".qqqqqqqqqqqqqqqq", ".")
		_, err := readText("named.yaml", []byte(named), ".", []string{path + "=1"})
		if err == nil {
			t.Errorf("%s: no error", path)
			continue
		}
		for _, m := range list.FindAllStringSubmatch(err.Error(), -1) {
			lists++
			seen := map[string]bool{}
			for _, k := range strings.Split(m[1], ", ") {
				if seen[k] {
					t.Errorf("%s: %s stands twice in %q", path, k, m[0])
				}
				seen[k] = true
			}
		}
	}
	if lists < len(sections)-2 {
		t.Errorf("%d lists in the messages of %d sections", lists, len(sections))
	}
}
