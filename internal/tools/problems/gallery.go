package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// exhibit is a problem of the gallery.
type exhibit struct{ name, expr, says string }

// exhibits are those of docs/gallery.md and the README, in their order.
var exhibits = []exhibit{
	{"burgers1d", "u", "a wave that steepens into a shock"},
	{"kovasznay", "u", "Navier–Stokes flow behind a grid"},
	{"perforated_poisson", "u", "a plate with four holes that give off heat"},
	{"lshape", "u", "a corner with an infinite gradient"},
	{"fokker_planck2d", "p", "a density whose integral is known"},
	{"allen_cahn2d", "u", "a phase field that decays, at three times"},
	{"inverse_field", "k", "an unknown conductivity from 50 values"},
	{"black_scholes", "c", "the price of a call, at any volatility"},
	{"poisson2d", "u", "the first example"},
	{"inverse_burgers", "u", "both coefficients of an equation from scattered data"},
	{"lotka_volterra", "r", "prey over four cycles"},
	{"volterra", "y", "an integral in the equation"},
}

const (
	exhibition = "docs/gallery" // folder of the pictures
	perRow     = 4              // of the README
)

// showGallery solves the problems that are wanted, draws them, and writes the tables of both pages: errors and times are those of the page
// on accuracy, medians of three seeds.
func showGallery(only string) error {
	var names []string
	for _, x := range exhibits {
		names = append(names, x.name)
	}
	wanted, err := chosen(names, only)
	if err != nil {
		return err
	}
	b, err := build()
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir) //nolint:errcheck // temporary
	for _, x := range exhibits {
		if slices.Contains(wanted, x.name) {
			if err := b.draw(x); err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
		}
	}
	all, err := pages["accuracy"].read()
	if err != nil {
		return err
	}
	return writeGallery(all)
}

// writeGallery writes the tables of both pages.
func writeGallery(all rows) error {
	for page, made := range map[string]func(rows) string{"docs/gallery.md": hung, "README.md": tiled} {
		if err := checkout.Rewrite(page, func(command, old string) string {
			if command != "make gallery" {
				return old
			}
			return made(all)
		}); err != nil {
			return err
		}
	}
	return nil
}

// draw solves a problem as its file says and draws it.
func (b *binary) draw(x exhibit) error {
	var r report.Report
	if _, err := b.solve(&r, filepath.Join(shipped, x.name+".yaml")); err != nil {
		return err
	}
	out, err := exec.Command(b.path, "plot", filepath.Join(b.dir, "run"), "--expr", x.expr, "--dpi", "100", "-o",
		filepath.Join(exhibition, x.name+".png")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	fmt.Printf("%s: %s\n", x.name, r.Verdict)
	return nil
}

// median is a cell of the page on accuracy without the smallest and the largest value.
func median(cell string) string {
	return regexp.MustCompile(` \([^)]*\)`).ReplaceAllString(cell, "")
}

// hung is the table of the gallery.
func hung(all rows) string {
	text := "| picture | problem | relative error | time |\n|---|---|---|---|\n"
	for _, x := range exhibits {
		r := all[x.name][0]
		text += fmt.Sprintf("| ![%s](gallery/%s.png) | [%s](../%s/%s.yaml): %s | %s | %s |\n", x.says, x.name, x.name, shipped, x.name, x.says,
			median(r[3]), median(r[6]))
	}
	return text
}

// tiled are the pictures of the README, some in a row.
func tiled(all rows) string {
	text := strings.Repeat("| ", perRow) + "|\n" + strings.Repeat("|---", perRow) + "|\n"
	for i := 0; i < len(exhibits); i += perRow {
		var pictures, words string
		for _, x := range exhibits[i:min(i+perRow, len(exhibits))] {
			r := all[x.name][0]
			pictures += fmt.Sprintf("| ![%s](%s/%s.png) ", x.says, exhibition, x.name)
			words += fmt.Sprintf("| [%s](%s/%s.yaml): %s, %s ", x.says, shipped, x.name, median(r[3]), median(r[6]))
		}
		text += pictures + "|\n" + words + "|\n"
	}
	return text
}
