package problemfile_test

import (
	"math"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

const box = `problem: box
coords: {x: [0, 1]}
params: {E: {init: 1, true: 4.9348}, k: 1}
define: {slope: psi_x/k, double: 2*slope, ratio: E_2/E}
fields: {psi: {net: mlp}, g: {net: mlp}}
constraints:
  pde: {residual: psi_xx/2 + E*psi}
  bc: {residual: psi, on: boundary}
  norm: {residual: "integral(psi(x = s)^2, s, 0, 1) = 1", points: 1}
  g: {residual: "g - double"}
  k: {residual: "k = 1"}
eigen: {E: 2}
`

// A file that asks for eigenvalues is one with everything that depends on them several times, and reads as that.
func TestEigenPairs(t *testing.T) {
	p, err := problemfile.Parse("box.yaml", []byte(box), ".", nil)
	if err != nil {
		t.Fatal(err)
	}
	text := string(p.Resolved)
	for _, want := range []string{
		"E_2: {init: 19.7392}", "psi_2_xx/2 + E_2*psi_2", `"integral(psi_2(x = s)^2, s, 0, 1) = 1"`,
		`"integral((psi(x = s) + psi_2(x = s))^2, s, 0, 1) - (1) = 1"`, "slope_2: psi_2_x/k", "double_2: 2*slope_2", "g_2 - double_2", "true: 4.9348",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	for _, not := range []string{"eigen: {", "k_2", "true: 4.9348}\n  E_2: {init: 19.7392, true"} {
		if strings.Contains(text, not) {
			t.Errorf("%s is in\n%s", not, text)
		}
	}
	again, err := problemfile.Parse("box.yaml", p.Resolved, ".", nil)
	if err != nil || len(again.Conditions) != len(p.Conditions) || len(p.Conditions) != 10 {
		t.Errorf("read again: %v, %d and %d conditions", err, len(p.Conditions), len(again.Conditions))
	}
	for i, want := range []float64{math.Pi * math.Pi / 2, 1, 2 * math.Pi * math.Pi} {
		v := []float64{0}
		p.Params[i].Initialize(nil, v)
		if math.Abs(v[0]/want-1) > 1e-5 {
			t.Errorf("%s begins at %v, want %v", p.Params[i].Path(), v[0], want)
		}
	}
}

// Functions of one eigenvalue are told apart by a place, others need none; several conditions for the size give one each.
func TestEigenPairsApart(t *testing.T) {
	membrane := func(side, more string) string {
		return `problem: membrane
coords: {x: [0, 1], y: [0, ` + side + `]}
params: {l: 1}
fields: {u: {net: mlp}}
constraints:
  pde: {residual: laplacian(u) + l*u}
  edge: {residual: u, on: boundary}
  norm: {residual: "integral(integral(u(x = s, y = r)^2, s, 0, 1), r, 0, ` + side + `) = 1"}
` + more + `eigen: 3
`
	}
	for _, c := range []struct {
		text string
		want []string
		not  []string
	}{
		{membrane("1", ""), []string{"apart_2_3", "orthogonal_2_3"}, []string{"apart_1_2", "apart_1_3"}},
		{membrane("1.01", ""), []string{"orthogonal_2_3"}, []string{"apart_"}},
		{
			membrane("1.01", "  other: {residual: \"integral(integral(3*u(x = s, y = r)^2, s, 0, 1), r, 0, 1) = 3\"}\n"),
			[]string{"norm_orthogonal_2_3", "other_orthogonal_2_3"},
			[]string{"apart_"},
		},
	} {
		p, err := problemfile.Parse("membrane.yaml", []byte(c.text), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(string(p.Resolved), want) {
				t.Errorf("%s is not in\n%s", want, p.Resolved)
			}
		}
		for _, not := range c.not {
			if strings.Contains(string(p.Resolved), not) {
				t.Errorf("%s is in\n%s", not, p.Resolved)
			}
		}
	}
}
