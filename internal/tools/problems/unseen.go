package main

import (
	"fmt"
	"strings"

	"github.com/crux-pinn/crux/internal/report"
)

// unseen solves a problem by default, which ends at an estimated error of 1e-6, and again as far as it goes.
func unseen(b *binary, file string, _ []string) ([][]string, error) {
	short, best := &report.Report{}, &report.Report{}
	if _, err := b.solve(short, file, "--set", "accuracy=auto"); err != nil {
		return nil, err
	}
	if _, err := b.solve(best, file); err != nil {
		return nil, err
	}
	return [][]string{unseenRow(short, best, b.commit)}, nil
}

func unseenRow(short, best *report.Report, commit string) []string {
	var exact, p99 []string
	for _, e := range best.Exact {
		exact = append(exact, e.Constraint)
	}
	if exact == nil {
		exact = []string{"–"}
	}
	for _, c := range best.ResidualP99 {
		p99 = append(p99, fmt.Sprintf("%s %.1e", c.Name, c.Value))
	}
	return []string{
		errorsOf(short), fmt.Sprintf("%.1f s", short.Seconds), string(short.Verdict), errorsOf(best), fmt.Sprintf("%.1f s",
			best.Seconds), fmt.Sprint(best.Steps),
		strings.Join(exact, ", "), strings.Join(p99, ", "), best.Status, commit,
	}
}

// errorsOf are the errors of fields, and the values of parameters.
func errorsOf(o *report.Report) string {
	var list []string
	for _, f := range o.Errors {
		list = append(list, fmt.Sprintf("%s %.1e", f.Name, f.Value.RelL2))
	}
	for _, p := range o.Params {
		list = append(list, fmt.Sprintf("%s = %.6g", p.Name, p.Value))
	}
	return strings.Join(list, ", ")
}
