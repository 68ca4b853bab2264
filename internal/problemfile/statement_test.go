package problemfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
)

// A statement has the constraints with their places, and constants, definitions and transforms under their names.
func TestStatement(t *testing.T) {
	p, err := Load("../../testdata/problems/kovasznay.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Statement()
	var got []string
	for _, c := range s.Constraints {
		got = append(got, c.Name+" "+c.Where)
	}
	want := "flow.momentum_x inside; flow.momentum_y inside; flow.mass inside; walls.u on the boundary; walls.v on the boundary; gauge at (0, 0)"
	if strings.Join(got, "; ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	if m := ph.MathML(s.Constraints[0].Expr, s.Space...); !strings.Contains(m, "<mi mathvariant=\"normal\">Δ</mi><mi>u</mi>") || !strings.Contains(m, "Re") {
		t.Error(m)
	}
	if len(s.Axes) != 2 || s.Axes[1] != (Axis{"y", -0.5, 1.5}) || len(s.Constants) != 2 || len(s.Definitions) != 2 || s.Domain != "" {
		t.Errorf("%+v", s)
	}
	if p, err = Load("../../testdata/problems/perforated_poisson.yaml", nil); err != nil {
		t.Fatal(err)
	}
	s = p.Statement()
	if len(s.Regions) != 1 || s.Constraints[1].Where != "on holes" || !strings.HasPrefix(s.Domain, "difference: [box, disk: {center: [0.28, 0.3], radius: 0.12}, ") {
		t.Errorf("%+v", s)
	}
	if len(s.Outputs) != 1 || s.Outputs[0].Name != "u" || !strings.Contains(ph.MathML(s.Outputs[0].Expr), "<msub><mi>N</mi><mi>u</mi></msub>") {
		t.Errorf("%+v", s.Outputs)
	}
}

// Every problem that ships can be stated, and all of its expressions are mathematics.
func TestStatements(t *testing.T) {
	files, err := filepath.Glob("../../testdata/problems/*.yaml")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(path, text, filepath.Dir(path), nil)
		if err != nil {
			t.Fatal(err)
		}
		s := p.Statement()
		all := append(append(append(s.Constants, s.Definitions...), s.Params...), s.Outputs...)
		for _, c := range s.Constraints {
			all = append(all, c.Equation)
		}
		for _, q := range all {
			if q.Expr == nil || strings.Contains(ph.MathML(q.Expr, s.Space...), "<mtext>?") {
				t.Errorf("%s: %s is not an expression: %s", path, q.Name, q.Text)
			}
		}
	}
}
