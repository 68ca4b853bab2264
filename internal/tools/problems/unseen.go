package main

import (
	"fmt"
	"strings"

	"github.com/crux-pinn/crux/internal/report"
)

// unseen solves a problem once, and shows what was chosen for it.
func unseen(b *binary, file string, _ []string) ([][]string, error) {
	o := &report.Report{}
	if _, err := b.solve(o, file); err != nil {
		return nil, err
	}
	return [][]string{unseenRow(o, b.commit)}, nil
}

func unseenRow(o *report.Report, commit string) []string {
	var errs, exact, p99 []string
	for _, f := range o.Errors {
		errs = append(errs, fmt.Sprintf("%s %.1e (max %.1e)", f.Name, f.Value.RelL2, f.Value.MaxAbs))
	}
	for _, p := range o.Params {
		errs = append(errs, fmt.Sprintf("%s = %.6g", p.Name, p.Value))
	}
	for _, e := range o.Exact {
		exact = append(exact, e.Constraint)
	}
	if exact == nil {
		exact = []string{"–"}
	}
	for _, c := range o.ResidualP99 {
		p99 = append(p99, fmt.Sprintf("%s %.1e", c.Name, c.Value))
	}
	return []string{
		strings.Join(errs, ", "), strings.Join(exact, ", "), strings.Join(p99, ", "), fmt.Sprintf("%.0f s", o.Seconds), fmt.Sprint(o.Steps),
		fmt.Sprint(o.Parameters), decided(o.Choices), o.Status, commit,
	}
}
