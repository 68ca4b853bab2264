package problemfile_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/crux-pinn/crux/crux/auto"
	"github.com/crux-pinn/crux/domain"
)

// counts have semicolons, decimal commas, a unit, a text, a row that does not say when, and a column that is measured seldom.
const counts = "Zeit [d];S;Anzahl (Tsd.);Notiz\n0;1,5;2,5;Beginn\n1;1;;\n;7;7;wann?\n2;0,5;3;\n"

// Residuals leave out the rows that lack what they use, each its own, and share points otherwise.
func TestGaps(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "counts.csv"), []byte(counts), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := readText("gaps.yaml", []byte(`
problem: gaps
coords: {t: [0, 2]}
params: {k: 1}
fields: {pop: {net: mlp, out: [S, I]}}
data: {field: {file: counts.csv, columns: {t: Zeit, I: Anzahl (Tsd.)}}}
constraints:
  ode: {residual: {S: S_t = -k*S, I: I_t = k*S}, points: 16}
  data: {residual: {S: S = S_data, I: I = I_data, both: S + I = S_data + I_data, sum: S - S_data}, on: field}
  late: {residual: I = I_data, on: field, where: t > 0.5}
reference: {I: {file: counts.csv, columns: {t: Zeit, I: Anzahl}}}
`), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]*domain.Points{}
	for _, c := range p.Crux.Constraints {
		at[c.Name] = c.On
	}
	for name, want := range map[string][]float64{"data.S": {0, 1, 2}, "data.I": {0, 2}, "data.both": {0, 2}, "data.sum": {0, 1, 2}, "late": {2}} {
		c, err := at[name].Draw(nil)
		if err != nil || !slices.Equal(c.X, want) {
			t.Errorf("%s: %v, want %v, %v", name, c, want, err)
		}
	}
	if at["data.S"] != at["data.sum"] {
		t.Error("two residuals of one column do not share their points")
	}
	if n := p.References[0].On.Len(); n != 2 {
		t.Errorf("the reference has %d points", n)
	}
	for _, d := range []auto.Decision{
		{What: "counts.csv: 3 of 4 rows", Why: "the others do not say where they were measured"},
		{What: "data.I: 2 of 3 points", Why: "the others have no value of I"},
		{What: "data.both: 2 of 3 points", Why: "the others have no value of I and S"},
		{What: "late: 1 of 2 points", Why: "the others have no value of I"},
	} {
		if !slices.Contains(p.Choice.Decisions, d) {
			t.Errorf("%+v is not said: %+v", d, p.Choice.Decisions)
		}
	}
}
