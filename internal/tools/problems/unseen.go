package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/crux-pinn/crux/internal/report"
)

// formulae is the folder of the problems that no default was made for.
const formulae = "testdata/unseen"

var unseenPage = &page{head: unseenHead, tail: func(rows) string { return unseenTail }, file: "docs/results/unseen.md", of: formulae, row: unseenRow}

// unseenHead is the page on problems that are written from the formula alone, up to its table.
const unseenHead = `# Problems that were not seen

Made by ` + "`go -C internal/tools run ./problems -unseen`" + `: every file of testdata/unseen solved by ` + "`crux solve FILE`" + `, one seed, on two cores.
The files hold what a textbook holds: coordinates, the equation, its conditions, and the closed form against which the
error is measured. They choose no optimiser, no weight, no network beyond ` + "`net: mlp`" + ` and no output transform; two say how many points. A test
puts the closed forms into the equations and conditions. The budget of each is 60 s.

How unseen they are: ` + "`burgers2d`, `kepler`, `minimal_surface`" + ` and ` + "`telegraph`" + ` were written when all defaults had been chosen, and their rows
are of the first run that was made of them. Defaults (points, width, warm-up, what is built in and how) were chosen while the others were
looked at, though none for one of them alone. Six of these, ` + "`bratu`, `burgers_front`, `liouville`, `nagumo`, `rotation`" + ` and ` + "`wave2d`" + `, were
unseen once: their first runs ended between 1.7e-14 and 4.7e-6. So was ` + "`insulated_hole`" + `, whose first run ended at 3.7e-3, which is why
values on sides that meet in a corner of a shape are no longer built in by default.

Errors are relative L2 errors on a grid of 101 points per axis, with the largest absolute error in brackets, or values of
parameters; p99 is the 99th percentile of the residual's absolute value at the points of the last step. "built in" are the conditions that the
network satisfies exactly, "chosen" is what ` + "`optimizer: auto`" + ` said. "commit" is the state that was measured, + with changes not committed.

| problem | error | built in | residual p99 | time | steps | parameters | chosen | ended | commit |
|---|---|---|---|---|---|---|---|---|---|
`

// unseenTail is what else is known of these files.
const unseenTail = `
## Conditions built in, or trained

[evidence.md](evidence.md#boundary-and-initial-conditions) compares the two, over three seeds and with everything else equal.

That initial data fade where they are built in matters: with the initial profile in u at all times ` + "`sine_gordon`" + ` ended in a wrong solution,
errors 2.3 and 2.4 for seeds 1 and 2; ` + "`onset: 0.3`" + ` gave 8.0e-5, 0.03 and 1 gave 2.4 and 2.3 (seed 1, 40 s). ` + "`heat2d`" + ` had 9.5e-9,
` + "`klein_gordon`" + ` 3.1e-11 without it.
`

// unseenRow solves a problem once, and shows what was chosen for it.
func unseenRow(b *binary, name, file string, f flags) ([]string, error) {
	o := &report.Report{}
	if _, err := b.solve(o, file, f, "--out", filepath.Join(b.dir, name)); err != nil {
		return nil, err
	}
	var exact []string
	for _, e := range o.Exact {
		exact = append(exact, e.Constraint)
	}
	if exact == nil {
		exact = []string{"–"}
	}
	return []string{
		errorsOf(o), strings.Join(exact, ", "), residuals(o), fmt.Sprintf("%.0f s", o.Seconds), fmt.Sprint(o.Steps), fmt.Sprint(o.Parameters), chosen(o.Choices), o.Status, b.commit,
	}, nil
}
