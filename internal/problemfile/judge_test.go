package problemfile

import (
	"testing"
)

// A function is judged where an equation holds that contains it.
func TestDeterminedPart(t *testing.T) {
	for _, c := range []struct {
		more string
		u, v int // points on which they are judged
	}{
		{"left: {residual: u_xx, on: a}\n  right: {residual: v_xx, on: b}", 40, 61},
		{"left: {residual: u_xx, on: a}\n  right: {residual: v_xx - u, on: b}", 101, 61},
		{"left: {residual: u_xx}\n  right: {residual: v_xx, on: b}", 101, 61},
		{"left: {residual: u_xx, on: a}\n  right: {residual: v_xx, on: between}", 40, 101},
	} {
		p, err := Parse("parts.yaml", []byte(`problem: parts
coords: {x: [0, 1]}
regions: {a: {on: interior, where: x < 0.395}, b: {on: interior, where: x >= 0.395}, between: {on: interior, where: x > 0.5001 and x < 0.5099}}
fields: {u: {net: mlp}, v: {net: mlp}}
constraints:
  first: {residual: u = 0, on: {x: 0}}
  last: {residual: v = 1, on: {x: 1}}
  `+c.more+"\n"), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		if u, v := p.Fields[0].Grid.Len(), p.Fields[1].Grid.Len(); u != c.u || v != c.v {
			t.Errorf("%s: u at %d points, v at %d; want %d, %d", c.more, u, v, c.u, c.v)
		}
	}
}
