package placeholder_test

import (
	"fmt"
	"testing"

	ph "github.com/crux-pinn/crux/placeholder"
)

func ExampleRewrite() {
	fmt.Println(ph.Rewrite("psi_xx + E*psi(x = 2*E) = 1e-3", func(name, arguments string) (string, bool) {
		switch name {
		case "psi":
			return "(psi" + arguments + " + phi" + arguments + ")", true
		case "E":
			return "E_2", true
		}
		return "", false
	}))
	// Output: psi_xx + E_2*(psi(x = 2*E_2) + phi(x = 2*E_2)) = 1e-3
}

// Whatever is left as it is stays to the letter, also where it cannot be read.
func TestRewriteNothing(t *testing.T) {
	for _, src := range []string{
		"", " u ", "u_t =  k*u_xx", "f (x = 1 ) + 2", "integral(u(x = s)^2, s, 0, 1) = 1", "((", "f(", ")", "1e", "u ? v", "é + u", "sin(\n x ) \t",
	} {
		if got := ph.Rewrite(src, func(string, string) (string, bool) { return "", false }); got != src {
			t.Errorf("%q became %q", src, got)
		}
	}
}
