package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// accuracy runs the races and prints the page; it writes it too when all problems were solved as they ship.
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
	fmt.Fprintf(&b, pageHead, runtime.GOMAXPROCS(0))
	fmt.Fprintf(&b, "Measured at commit %s on %s/%s, %d threads, %s, on %s.\n", commit, runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), processor(), time.Now().UTC().Format("2 January 2006"))
	writeRaces(&b, all)
	fmt.Print(b.String())
	if budget > 0 || c.page == "" || len(all) < len(races) || len(c.sets) > 0 {
		return nil
	}
	return os.WriteFile(c.page, []byte(b.String()), 0o644)
}

const pageHead = `# Time to an error, beside others

Made by ` + "`make peers-accuracy`" + ` (` + "`go -C internal/tools run ./peers -accuracy`" + `), which takes about a quarter of an hour: one run in which crux, DeepXDE, jNO
and JAX solve the same three problems one after the other, never two at once, on a machine that does nothing else. All have %d
threads. One seed each.

## What is compared

- The equations of ` + "`poisson2d`, `burgers1d` and `helmholtz2d`" + `, with the same network (tanh, as many layers and parameters; it is checked), as many
  points as crux's file begins with, and the conditions built into the unknown for all. On Burgers crux draws more points by itself when it
  has fitted those it has; the peers solve it on 4000 as well.
- crux: the file as it ships (` + "`poisson2d_hard`" + ` for the first), as ` + "`crux solve testdata/problems/NAME.yaml`" + ` solves it, with its own optimiser
  and as long as it says. The peers train for a third of the time that the project allows the file, which the column *time* has.
- DeepXDE 1.15 on PyTorch: float64, Adam with 1e-3 and then L-BFGS, as its examples on Burgers and Poisson train. Adam has a quarter of the time.
- jNO 0.4.2 as its tutorials: float32, Adam with a rate that falls from 1e-3 to 1e-5 over the run. Its best: float64, Adam for a quarter of the
  time, then ` + "`jno.optimizers.ssbroyden`" + `, the quasi-Newton method that it brings; its page on training shows two such phases.
- JAX + SSBroyden: written and tuned by us after Urbán et al. 2025 and Kiyani et al. 2025, float64, one compiled program for each step: the
  forward Laplacian by hand, dense matrix, strong Wolfe search; on Burgers RAD draws new points every 500 steps.

The error is the relative L2 error on a grid of 101 × 101 points against the closed form (Burgers: Cole–Hopf), for all the same numbers. It is
found whenever the training time has grown by 2 %% and at its end; the clock stands meanwhile. Training time begins after importing, compiling
and choosing the fastest variant. *Start-up* is what comes before, and a compilation between two phases: it is not in the times, and
*with start-up* adds it to both sides.

`

// writeRaces writes the tables.
func writeRaces(w io.Writer, all []*outcome) {
	fmt.Fprint(w, `
## The time to what a peer reaches

The best error of the peer within its budget, when it was first reached, and when crux first had it. The ratio is the time of the peer over that of crux.

| problem | peer | time | its best error | after | crux has it after | ratio | asked | ratio with start-up | start-up, peer | start-up, crux | steps of the peer |
|---|---|---|---|---|---|---|---|---|---|---|---|
`)
	for _, o := range all {
		for _, t := range o.theirs {
			b := t.best()
			ours := o.ours.reaches(b.err)
			fmt.Fprintf(w, "| %s | %s | %g s | %.1e | %s | %s | %s | ≥ %g | %s | %.1f s | %.2f s | %d: %s |\n", o.name, t.peer, o.budget.Seconds(), b.err,
				seconds(b.seconds), seconds(ours), over(b.seconds, ours), t.target, over(b.seconds+t.Startup, ours+o.ours.Startup),
				t.Startup, o.ours.Startup, t.Steps, t.How)
		}
	}
	fmt.Fprint(w, "\n| problem | crux at its end | after | steps | how |\n|---|---|---|---|---|\n")
	for _, o := range all {
		end := o.ours.last()
		fmt.Fprintf(w, "| %s | %.1e | %s | %d | %s; ended: %s |\n", o.name, end.err, seconds(end.seconds), o.ours.Steps, strings.ReplaceAll(o.ours.How, "|", "/"), o.ours.Ended)
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
