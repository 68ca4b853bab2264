package docs_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cli"
	"github.com/crux-pinn/crux/internal/report"
)

// The wall of materials.md has the flux that the resistances of its layers in series give.
func TestMaterialsPage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var out, said strings.Builder
	if code := cli.Run(context.Background(), []string{"solve", "files/wall.yaml", "--out", dir}, cli.Streams{Out: &out, Err: &said}); code != 0 {
		t.Fatalf("exit %d: %s", code, said.String())
	}
	r, err := report.Read(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := 30 / (0.2/0.6 + 0.5 + 0.1/0.04)
	if flux, _ := r.Shown.Get("flux"); math.Abs(float64(flux)-want) > 1e-4*want || math.Abs(want-9) > 1e-12 {
		t.Errorf("the flux is %v, want %v", flux, want)
	}
	for _, name := range []string{"heat.brick_wool_flux", "heat.brick_wool_value"} {
		if _, ok := r.Losses.Get(name); !ok {
			t.Errorf("the report has no loss of %s", name)
		}
	}
	// what the page shows of flows and errors of materials
	if len(r.Regions) != 2 || len(r.Balance) != 4 {
		t.Fatalf("%d materials, %d flows", len(r.Regions), len(r.Balance))
	}
	for i, name := range []string{"brick", "wool"} {
		x := r.Regions[i]
		e, ok := x.Estimate.Get("T")
		if _, has := x.Residuals.Get("heat"); x.Name != name || !ok || !has || !(e < 1e-4) {
			t.Errorf("material %d: %+v", i, x)
		}
	}
	for i, of := range []string{"brick", "wool", "brick-wool", "all"} {
		f := r.Balance[i]
		near := func(v report.Number) bool { return math.Abs(float64(v)-9) < 1e-3 }
		if f.Of != of || !near(f.In) || !near(f.Out) || f.Made != 0 || !(f.Off < 1e-4) || !strings.Contains(out.String(), of) {
			t.Errorf("flow %d: %+v", i, f)
		}
	}
}
