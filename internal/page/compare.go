package page

import (
	"html/template"
	"io"

	"github.com/crux-pinn/crux/internal/report"
)

// Comparison is a page of several runs side by side.
type Comparison struct {
	Title    string
	Runs     []Compared
	Settings [][]string // in which the runs differ: a name, and what each run has; "" for none
	Results  [][]string // likewise, as Text writes numbers
	Curves   []Group    // of all runs over each other
}

// Compared is one of the runs.
type Compared struct {
	Name   string
	Report *report.Report
}

// Write writes the page.
func (c *Comparison) Write(w io.Writer) error {
	curves, err := drawn(c.Curves, 0)
	if err != nil {
		return err
	}
	return write(w, "comparison", struct {
		*Comparison
		Style  template.CSS
		Curves []shown
	}{c, template.CSS(style), curves}) //nolint:gosec // it is ours
}

// Text is a number as pages have it, for one that a terminal has in a format of package fmt, or as a time where the format is "s".
func Text(x report.Number, format string) string {
	switch format {
	case "s":
		return took(x)
	case "%.6g":
		return num(x)
	}
	return sci(x)
}
