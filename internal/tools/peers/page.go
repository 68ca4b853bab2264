package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// racesPage is the page with the races.
const racesPage = "docs/results/peers_accuracy.md"

// accuracy runs the races and prints the tables; it writes them into the page too when all problems were solved as they ship.
func (c config) accuracy(budget time.Duration) error {
	commit, err := checkout.Commit("*.py", "testdata/problems")
	if err != nil {
		return err
	}
	all, err := c.toErrors(budget)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Measured at commit %s on %s/%s, %d threads, %s, on %s.\n", commit, runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0),
		processor(), time.Now().UTC().Format("2 January 2006"))
	writeRaces(&b, all)
	fmt.Print(b.String())
	if budget > 0 || len(all) < len(races) || len(c.sets) > 0 {
		return nil
	}
	return checkout.Rewrite(racesPage, func(string, string) string { return b.String() })
}

// writeRaces writes the tables.
func writeRaces(w io.Writer, all []*outcome) {
	fmt.Fprint(w, `
## The time to what a peer reaches

The best error of the peer within its budget, when it was first reached, and when crux first had it. The ratio is the time of the peer over
that of crux.

| problem | peer | time | its best error | after | crux has it after | ratio | asked | ratio with start-up | start-up, peer | start-up, crux | steps of the peer |
|---|---|---|---|---|---|---|---|---|---|---|---|
`)
	for _, o := range all {
		for _, t := range o.theirs {
			b := t.best()
			ours := o.ours.reaches(b.err)
			fmt.Fprintf(w, "| %s | %s | %g s | %.1e | %s | %s | %s | ≥ %g | %s | %.1f s | %.2f s | %d: %s |\n", o.name, t.peer,
				o.budget.Seconds(), b.err,
				seconds(b.seconds), seconds(ours), over(b.seconds, ours), t.target, over(b.seconds+t.Startup, ours+o.ours.Startup),
				t.Startup, o.ours.Startup, t.Steps, t.How)
		}
	}
	fmt.Fprint(w, "\n| problem | crux at its end | after | steps | how |\n|---|---|---|---|---|\n")
	for _, o := range all {
		end := o.ours.last()
		fmt.Fprintf(w, "| %s | %.1e | %s | %d | %s; ended: %s |\n", o.name, end.err, seconds(end.seconds), o.ours.Steps,
			strings.ReplaceAll(o.ours.How, "|", "/"), o.ours.Ended)
	}
	fmt.Fprint(w, "\n## The time to each power of ten\n\nSeconds of training until the error is first that small; – where it never was.\n")
	for _, o := range all {
		fmt.Fprintf(w, "\n| %s | crux |", o.name)
		for _, t := range o.theirs {
			fmt.Fprintf(w, " %s |", t.peer)
		}
		fmt.Fprintf(w, "\n%s\n", strings.Repeat("|---", 2+len(o.theirs))+"|")
		for _, e := range o.levels() {
			fmt.Fprintf(w, "| %.0e | %s |", e, seconds(o.ours.reaches(e)))
			for _, t := range o.theirs {
				fmt.Fprintf(w, " %s |", seconds(t.reaches(e)))
			}
			fmt.Fprintln(w)
		}
	}
}

func seconds(t float64) string {
	if math.IsInf(t, 1) {
		return "–"
	}
	return fmt.Sprintf("%.2f s", t)
}

// over is a ratio of times; nothing where crux never got there.
func over(theirs, ours float64) string {
	if math.IsInf(ours, 1) {
		return "crux did not"
	}
	return fmt.Sprintf("%.1f", theirs/ours)
}
