package cli

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/problemfile"
	ph "github.com/crux-pinn/crux/placeholder"
)

// where is the set of points that the flags ask for.
func (f *evalFlags) where(p *problemfile.Problem) (*domain.Points, error) {
	switch {
	case f.points != "":
		on, err := readPoints(f.points, p)
		return on, fail(exitUsage, err)
	case len(f.at) > 0:
		on, err := pointsAt(f.at, p)
		return on, fail(exitUsage, err)
	case f.grid < 2:
		return nil, fail(exitUsage, fmt.Errorf("--grid %d; take 2 points per axis or more", f.grid))
	}
	if !f.asked {
		on := p.Sites()
		return on, fail(exitUsage, on.Err())
	}
	n, axes := f.grid, float64(len(p.Coords))
	const most = 1 << 26 // half a gigabyte for each column
	if math.Pow(float64(n), axes) > most {
		return nil, fail(exitUsage, fmt.Errorf("a grid of %d points along each of %d axes has more than %d points; take fewer with --grid", n,
			len(p.Coords), most))
	}
	on := p.Grid(n)
	return on, fail(exitUsage, on.Err())
}

// readPoints reads a file of points: a table, or the arrays of NumPy. It needs those coordinates of the problem that the expressions use,
// and passes over what else the file holds; a table without a header has all coordinates, in order.
func readPoints(path string, p *problemfile.Problem) (*domain.Points, error) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".npy":
		return domain.ReadNPY(path, nil, p.Coords...)
	case ".npz":
		arrays, err := npy.ReadZip(path)
		if err != nil {
			return nil, fmt.Errorf("--points %s: %w", path, err)
		}
		return domain.ReadNPZ(path, among(p.Coords, slices.Sorted(maps.Keys(arrays)))...)
	}
	table, err := domain.ReadTable(path)
	if err != nil {
		return nil, fmt.Errorf("--points: %w", ckpt.Cause(err))
	}
	if !table.Named() {
		var names []string
		for _, c := range p.Coords {
			names = append(names, c.Name())
		}
		if err := table.Name(names...); err != nil {
			return nil, fmt.Errorf("--points: %w; without a header they are the coordinates", err)
		}
	}
	coords := among(p.Coords, table.Columns())
	for _, g := range table.Gaps() {
		if slices.ContainsFunc(coords, func(c *ph.Coord) bool { return c.Name() == g.Column }) {
			return nil, fmt.Errorf("--points %s:%d:%d: no value of %s", path, g.Line, g.At, g.Column)
		}
	}
	on, err := table.Points(coords...)
	if err != nil {
		return nil, err
	}
	return on.Complete(), nil
}

// among are the coordinates that a file has; all if it has none, as the reader's error then names what is missing.
func among(coords []*ph.Coord, names []string) []*ph.Coord {
	list := slices.DeleteFunc(slices.Clone(coords), func(c *ph.Coord) bool { return !slices.Contains(names, c.Name()) })
	if len(list) == 0 {
		return coords
	}
	return list
}

// outside is a warning about points that do not lie in the domain, with the first of them; "" if all do. By rounding they may.
func outside(c *domain.Cloud, p *problemfile.Problem) string {
	n, first := 0, ""
	shape, _ := p.Domain().(interface{ Distance(x []float64) float64 })
	if !slices.Equal(c.Coords, p.Domain().Coords()) {
		shape = nil
	}
	for i := range c.Len() {
		why, place := "", ""
		for j, x := range c.Coords {
			lo, hi := p.Bounds(x)
			v, slack := c.Row(i)[j], 1e-9*(hi-lo)
			if place += fmt.Sprintf(", %s = %g", x.Name(), v); why == "" && (v < lo-slack || v > hi+slack) {
				why = fmt.Sprintf("%s = %g lies outside of [%g, %g]", x.Name(), v, lo, hi)
			}
		}
		if why == "" && shape != nil && shape.Distance(c.Row(i)) > 1e-9 {
			why = "a point lies outside of the shape"
		}
		if why == "" {
			continue
		}
		if n++; n == 1 {
			first = why
			if len(c.Coords) > 1 {
				first += ", at " + place[2:]
			}
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s, where nothing was trained: %d of %d points", first, n, c.Len())
}

// pointsAt reads points such as t=0.5,x=0.1. All of them name the same coordinates.
func pointsAt(texts []string, p *problemfile.Problem) (*domain.Points, error) {
	var coords []*ph.Coord
	var x []float64
	for i, text := range texts {
		at := map[string]float64{}
		for _, part := range strings.Split(text, ",") {
			name, value, ok := strings.Cut(part, "=")
			name = strings.TrimSpace(name)
			if !ok {
				return nil, fmt.Errorf("--at %s: %q is not of the form x=0.1", text, part)
			}
			if !slices.ContainsFunc(p.Coords, func(c *ph.Coord) bool { return c.Name() == name }) {
				return nil, fmt.Errorf("--at %s: %q is not a coordinate; there are %s", text, name, coordNames(p.Coords))
			}
			if _, twice := at[name]; twice {
				return nil, fmt.Errorf("--at %s: %s is given twice", text, name)
			}
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				return nil, fmt.Errorf("--at %s: %q is not a number", text, value)
			}
			at[name] = v
		}
		if i == 0 {
			for _, c := range p.Coords {
				if _, ok := at[c.Name()]; ok {
					coords = append(coords, c)
				}
			}
		}
		for _, c := range coords {
			v, ok := at[c.Name()]
			if !ok || len(at) != len(coords) {
				return nil, fmt.Errorf("--at %s: every point names the same coordinates, here %s", text, coordNames(coords))
			}
			x = append(x, v)
		}
	}
	on := domain.At(coords, x)
	return on, on.Err()
}

func coordNames(cs []*ph.Coord) string {
	names := make([]string, len(cs))
	for i, c := range cs {
		names[i] = c.Name()
	}
	return strings.Join(names, ", ")
}
