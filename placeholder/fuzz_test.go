package placeholder_test

import (
	"errors"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
)

// FuzzParse: no text makes the parser panic or hang, every error has a place, and what is read can be printed and read
// again.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"u_t + u*u_x - nu*u_xx", "-x^2 = 2**3**2", "diff(u, x, 2) - laplacian(flow_v, x, y)[0]", "u(0, x) + u_x(t = x, x = t)",
		"integral(u(x = s)*s, s, 0, x, 8)", "where(0 < x < 1 and not (x == y), min(x, 1e-3), .5)", "normal_x*n_y + dn(q)",
		"[x, y, t][0:2]*flow_v", "sin x", "2x", "u_xz", "(((", "x = y = z", "at(u, x, 1)", "q_tx\n+ 1e999", "π + η·x", "u_theta_", "-0",
		"softsign(u_obs)", "integral(integral(s*r, r, 0, s), s, 0, 1)", "grad(u)[1] != kappa", "sum(flow_v)[0]", "x[", "u(,)", "'", "a ? b : c",
	} {
		f.Add(src)
	}
	w := newWorld()
	f.Fuzz(func(t *testing.T, src string) {
		e, err := ph.ParseNamed("fuzz", src, w.env)
		if err != nil {
			var at *ph.Error
			if !errors.As(err, &at) || at.Pos.File != "fuzz" || at.Pos.Line < 1 || at.Pos.Col < 1 || at.Msg == "" {
				t.Fatalf("%q: error without a place: %#v", src, err)
			}
			_, _ = err.Error(), at.Pos.Caret()
			return
		}
		text := e.String()
		if len(text) > 2000 {
			return // a short text can describe a long expression, such as a hessian; it may exceed the parser's limits
		}
		back, err := ph.Parse(text, w.env)
		if err != nil {
			t.Fatalf("%q prints as %q, which does not read back: %v", src, text, err)
		}
		if back.Dim() != e.Dim() {
			t.Fatalf("%q has %d components, read back %d", src, e.Dim(), back.Dim())
		}
	})
}
