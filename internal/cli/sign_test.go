package cli

import (
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// The function of an eigenvalue has no sign, each component of a system for itself; a source or a value on the boundary gives it one.
func TestSignless(t *testing.T) {
	const box = "problem: box\ncoords: {x: [0, 1]}\n"
	const norm = `norm: {residual: "integral(u(x = s)^2, s, 0, 1) = 1"}`
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"eigenvalue": {"params: {E: 1}\nfields: {u: {hidden: [4]}}\nconstraints: {pde: {residual: u_xx + E*u}, bc: {residual: u, on: boundary}, " + norm + "}", true},
		"pair":       {"fields: {w: {hidden: [4], out: [u, v]}}\nconstraints: {pde: {residual: u_xx + 9*u}, v: {residual: v = 1}, " + norm + "}", true},
		"coupled":    {"fields: {w: {hidden: [4], out: [u, v]}}\nconstraints: {pde: {residual: u_xx + 9*v}, v: {residual: v = 1}, " + norm + "}", false},
		"source":     {"fields: {u: {hidden: [4]}}\nconstraints: {pde: {residual: u_xx + 9*u = 1}, bc: {residual: u, on: boundary}}", false},
		"value":      {"fields: {u: {hidden: [4]}}\nconstraints: {pde: {residual: u_xx}, bc: {residual: u = x, on: boundary}}", false},
	} {
		p, err := problemfile.Parse("box.yaml", []byte(box+c.text), ".", nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := compile(p)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := signless(p, s, p.Fields[0]); err != nil || got != c.want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		s.Close()
	}
}
