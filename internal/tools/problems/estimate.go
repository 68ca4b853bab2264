package main

import (
	"fmt"
	"math"
	"strconv"

	"github.com/crux-pinn/crux/internal/report"
)

// estimateBudget is the time for which a problem is trained, to learn how many steps that is.
const estimateBudget = "budget=8s"

// estimates solves a problem, and again as far as 10, 30 and 60 % of the steps that took; there is a row for each number that is estimated and known.
func estimates(b *binary, file string, _ []string) (list [][]string, err error) {
	whole := &report.Report{}
	if _, err := b.solve(whole, file, "--set", estimateBudget); err != nil {
		return nil, err
	}
	for _, percent := range []int{10, 30, 60} {
		o := &report.Report{}
		if _, err := b.solve(o, file, "--steps", strconv.Itoa(max(1, whole.Steps*percent/100))); err != nil {
			return nil, err
		}
		list = append(list, pairs(o)...)
	}
	return append(list, pairs(whole)...), nil
}

// pairs are the estimated errors of a run beside the true ones, all at most 1. True ones that are no more than rounding are left out.
func pairs(o *report.Report) (list [][]string) {
	for _, e := range o.Estimate {
		truth, known := o.Number(e.Name + ".error")
		if !known || !(truth >= 1e-12) {
			continue
		}
		truth = min(truth, 1)
		list = append(list, []string{
			strconv.Itoa(o.Steps), e.Name, fmt.Sprintf("%.1e", e.Value), fmt.Sprintf("%.1e", truth), fmt.Sprintf("%.2g", e.Value/truth),
		})
	}
	return list
}

// nearTruth says how many estimates are good ones.
func nearTruth(_ string, all rows) string {
	var known, small, near int
	for _, of := range all {
		for _, cells := range of {
			quotient, err := strconv.ParseFloat(cells[len(cells)-1], 64)
			if err != nil || math.IsNaN(quotient) {
				continue
			}
			known++
			if quotient < 1.0/3 {
				small++
			}
			if quotient >= 1.0/30 && quotient <= 30 {
				near++
			}
		}
	}
	return fmt.Sprintf("Of %d pairs %d estimates are more than 3 times too small, and %d lie within a factor of 30.\n", known, small, near)
}
