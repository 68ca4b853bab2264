package cli

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux/file"
	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/files/stl"
	"github.com/crux-pinn/crux/internal/reference"
)

const bodies = "../../testdata/bodies"

// heatSink is the body of heatsink.yaml in millimetres: a plate of copper, a pad and a plate of aluminium with three fins. A chip below heats it.
var heatSink = reference.Heat{
	Ticks: [3][]float64{{0, 4, 10, 13, 17, 20, 26, 30}, {0, 10, 20, 30}, {0, 2, 3, 6, 18}},
	K: func(p [3]float64) float64 {
		switch fin := math.Mod(p[0], 13) < 4; {
		case p[2] < 2:
			return 400
		case p[2] < 3:
			return 4
		case p[2] < 6 || fin:
			return 200
		}
		return 0
	},
}

// heatSinkPart is the part of its surface that a point belongs to.
func heatSinkPart(p [3]float64, axis int, _ float64) string {
	switch {
	case axis != 2 || p[2] > 0:
		return "air"
	case math.Abs(p[0]-15) < 5 && math.Abs(p[1]-15) < 5:
		return "chip"
	}
	return "bottom"
}

// The STL file of the heat sink is what is made here; go test -rewrite writes it.
func TestHeatSinkFile(t *testing.T) {
	var solids []stl.Solid
	for _, name := range []string{"air", "bottom", "chip"} {
		s := stl.Solid{Name: name}
		for _, f := range reference.Blocks(heatSink.Ticks, func(p [3]float64) bool { return heatSink.K(p) > 0 }, heatSinkPart) {
			if f.Part == name {
				s.Triangles = append(s.Triangles, f.Corners)
			}
		}
		solids = append(solids, s)
	}
	var b bytes.Buffer
	if err := stl.Write(&b, solids); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(bodies, "heatsink.stl")
	if *cases.Rewrite {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s is not what go test ./internal/cli -run HeatSinkFile -rewrite writes: %v", path, err)
	}
}

// cooled is the heat sink in metres and kelvin above the air, by finite volumes in cells of a size in millimetres.
func cooled(t *testing.T, size float64) (*reference.Temperature, reference.Heat) {
	t.Helper()
	const mm = 1e-3
	h := reference.Heat{
		K: func(p [3]float64) float64 { return heatSink.K([3]float64{p[0] / mm, p[1] / mm, p[2] / mm}) },
		Side: func(p [3]float64, axis int, sign float64) (q, film, ambient float64) {
			switch heatSinkPart([3]float64{p[0] / mm, p[1] / mm, p[2] / mm}, axis, sign) {
			case "air":
				return 0, 100, 0
			case "chip":
				return 2e5, 0, 0
			}
			return 0, 0, 0
		},
	}
	for d, ticks := range heatSink.Ticks {
		for _, v := range reference.Span(size, ticks...) {
			h.Ticks[d] = append(h.Ticks[d], v*mm)
		}
	}
	s, err := h.Solve()
	if err != nil {
		t.Fatal(err)
	}
	return s, h
}

// bodyRun runs a problem file and opens the run.
func bodyRun(t *testing.T, name string, args ...string) *file.Solution {
	t.Helper()
	dir := os.Getenv("CRUX_RUN") // of a run that is there
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "run")
		var out, said strings.Builder
		args = append([]string{"solve", filepath.Join(bodies, name+".yaml"), "--out", dir}, args...)
		if code := Run(context.Background(), args, Streams{Out: &out, Err: &said}); code != 0 {
			t.Fatalf("exit %d: %s", code, said.String())
		}
		t.Log(out.String())
	}
	s, err := file.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// values are those of an expression at points.
func values(t *testing.T, s *file.Solution, text string, points [][3]float64) []float64 {
	t.Helper()
	f, err := s.Function(text, s.Coords...)
	if err != nil {
		t.Fatal(err)
	}
	var at []float64
	for _, p := range points {
		at = append(at, p[:len(s.Coords)]...)
	}
	v, err := f.Eval(nil, at)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestHeatSink(t *testing.T) {
	coarse, grid := cooled(t, 1)
	fine, err := grid.Refined().Solve()
	if err != nil {
		t.Fatal(err)
	}
	rise := slices.Max(fine.Values)
	fmt.Println("own", coarse.Beside(fine)/rise, "rise", rise, "least", slices.Min(fine.Values))
	s := bodyRun(t, "heatsink")
	u := values(t, s, "T", fine.Centres)
	worst, sum, all := 0.0, 0.0, 0.0
	for i, v := range u {
		worst = max(worst, math.Abs(v-25-fine.Values[i]))
		sum += (v - 25 - fine.Values[i]) * (v - 25 - fine.Values[i])
		all += fine.Values[i] * fine.Values[i]
	}
	fmt.Println("worst", worst/rise, "rms", math.Sqrt(sum/all))
}

// bracketBlocks are the bracket of testdata/shapes/bracket.dxf in millimetres: six blocks around the hole, and two legs. Curves have n elements.
func bracketBlocks(n int) []reference.Block {
	type point = [2]float64
	line := func(a, b point) func(s float64) point {
		return func(s float64) point { return point{a[0] + (b[0]-a[0])*s, a[1] + (b[1]-a[1])*s} }
	}
	arc := func(x, y, r, from, to float64) func(s float64) point {
		return func(s float64) point {
			a := (from + (to-from)*s) * math.Pi / 180
			return point{x + r*math.Cos(a), y + r*math.Sin(a)}
		}
	}
	var list []reference.Block
	for _, o := range []struct {
		outer func(s float64) point
		n     int
	}{
		{line(point{50, 0}, point{50, 40}), 2 * n},
		{arc(50, 50, 10, 270, 180), n},
		{line(point{40, 50}, point{0, 50}), 2 * n},
		{line(point{0, 50}, point{0, 10}), 2 * n},
		{arc(10, 10, 10, 180, 270), n},
		{line(point{10, 0}, point{50, 0}), 2 * n},
	} {
		list = append(list, reference.Block{At: func(s, t float64) [2]float64 {
			q := o.outer(t)
			r := math.Hypot(q[0]-20, q[1]-20)
			hole := point{20 + 8*(q[0]-20)/r, 20 + 8*(q[1]-20)/r}
			return line(hole, q)(s)
		}, Columns: 2 * n, Rows: o.n})
	}
	legs := [2]func(s, t float64) [2]float64{
		func(s, t float64) [2]float64 { return [2]float64{50 + 50*s, 40 * t} },
		func(s, t float64) [2]float64 { return [2]float64{40 * s, 50 + 50*t} },
	}
	return append(list, reference.Block{At: legs[0], Columns: 2 * n, Rows: 2 * n}, reference.Block{At: legs[1], Columns: 2 * n, Rows: 2 * n})
}

// bent is the bracket in newtons and millimetres, clamped above and loaded with 1 N/mm² downwards on the right.
func bent(n int) reference.Plate {
	return reference.Plate{
		E: 210e3, Nu: 0.3, Blocks: bracketBlocks(n),
		Held: func(p [2]float64) (x, y bool) { return p[1] > 100-1e-6, p[1] > 100-1e-6 },
		Pull: func(p [2]float64) (x, y float64) {
			if p[0] > 100-1e-6 {
				return 0, -1
			}
			return 0, 0
		},
	}
}

func TestBracket(t *testing.T) {
	for n := 2; n <= 16; n *= 2 {
		s, err := bent(n).Solve()
		if err != nil {
			t.Fatal(err)
		}
		peak, at, tip := 0.0, [2]float64{}, 0.0
		hole := 0.0
		top := 0.0
		for i, p := range s.Nodes {
			if math.Abs(math.Hypot(p[0]-50, p[1]-50)-10) < 1e-6 && s.Mises(i) > peak {
				peak, at = s.Mises(i), p
			}
			if math.Abs(math.Hypot(p[0]-20, p[1]-20)-8) < 1e-6 {
				hole = max(hole, s.Mises(i))
			}
			if p[0] > 100-1e-6 && p[1] > 40-1e-6 {
				tip = s.Moved[i][1]
			}
			if p[1] > 90 {
				top = max(top, s.Mises(i))
			}
		}
		fmt.Println(n, len(s.Nodes), "peak", peak, at, "hole", hole, "tip", tip, "top", top)
	}
}
