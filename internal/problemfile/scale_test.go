package problemfile_test

import (
	"cmp"
	"context"
	"math"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// scale: auto becomes a number in the resolved file, with which a run is the same to the last bit.
func TestScaleAuto(t *testing.T) {
	const path = "../../testdata/problems/kovasznay.yaml"
	plain, err := readFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readFile(path, []string{"scale=auto", "constraints.walls.scale.v=7", "constraints.walls.scale.u=auto"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := readText("resolved.yaml", p.Resolved, ".", nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Resolved)
	}
	losses := func(p *problemfile.Problem) []float64 {
		s, err := p.New()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close() //nolint:errcheck // it only ends workers
		l, err := s.Losses(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	a, b, l0 := losses(p), losses(again), losses(plain)
	for i, c := range p.Crux.Constraints {
		if c.Scale != again.Crux.Constraints[i].Scale || a[i] != b[i] {
			t.Errorf("%s: scale %v and loss %v, read again %v and %v", c.Name, c.Scale, a[i], again.Crux.Constraints[i].Scale, b[i])
		}
		want := math.Sqrt(l0[i]) * cmp.Or(plain.Crux.Constraints[i].Scale, 1) // which is in units of its size
		if c.Name == "walls.v" {
			want = 7
		}
		if math.Abs(c.Scale-want) > 0.006*want { // three digits
			t.Errorf("%s: scale %v, the residual is %v at step 0", c.Name, c.Scale, want)
		}
	}
}
