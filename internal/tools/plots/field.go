package main

import (
	"errors"
	"flag"
	"fmt"
	"image"
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
	pixel := f.Int("pixel", 4, "pixels for each grid point")
	if err := f.Parse(args); err != nil {
		return err
	}
	return draw(*run, *xName, *yName, *name, *out, *pixel)
}

func draw(run, xName, yName, field, out string, pixel int) error {
	x, y := ph.Coords2(xName, yName)
	points, err := domain.ReadNPZ(filepath.Join(run, "solution.npz"), x, y)
	if err != nil {
		return err
	}
	cloud, err := points.Draw(nil)
	if err != nil {
		return err
	}
	u, e := cloud.Columns[field], cloud.Columns[field+"_error"]
	if u == nil || e == nil {
		return fmt.Errorf("the run has no field %q with an error; it has %v", field, points.Columns())
	}
	logError := make([]float64, len(e))
	for i, v := range e {
		logError[i] = math.Log10(math.Max(math.Abs(v), 1e-16))
	}
	left, err := panel(cloud, u, pixel)
	if err != nil {
		return err
	}
	right, err := panel(cloud, logError, pixel)
	if err != nil {
		return err
	}
	const gap = 12
	b := left.Bounds()
	all := image.NewRGBA(image.Rect(0, 0, 2*b.Dx()+gap, b.Dy()))
	for i := range all.Pix {
		all.Pix[i] = 255
	}
	for j := range b.Dy() {
		for i := range b.Dx() {
			all.Set(i, j, left.At(i, j))
			all.Set(i+b.Dx()+gap, j, right.At(i, j))
		}
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	return errors.Join(png.Encode(f, all), f.Close())
}

// panel colours values on a regular grid, the second coordinate upwards.
func panel(c *domain.Cloud, v []float64, pixel int) (*image.RGBA, error) {
	ticks := func(k int) []float64 {
		var t []float64
		for i := range c.Len() {
			t = append(t, c.Row(i)[k])
		}
		slices.Sort(t)
		return slices.Compact(t)
	}
	xs, ys := ticks(0), ticks(1)
	if len(xs)*len(ys) != len(v) {
		return nil, fmt.Errorf("%d values do not form a grid of %d×%d", len(v), len(xs), len(ys))
	}
	lo, hi := slices.Min(v), slices.Max(v)
	img := image.NewRGBA(image.Rect(0, 0, len(xs)*pixel, len(ys)*pixel))
	for k := range v {
		i, _ := slices.BinarySearch(xs, c.Row(k)[0])
		j, _ := slices.BinarySearch(ys, c.Row(k)[1])
		col := picture.Viridis((v[k] - lo) / math.Max(hi-lo, 1e-300))
		for a := range pixel {
			for b := range pixel {
				img.SetRGBA(i*pixel+a, (len(ys)-1-j)*pixel+b, col)
			}
		}
	}
	return img, nil
}
