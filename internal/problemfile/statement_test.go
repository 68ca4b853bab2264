package problemfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/files/tree"
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
	if len(s.Regions) != 1 || s.Constraints[1].Where != "on holes" || !strings.HasPrefix(s.Domain, "the box without the disk of radius 0.12 around (0.28, 0.3), ") ||
		s.Regions[0].Text != "on the boundary, where" || s.Regions[0].Expr == nil {
		t.Errorf("%+v", s)
	}
	if len(s.Outputs) != 1 || s.Outputs[0].Name != "u" || !strings.Contains(ph.MathML(s.Outputs[0].Expr), "<msub><mi>N</mi><mi>u</mi></msub>") {
		t.Errorf("%+v", s.Outputs)
	}
}

// Shapes, regions and materials are words; what is no shape of the table stays as it is written.
func TestShapeWords(t *testing.T) {
	for text, want := range map[string]string{
		"box":                         "",
		"box: {x: [0, 1], y: [0, 2]}": "the box x ∈ [0, 1], y ∈ [0, 2]",
		"difference: [box, {disk: {center: [0.5, 0], radius: 0.2}}, {ball: {center: [a, b], radius: r}}]": "the box without the disk of radius 0.2 around (0.5, 0) and the ball of radius r around (a, b)",
		"union: [{polygon: [[0, 0], [1, 0], [0, 1]]}, {intersection: [box, {file: {path: a.dxf}}]}]":      "the union of the polygon (0, 0), (1, 0), (0, 1) and (what the box and the shape in a.dxf have in common)",
		"cylinder: {from: [0, 0, 0], to: [0, 0, 1], radius: 0.5}":                                         "the cylinder of radius 0.5 from (0, 0, 0) to (0, 0, 1)",
		"cone: {from: [0, 0, 0], to: [0, 0, 1], radii: [0.5, 0]}":                                         "the cone from (0, 0, 0) to (0, 0, 1) with the radii 0.5 and 0",
		"torus: {center: [0, 0, 0], axis: [0, 0, 1], radius: 0.3, tube: 0.1}":                             "the ring of radius 0.3 around (0, 0, 0) with the axis (0, 0, 1), its tube of radius 0.1",
		"extrude: {shape: {disk: {center: [0, 0], radius: 1}}, along: {z: [0, 1]}}":                       "the disk of radius 1 around (0, 0), along z ∈ [0, 1]",
		"revolve: {shape: box, through: [0, 0, 0], axis: [0, 0, 1]}":                                      "the box, turned around the axis (0, 0, 1) through (0, 0, 0)",
		"transform: {shape: {file: a.svg}, scale: 0.1, rotate: 5, shift: [1, 0]}":                         "the shape in a.svg, scaled by 0.1, turned by 5°, moved by (1, 0)",
		"strange: [1]": "strange: [1]",
	} {
		if text != "box" {
			text = "{" + text + "}"
		}
		file := []byte("domain: " + text + "\n")
		root, errs := tree.Read(tree.NewSource("t.yaml", file), file)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		if got := shapeWords(root.Get("domain")); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	p, err := Parse("p.yaml", []byte(`
problem: p
coords: {t: [0, 1], x: [0, 1], y: [0, 1]}
domain: {difference: [box, {disk: {center: [0.5, 0.5], radius: 0.2}}]}
regions: {left: {on: {x: 0}, where: y < 0.5}}
materials: {steel: {where: x < 0.4, k: 45}, air: {k: 0.03}}
fields: {u: {net: mlp, hidden: [4]}}
constraints:
  pde: {residual: u_t - laplacian(u)}
  start: {residual: u, on: initial}
  low: {residual: u, on: left}
  ends: {residual: u, on: y}
  corner: {residual: u, on: [{x: 1}, {y: 0}]}
`), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Statement()
	var got []string
	for _, c := range s.Constraints {
		got = append(got, c.Where)
	}
	if want := "inside; at t = 0; on left; at both ends of y; at x = 1 and at y = 0"; strings.Join(got, "; ") != want {
		t.Errorf("%q, want %q", got, want)
	}
	got = nil
	for _, r := range s.Regions {
		got = append(got, r.Name+": "+r.Text)
	}
	if want := "steel: k = 45, where; air: k = 0.03; left: at x = 0, where"; strings.Join(got, "; ") != want || s.Regions[0].Expr == nil || s.Regions[1].Expr != nil {
		t.Errorf("%q, want %q", got, want)
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
