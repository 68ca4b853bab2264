package mesh

import (
	"math"
	"testing"

	"github.com/crux-pinn/crux/domain"
)

// measured is the volume of a mesh.
func measured(m *Mesh) float64 {
	sum, fact := 0.0, 1.0
	for i := 2; i <= m.Dim; i++ {
		fact *= float64(i)
	}
	for c := 0; c < len(m.Cells); c += m.Dim + 1 {
		sum += m.volume(m.Cells[c:c+m.Dim+1]) / fact
	}
	return sum
}

func square(n int) [][]float64 { return [][]float64{domain.Ticks(-1, 1, n), domain.Ticks(-1, 1, n)} }

// norm is the length of a vector.
func norm(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v * v
	}
	return math.Sqrt(s)
}

// What is covered has the volume of the domain, and all cells are positively oriented.
func TestVolume(t *testing.T) {
	cube := append(square(21), domain.Ticks(-1, 1, 21))
	ring := func(x []float64) float64 { return math.Max(norm(x)-0.9, 0.4-norm(x)) }
	for _, c := range []struct {
		name     string
		ticks    [][]float64
		distance func([]float64) float64
		want     float64
		within   float64
	}{
		{"interval", [][]float64{domain.Ticks(-1, 1, 21)}, func(x []float64) float64 { return math.Abs(x[0]-0.2) - 0.47 }, 0.94, 1e-10},
		{"square", square(21), nil, 4, 1e-12},
		{"half plane", square(21), func(x []float64) float64 { return x[0] + 0.3*x[1] - 0.05 }, 2.1, 1e-9},
		{"ring", square(81), ring, math.Pi * (0.81 - 0.16), 2e-3},
		{"shell", cube, ring, 4 * math.Pi / 3 * (0.729 - 0.064), 0.03},
		{"half space", cube, func(x []float64) float64 { return x[0] + x[1]/2 - x[2]/3 }, 4, 1e-9},
		{"nothing", square(5), func([]float64) float64 { return 1 }, 0, 0},
	} {
		m := New(c.ticks, c.distance)
		if v := measured(m); math.Abs(v-c.want) > c.within {
			t.Errorf("%s: volume %v, want %v", c.name, v, c.want)
		}
		for k := 0; k < len(m.Cells); k += m.Dim + 1 {
			if m.volume(m.Cells[k:k+m.Dim+1]) <= 0 {
				t.Fatalf("%s: cell %d is turned around", c.name, k)
			}
		}
	}
}

// Every node is inside, none is without a cell, and the outline is that of the domain: neighbours agree about their faces.
func TestRing(t *testing.T) {
	distance := func(x []float64) float64 { return math.Max(norm(x)-0.9, 0.4-norm(x)) }
	for _, ticks := range [][][]float64{square(41), append(square(15), domain.Ticks(-1, 1, 15))} {
		m := New(ticks, distance)
		used := make([]bool, m.Len())
		for _, i := range m.Cells {
			used[i] = true
		}
		for i := range m.Len() {
			if d := distance(m.Node(i)); d > 1e-9 || !used[i] {
				t.Fatalf("%d-D: node %v at distance %v, used: %v", m.Dim, m.Node(i), d, used[i])
			}
		}
		for _, i := range m.Boundary() {
			if d := distance(m.Node(i)); math.Abs(d) > 1e-4 {
				t.Fatalf("%d-D: node %v of the outline at distance %v", m.Dim, m.Node(i), d)
			}
		}
	}
	m := New(square(41), distance)
	length := 0.0
	for b := m.Boundary(); len(b) > 0; b = b[2:] {
		p, q := m.Node(b[0]), m.Node(b[1])
		length += math.Hypot(p[0]-q[0], p[1]-q[1])
	}
	if want := 2 * math.Pi * 1.3; math.Abs(length-want) > 0.01*want {
		t.Errorf("outline of %v, want %v", length, want)
	}
}

func TestTicks(t *testing.T) {
	if x := domain.Ticks(0, 1, 1); x[0] != 0.5 {
		t.Errorf("one tick at %v", x[0])
	}
	if x := domain.Ticks(0.1, 0.7, 7); len(x) != 7 || x[0] != 0.1 || x[6] != 0.7 {
		t.Errorf("seven ticks %v", x)
	}
}
