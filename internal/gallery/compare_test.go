package gallery

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/draw"
	"github.com/crux-pinn/crux/internal/report"
)

// Curves of several runs have a panel for what any of them has recorded, end with what the runs came to, and keep one colour for each run.
func TestOver(t *testing.T) {
	nan := math.NaN()
	history := func(steps int, names []string, at func(step float64) []float64) *report.History {
		h := &report.History{Names: names, Columns: make([][]float64, len(names))}
		for k := 0; k <= steps; k += 10 {
			h.Steps = append(h.Steps, float64(k))
			for i, v := range at(float64(k)) {
				h.Columns[i] = append(h.Columns[i], v)
			}
		}
		return h
	}
	unit := func(name string) string { return map[string]string{"D": "m²/s"}[name] }
	long := history(400, []string{"loss", "loss/pde", "loss/bc", "param/D", "explainability/estimated_error/u"}, func(s float64) []float64 {
		estimate := nan
		if s == 0 {
			estimate = 1
		}
		return []float64{math.Exp(-s / 40), math.Exp(-s/40) / 2, math.Exp(-s/40) / 3, 1 - math.Exp(-s/100), estimate}
	})
	short := history(200, []string{"loss", "loss/pde", "param/D"}, func(s float64) []float64 {
		return []float64{math.Exp(-s / 80), math.Exp(-s / 80), 1 - math.Exp(-s/50)}
	})
	runs := []Recorded{
		{"none", &report.History{}, &report.Report{}, unit},
		{"long", long, &report.Report{Steps: 400, Estimate: report.Numbers{{Name: "u", Value: 1e-4}}}, unit},
		{"short", short, &report.Report{Steps: 200, Estimate: report.Numbers{{Name: "u", Value: 1e-2}}}, unit},
	}
	want := map[string]int{"losses": 3, "errors": 1, "unknown-numbers": 1}
	list := Over(runs)
	if len(list) != len(want) {
		t.Errorf("%d pictures, want %d", len(list), len(want))
	}
	for _, p := range list {
		if len(p.Figure.Panels) != want[p.Name] {
			t.Errorf("%s: %d panels, want %d", p.Name, len(p.Figure.Panels), want[p.Name])
		}
		img, err := p.Figure.Image(60)
		if err != nil {
			t.Fatal(err)
		}
		cases.Picture(t, filepath.Join("testdata", "over-"+p.Name+".png"), img)
		for _, panel := range p.Figure.Panels {
			if n := len(panel.(*draw.Curves).Lines); n != len(runs) {
				t.Errorf("%s: %d lines, want one for each run", p.Name, n)
			}
		}
	}
	if list := Over(runs[:1]); list != nil {
		t.Errorf("pictures of a run that recorded nothing: %v", list)
	}
}
