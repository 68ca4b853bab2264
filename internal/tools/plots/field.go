package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/picture"
	ph "github.com/crux-pinn/crux/placeholder"
)

// field draws a field of a solved run over two coordinates: the field on the left, the decimal logarithm of its absolute error on
// the right.
func field(args []string) error {
	f := flag.NewFlagSet("field", flag.ExitOnError)
	run := f.String("run", "", "directory of the solved run")
	xName := f.String("x", "x", "coordinate drawn to the right")
	yName := f.String("y", "y", "coordinate drawn upwards")
	name := f.String("field", "u", "field to draw")
	out := f.String("o", "", "PNG file to write")
	if err := f.Parse(args); err != nil {
		return err
	}
	x, y := ph.Coords2(*xName, *yName)
	points, err := domain.ReadNPZ(filepath.Join(*run, "solution.npz"), x, y)
	if err != nil {
		return err
	}
	cloud, err := points.Draw(nil)
	if err != nil {
		return err
	}
	u, e := cloud.Columns[*name], cloud.Columns[*name+"_error"]
	if u == nil || e == nil {
		return fmt.Errorf("the run has no field %q with an error; it has %v", *name, points.Columns())
	}
	logs := column(len(e), func(i int) float64 { return math.Log10(math.Max(math.Abs(e[i]), 1e-16)) })
	left, errLeft := panel(*name, cloud, u)
	right, errRight := panel("log10 of its error", cloud, logs)
	if err := errors.Join(errLeft, errRight); err != nil {
		return err
	}
	l, r := left.Bounds(), right.Bounds()
	both := image.NewRGBA(image.Rect(0, 0, l.Dx()+r.Dx(), max(l.Dy(), r.Dy())))
	draw.Draw(both, both.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(both, l, left, l.Min, draw.Src)
	draw.Draw(both, r.Add(image.Pt(l.Dx(), 0)), right, r.Min, draw.Src)
	file, err := os.Create(*out)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(file, both), file.Close())
}

// panel is a heatmap of values on a regular grid, the second coordinate upwards.
func panel(title string, c *domain.Cloud, v []float64) (image.Image, error) {
	ticks := func(k int) []float64 {
		t := column(c.Len(), func(i int) float64 { return c.Row(i)[k] })
		slices.Sort(t)
		return slices.Compact(t)
	}
	xs, ys := ticks(0), ticks(1)
	if len(xs)*len(ys) != len(v) {
		return nil, fmt.Errorf("%d values do not form a grid of %d×%d", len(v), len(xs), len(ys))
	}
	m := &picture.Heatmap{Title: title, Rows: len(ys), Columns: len(xs), Values: make([]float64, len(v))}
	for k := range v {
		i, _ := slices.BinarySearch(xs, c.Row(k)[0])
		j, _ := slices.BinarySearch(ys, c.Row(k)[1])
		m.Values[(len(ys)-1-j)*len(xs)+i] = v[k]
	}
	data, _, _, err := m.PNG()
	if err != nil {
		return nil, err
	}
	return png.Decode(bytes.NewReader(data))
}
