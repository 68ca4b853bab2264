package problemfile_test

import (
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// The resolved file of a problem reads as that problem: a residual that is the same everywhere has one point, which nobody watches, and
// the file that says so is not taken for one that leaves this open.
func TestOnePointStays(t *testing.T) {
	text := []byte(`
problem: norm
coords: {x: [0, 1]}
fields: {u: {net: mlp, hidden: [6]}}
constraints:
  pde: {residual: u_xx + u}
  mass: {residual: "integral(u, x) = 1"}
  value: {residual: "u(x = 0.3) = 1", points: 1}
`)
	for range 3 {
		p, err := readText("norm.yaml", text, ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(p.Choice.Watched, " "); got != "pde value" {
			t.Errorf("watched: %s", got)
		}
		if again := p.Resolved; text[0] != '\n' && string(again) != string(text) {
			t.Errorf("read again it is\n%s\nand was\n%s", again, text)
		}
		text = p.Resolved
	}
}

// Where a file says no number of points, crux takes some, and redraws them while it trains if they are drawn. A number in
// the file, a sampler that always gives the same points, and resample keep their meaning.
func TestPointsLeftAway(t *testing.T) {
	load := func(constraint string) (*problemfile.Problem, string) {
		p, err := readText("points.yaml", []byte(`
problem: points
coords: {t: [0, 1], x: [0, 1], y: [0, 1]}
fields: {u: {net: mlp}}
constraints:
  pde: {residual: u_t - laplacian(u)`+constraint+`}
`), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		return p, string(p.Resolved)
	}
	for _, c := range []struct {
		constraint string
		points     int
		resample   string
	}{
		{"", 2000, "auto"}, // fewer, as they are watched
		{", resample: auto", 2000, "auto"},
		{", loss: mae", 3000, "20"}, // cannot be watched
		{", on: boundary", 800, "auto"},
		{", on: initial", 800, "auto"},
		{", sampler: sobol", 3000, ""},
		{", resample: 0", 3000, "0"},
		{", resample: 500", 3000, "500"},
		{", points: 70", 70, "auto"}, // watched, as the optimizer is auto
	} {
		p, resolved := load(c.constraint)
		s, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		cloud, err := s.Cloud("pde")
		if err != nil {
			t.Fatal(err)
		}
		if cloud.Len() != c.points {
			t.Errorf("%q: %d points, want %d", c.constraint, cloud.Len(), c.points)
		}
		s.Close() //nolint:errcheck // it only ends workers
		_, said, found := strings.Cut(resolved, "resample: ")
		if found != (c.resample != "") || found && !strings.HasPrefix(said, c.resample+"\n") && !strings.HasPrefix(said, c.resample+",") && !strings.HasPrefix(said, c.resample+"}") {
			t.Errorf("%q: resolved to\n%s", c.constraint, resolved)
		}
		again, err := readText("resolved.yaml", p.Resolved, ".", nil)
		if err != nil || string(again.Resolved) != resolved {
			t.Errorf("%q: resolved twice: %v\n%s", c.constraint, err, again.Resolved)
		}
	}
}
