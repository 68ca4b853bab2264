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
	"time"

	"github.com/crux-pinn/crux/crux/file"
	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/files/stl"
	"github.com/crux-pinn/crux/internal/reference"
)

const bodies = "../../testdata/bodies"

// heatSink is the body of heatsink.yaml in millimetres: a plate of copper, a pad and a plate of aluminium with three fins.
var heatSink = reference.Heat{
	Ticks: [3][]float64{{0, 4, 13, 17, 26, 30}, {0, 30}, {0, 2, 3, 6, 18}},
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
	if axis == 2 && p[2] == 0 {
		return "base"
	}
	return "air"
}

// The STL file of the heat sink is what is made here; go test -rewrite writes it.
func TestHeatSinkFile(t *testing.T) {
	var solids []stl.Solid
	for _, name := range []string{"base", "air"} {
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
	kept(t, "heatsink.stl", b.Bytes())
}

// cooled is the heat sink of heatsink.yaml, in metres and kelvins above the air, by finite volumes in cells of a size in millimetres.
func cooled(t *testing.T, size float64) (*reference.Temperature, reference.Heat) {
	t.Helper()
	const mm = 1e-3
	inMM := func(p [3]float64) [3]float64 { return [3]float64{p[0] / mm, p[1] / mm, p[2] / mm} }
	h := reference.Heat{
		K: func(p [3]float64) float64 { return heatSink.K(inMM(p)) },
		Side: func(p [3]float64, axis int, sign float64) (q, film, ambient float64) {
			if heatSinkPart(inMM(p), axis, sign) == "base" {
				return 0, math.Inf(1), 60
			}
			return 0, 100, 0
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

// strap is the quarter of strap.yaml in newtons and millimetres, in n² elements on each side of the corner.
func strap(n int) reference.Plate {
	const hole, length, height = 8, 50, 20
	part := func(from, to [2]float64, a, b float64) reference.Block { // between the hole, from angle a to b, and a line
		return reference.Block{At: func(s, t float64) [2]float64 {
			angle := a + (b-a)*t
			in := [2]float64{hole * math.Cos(angle), hole * math.Sin(angle)}
			out := [2]float64{from[0] + (to[0]-from[0])*t, from[1] + (to[1]-from[1])*t}
			return [2]float64{in[0] + (out[0]-in[0])*s, in[1] + (out[1]-in[1])*s}
		}, Columns: n, Rows: n}
	}
	corner := [2]float64{height, height}
	return reference.Plate{
		E: 210e3, Nu: 0.3,
		Blocks: []reference.Block{
			part([2]float64{height, 0}, corner, 0, math.Pi/4),
			part(corner, [2]float64{0, height}, math.Pi/4, math.Pi/2),
			{At: func(s, t float64) [2]float64 { return [2]float64{height + (length-height)*s, height * t} }, Columns: n, Rows: n},
		},
		Held: func(p [2]float64) (x, y bool) { return p[0] < 1e-6, p[1] < 1e-6 },
		Pull: func(p [2]float64) (x, y float64) {
			if p[0] > length-1e-6 {
				return 1, 0
			}
			return 0, 0
		},
	}
}

// The drawing of the strap is what is made here; go test -rewrite writes it.
func TestStrapFile(t *testing.T) {
	line := func(layer string, x0, y0, x1, y1 float64) string {
		return fmt.Sprintf("0\nLINE\n8\n%s\n10\n%v\n20\n%v\n11\n%v\n21\n%v\n", layer, x0, y0, x1, y1)
	}
	kept(t, "strap.dxf", []byte("0\nSECTION\n2\nENTITIES\n"+
		line("below", 8, 0, 50, 0)+line("load", 50, 0, 50, 20)+line("free", 50, 20, 0, 20)+line("middle", 0, 20, 0, 8)+
		"0\nARC\n8\nfree\n10\n0\n20\n0\n40\n8\n50\n0\n51\n90\n0\nENDSEC\n0\nEOF\n"))
}

// kept compares a file of testdata/bodies with what is made, or writes it.
func kept(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join(bodies, name)
	if *cases.Rewrite {
		if err := os.WriteFile(path, want, 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, want) {
		t.Errorf("%s is not what go test ./internal/cli -run %s -rewrite writes: %v", path, t.Name(), err)
	}
}

// body is a problem of testdata/bodies with a way to see how far a solution is off.
type body struct {
	name  string
	quick []string // settings with which it is solved in seconds, and the error that may then be left
	left  float64
	most  float64 // after its own budget
	off   func(t *testing.T, s *file.Solution) float64
}

// The heat sink is wanted to 1e-2. What it lacks is the level of the temperature in the fins: residuals are divided by k·T over the lengths of
// the body, beside which all that the fins lose is small.
var bodyList = []body{
	{"heatsink", []string{"optimizer=[{soap: {}, steps: 100}, {lm: {}, steps: 20}]", "fields.T.hidden=[10, 10]"}, 0.3, 1e-2, offHeatSink},
	{"strap", []string{"optimizer=[{soap: {lr: 0.01}, steps: 200}, {lm: {}, steps: 60}]"}, 0.1, 2e-2, offStrap},
	{"pipe", []string{"optimizer=[{lm: {}, steps: 12}]", "fields.T.hidden=[10, 10]"}, 0.1, 1e-2, offPipe},
}

// Bodies from files are solved, drawn, exported and reported, and agree with solutions on meshes. The tests solve them coarsely;
// make issues RUN=TestBodies solves them as they are stated.
func TestBodies(t *testing.T) {
	all := os.Getenv("CRUX_ISSUES") != ""
	if testing.Short() && !all {
		t.Skip("trains")
	}
	for _, b := range bodyList {
		t.Run(b.name, func(t *testing.T) {
			path, err := filepath.Abs(filepath.Join(bodies, b.name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			t.Chdir(t.TempDir())
			run := func(args ...string) string {
				var out, said strings.Builder
				code := Run(context.Background(), args, Streams{Out: &out, Err: &said})
				if tried := args[0] == "solve" && !all && slices.Contains([]int{exitInaccurate, exitUnsolved}, code); code != exitOK && !tried {
					t.Errorf("%q: exit %d: %s", args, code, said.String())
				}
				return out.String()
			}
			args, most := []string{"solve", path, "--out", "run"}, b.most
			if !all {
				most = b.left
				args = append(args, "--set", "budget=1h")
				for _, set := range b.quick {
					args = append(args, "--set", set)
				}
			}
			began := time.Now()
			printed := run(args...)
			s, err := file.Open("run")
			if err != nil {
				t.Fatal(err)
			}
			off := b.off(t, s)
			if all {
				fmt.Printf("%s: off by %.1e after %.0f s\n%s", b.name, off, time.Since(began).Seconds(), printed)
			}
			if !(off <= most) {
				t.Errorf("off by %.2g, at most %v is right", off, most)
			}
			if b.name != "pipe" && !all {
				return // drawn once
			}
			run("plot", path)
			run("plot", "run", "--what", "solution")
			run("export", "run", "--grid", "11")
			run("report", "run")
			wanted := []string{b.name + "-domain.png", "run/plots/solution*.png", "run/export/*.vtu", "run/report.html"}
			if len(s.Coords) == 3 {
				wanted = append(wanted, b.name+"-domain.vtp")
			}
			for _, pattern := range wanted {
				if files, err := filepath.Glob(pattern); err != nil || len(files) == 0 {
					t.Errorf("%s: no such file, %v", pattern, err)
				}
			}
		})
	}
}

// offHeatSink is the root mean square of the difference from finite volumes, as a part of the largest rise. How far these are off themselves
// shows beside a finer grid.
func offHeatSink(t *testing.T, s *file.Solution) float64 {
	const rise = 60
	mesh, grid := cooled(t, 1)
	if os.Getenv("CRUX_ISSUES") != "" {
		fine, err := grid.Refined().Solve()
		if err != nil {
			t.Fatal(err)
		}
		typical, largest := mesh.Beside(fine)
		if fmt.Printf("finite volumes: %d cells, off by %.1e, at most %.1e\n", len(mesh.Values), typical/rise, largest/rise); typical > 3e-3*rise {
			t.Errorf("the mesh is off by %v", typical/rise)
		}
		mesh = fine
	}
	sum := 0.0
	for i, v := range values(t, s, "T", mesh.Centres) {
		sum += math.Pow(v-20-mesh.Values[i], 2)
	}
	return math.Sqrt(sum/float64(len(mesh.Values))) / rise
}

// offStrap is the largest difference of von Mises' stress from finite elements, as a part of the largest one, beside the hole.
func offStrap(t *testing.T, s *file.Solution) float64 {
	var peaks []float64
	var fine *reference.Stress
	for _, n := range []int{8, 16} {
		var err error
		if fine, err = strap(n).Solve(); err != nil {
			t.Fatal(err)
		}
		peak := 0.0
		for i := range fine.Nodes {
			peak = max(peak, fine.Mises(i))
		}
		peaks = append(peaks, peak)
	}
	if own := math.Abs(peaks[0]/peaks[1] - 1); own > 3e-3 {
		t.Errorf("the mesh is off by %v: %v", own, peaks)
	}
	var at [][3]float64
	for _, p := range fine.Nodes {
		at = append(at, [3]float64{p[0] / 1000, p[1] / 1000})
	}
	worst := 0.0
	for i, v := range values(t, s, "mises", at) {
		worst = max(worst, math.Abs(v/1e6-fine.Mises(i))/peaks[1])
	}
	return worst
}

// offPipe is the largest difference from the temperature in a part of a ring, as a part of that between the ends.
func offPipe(t *testing.T, s *file.Solution) float64 {
	var at [][3]float64
	var want []float64
	for i := range 40 {
		for _, r := range []float64{-0.25, 0.25} {
			angle := math.Pi / 2 * (float64(i) + 0.5) / 40
			at = append(at, [3]float64{(1 + r) * math.Cos(angle), (1 + r) * math.Sin(angle), 0})
			want = append(want, 80-60*(float64(i)+0.5)/40)
		}
	}
	worst := 0.0
	for i, v := range values(t, s, "T", at) {
		worst = max(worst, math.Abs(v-want[i])/60)
	}
	return worst
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
