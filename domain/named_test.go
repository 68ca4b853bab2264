package domain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
)

func TestNamed(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	b := rect(x, y, 0, 1, -2, 2)
	for name, want := range map[string]*domain.Points{
		"interior": b.Interior(9), "boundary": b.Boundary(9), "x": b.Sides(x, 9), "y=-2": b.Face(y, -2, 9),
		" x = 1 ": b.Face(x, 1, 9), "y = max": b.Face(y, 2, 9), "x=min": b.Face(x, 0, 9),
	} {
		if got := draw(t, domain.Named(b, name, 9)); !slices.Equal(got.X, draw(t, want).X) {
			t.Errorf("%s: other points", name)
		}
	}
	for name, want := range map[string]string{
		"boundry": `did you mean "boundary"?`, "z=0": "no region", "x=left": "no number", "x=0.5": "no face", "": "no region",
	} {
		if err := domain.Named(b, name, 9).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want … %s …", name, err, want)
		}
	}
	if domain.Named(nil, "interior", 9).Err() == nil || domain.Named(domain.NewBox(), "interior", 9).Err() == nil {
		t.Error("no error for a missing or broken domain")
	}
}

func ExampleNamed() {
	t, x := ph.Coords2("t", "x")
	strip := domain.NewBox(domain.In(t, 0, 1), domain.In(x, -1, 1))
	fmt.Println(domain.Named(strip, "t = 0", 50).Len(), domain.Named(strip, "x", 80).Len())
	fmt.Println(domain.Named(strip, "interiour", 10).Err())
	// Output:
	// 50 80
	// domain: no region "interiour"; did you mean "interior"? the regions are interior, boundary, and faces such as t or t = 0
}
