package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// formulae is the folder of the problems that no default was made for.
const formulae = "testdata/unseen"

func unseenPage() *page {
	return &page{head: unseenHead, file: "docs/unseen.md", of: formulae, row: unseenRow}
}

// unseenHead is the page on problems that are written from the formula alone, up to its table.
const unseenHead = `# Problems that were not seen

Made by ` + "`go run ./internal/problems -unseen`" + `: every file of testdata/unseen solved by ` + "`crux solve FILE`" + `, one seed, on two cores.
The files hold what a textbook holds: coordinates, the equation, its conditions, and the closed form against which the
error is measured. They choose no optimiser, no weight, no network beyond ` + "`net: mlp`" + `, no number of points and no output transform, and no default was
made for one of them alone. A test puts the closed forms into the equations and conditions. The budget of each is 60 s.

Errors are relative L2 errors on a grid of 101 points per axis, with the largest absolute error in brackets, or values of
parameters; p99 is the 99th percentile of the residual's absolute value at the points of the last step. "built in" are the conditions that the
network satisfies exactly, "chosen" is what ` + "`optimizer: auto`" + ` said. "commit" is the state that was measured, + with changes not committed.

| problem | error | built in | residual p99 | time | steps | parameters | chosen | ended | commit |
|---|---|---|---|---|---|---|---|---|---|
`

// unseenRow solves a problem once, and shows what was chosen for it.
func unseenRow(b *binary, name, file string, f flags) ([]string, error) {
	o := &outcome{}
	if err := b.solve(o, file, f, "--out", filepath.Join(b.dir, name)); err != nil {
		return nil, err
	}
	var exact []string
	for _, e := range o.Exact {
		exact = append(exact, e.Constraint)
	}
	if exact == nil {
		exact = []string{"–"}
	}
	chosen := strings.ReplaceAll(strings.Join(o.Choices, "; "), "|", "/")
	return []string{
		o.errors(), strings.Join(exact, ", "), o.residuals(), fmt.Sprintf("%.0f s", o.Seconds), fmt.Sprint(o.Steps), fmt.Sprint(o.Parameters), chosen, o.Status, b.commit,
	}, nil
}
