package exact_test

import (
	"fmt"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/domain/exact"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// A second-order equation is periodic when values and slopes are. With values alone the network is left as it is.
func ExampleHard_Periodicities() {
	t, x := ph.Coords2("t", "x")
	slab := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	u := ph.NewField("u", net.MLP{Hidden: []int{16, 16}}, t, x)
	heat := u.D(t).Sub(u.D(x, x))
	values := exact.Condition{Name: "values", Residual: u.At(x, -1).Sub(u.At(x, 1)), On: slab.Sides(x, 50)}
	slopes := exact.Condition{Name: "slopes", Residual: u.D(x).At(x, -1).Sub(u.D(x).At(x, 1)), On: slab.Sides(x, 50)}
	for _, conditions := range [][]exact.Condition{{values, slopes}, {values}} {
		for _, p := range (exact.Hard{Domain: slab, Conditions: conditions}).Periodicities(heat) {
			fmt.Printf("%s, period %v in %s, of %v: %q\n", p.Field.Name(), p.Period, p.Coord.Name(), p.Conditions, p.Why)
		}
	}
	// Output:
	// u, period 2 in x, of [values slopes]: ""
	// u, period 2 in x, of [values]: "no condition makes the first derivative of u the same at both ends of x, which an equation of order 2 wants; add one, or it stays open"
}
