package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// way is another way to solve a problem, which is tried when the way before has not come to a solution: a rung of the ladder. It only
// changes what the problem file leaves open, and the seed.
type way struct {
	name  string
	why   string
	sets  func(p *problemfile.Problem) []string // as of --set; none where it is not for this problem
	suits func(p *problemfile.Problem) bool
	cure  bool // it is another problem
	takes int  // so many windows of time from the way before
}

// changes reports whether a way is there for a problem.
func (w way) changes(p *problemfile.Problem) bool { return w.suits(p) && len(w.sets(p)) > 0 }

// ladder has the ways in the order in which they are tried.
var ladder = []way{
	{name: "10 windows of time", why: whyWindows, sets: equalWindows(10), suits: ofTime},
	{name: "20 windows of time", why: whyWindows, sets: equalWindows(20), suits: ofTimeAndMore},
	{
		name: "windows that grow", why: "what is fast at first and slow later needs short windows at the beginning",
		sets: func(p *problemfile.Problem) []string {
			lo, hi := p.Bounds(p.Time)
			// decades for an initial layer that may be thousands of times shorter than the axis, and then thirds of it
			var times []float64
			for _, share := range []float64{1e-4, 1e-3, 1e-2, 0.1, 0.3, 0.6} {
				times = append(times, lo+share*(hi-lo))
			}
			return []string{windowsAt(p, times, 0)} // the last are long, and take the networks of the problem
		}, suits: marches,
	},
	{name: "40 windows of time", why: "they were too long", sets: equalWindows(40), suits: marches},
	{name: "larger networks", why: "more parameters can follow more detail", sets: larger, suits: always},
	{
		name: "conditions trained", why: "conditions that are built in can carry what they have at the boundary through the whole domain",
		sets:  func(*problemfile.Problem) []string { return []string{"hard=none"} },
		suits: func(p *problemfile.Problem) bool { return p.HardOpen && len(p.Choice.Built) > 0 },
	},
	{name: "another start", why: "from other random numbers training can end elsewhere", sets: anew(1), suits: atRandom},
	{name: "a third start", why: "it ended elsewhere, and not well either", sets: anew(2), suits: atRandom},
}

// whyWindows is why windows are tried.
const whyWindows = "trained at all times at once, what grows or turns late is lost to a solution that stays where it is"

// patience is the number of tenths of a budget after which a problem as it is stated is left to windows, and the estimated error from which
// that is not done; 0 and 0 are those of other ways.
func patience(p *problemfile.Problem) (tenths int, enough float64) {
	switch {
	case ofTimeAndMore(p):
		return early, 0
	case ofTime(p) && len(switches(p)) > 0:
		return atOnce, aim(p)
	case ofTime(p):
		return soon, 0
	}
	return 0, 0
}

// early is that of functions of time and space. Kuramoto and Sivashinsky's equation (PINNacle, 480 s on one core) is 0.64 off in the ten windows
// behind it, and 0.22 in twenty; behind five tenths the way as stated was kept, which was 0.92 off. Gray and Scott's reaction is 1.5e-2 off in
// twenty windows, and was 6.5e-3 in ten behind five tenths. Five problems of testdata/issues ended as well as behind five tenths: two were solved
// before, in the others errors of 1e-4 to 6e-4 changed by less than a half.
const early = 3

// soon is that of functions of time alone, whose steps in windows cost a tenth. Of ten problems with references of SciPy, 60 s on one busy core,
// two were solved as they are stated and six in ten windows after that, in which an orbit was 6e-7 off; the Oregonator was not solved. After three
// tenths the windows of Lorenz's equations had 12 s, and ended at 6e-4.
const soon = 2

// atOnce is that of those whose data switch, unless they are as exact as is wanted by then: points crowd around the place, estimates miss what
// lies between them, and windows that end there have none of it. A circuit that is switched off was 2.7e-3 off after 120 s, at an estimate of 1.3e-5
// in between, and is 6e-10 off after a second of windows.
const atOnce = 1

// worthwhile is the part of a budget below which no other way begins: of seven ways of a problem that had 240 s, five took 13 to 50 steps in
// the last 7 s, and one was 350 steps further when it had 44.
const worthwhile = 0.1

// late reports whether what is left of a budget is too little for another way; 0 is no budget.
func late(budget, used time.Duration) bool {
	return budget > 0 && float64(budget-used) < worthwhile*float64(budget)
}

// goodEnough is the estimated relative error above which another way is tried in a run that nobody has given a budget or an accuracy:
// engineers ask for a tenth of a percent.
const goodEnough = 1e-3

// aim is the estimated relative error above which another way is tried. Who gives a budget wants to be as exact as crux promises in it.
func aim(p *problemfile.Problem) float64 {
	switch {
	case p.Accuracy > 0:
		return p.Accuracy
	case p.Budget > 0:
		return verdict.Accuracy
	}
	return goodEnough
}

// attempt is a way that has been tried.
type attempt struct {
	*training
	*ended
	report.Attempt
	dir   string // where its files are; those of the last one are in the run directory itself
	cure  bool   // it is of the problem with the remedy of the first one's verdict
	taken int    // so many windows of time are from the one before
}

// climb tries other ways while a run that chooses by itself has not come to a solution and there is time left. What it returns is the
// best of them, by the verdict and then by the estimated error, and its files are those of the run directory. The others are in attempts.
func (a *app) climb(ctx context.Context, path, dir string, f *solveFlags, v *liveView, t *training, e *ended) (*training, *ended) {
	first := t.problem
	tried := []*attempt{newAttempt(t, e, dir, "as stated", nil)}
	ways := slices.Clone(ladder)
	if r := remedy(e.report, f.apply); r != nil {
		ways = slices.Insert(ways, 0, *r)
	} else if len(otherWays(first)) == 0 {
		return t, e
	}
	before := time.Duration(0) // used before the last attempt
	for len(ways) > 0 {
		w := ways[0]
		ways = ways[1:]
		last := tried[len(tried)-1]
		used := time.Duration(0)
		for _, x := range tried {
			used += time.Duration(float64(x.Seconds) * float64(time.Second))
		}
		if same, err := a.team.ofFirst(uint64(used)); err == nil { // without it, all ranks end at the next step
			used = time.Duration(same)
		}
		spent := used - before
		before = used
		failed := last.err != nil && exitCode(last.err) != exitDiverged
		if ctx.Err() != nil || failed || !w.cure && (!last.wanting(aim(first)) || !first.Chosen || late(first.Budget, used)) {
			break
		}
		if !w.changes(first) || w.takes > 0 && first.Budget > 0 && !last.leaves(first.Budget-used, spent) {
			continue
		}
		helped := bestOf(tried).Sets // which stays
		if w.takes > 0 {
			helped = last.Sets // whose networks these are
		}
		sets := slices.Concat(helped, w.sets(first))
		p, err := f.loadWith(path, sets...)
		if err != nil {
			continue // the problem has no such way
		}
		if first.Budget > 0 && !w.cure { // another problem has the whole budget
			p.Budget = first.Budget - used
		}
		next, err := a.training(p)
		if err != nil {
			continue
		}
		if a.start(ctx, next) != nil {
			next.solver.Close() //nolint:errcheck // the error of the first start would have ended the run
			continue
		}
		err = last.moveTo(filepath.Join(dir, attemptsDir, strconv.Itoa(len(tried))))
		if err == nil {
			err = saveProblem(dir, p.Kept, p.Files)
		}
		if err != nil {
			next.solver.Close() //nolint:errcheck // the error counts
			last.err = fail(exitFailed, err)
			break
		}
		if slices.ContainsFunc(ways, func(w way) bool { return w.changes(first) }) {
			next.clock.nearby = p.ErrorTracker()
		}
		a.observe(next, dir)
		next.origin = t.origin
		if w.takes > 0 && next.solver.TakeWindows(last.solver, w.takes) == nil { // others begin at the beginning
			next.clock.taken = w.takes
		}
		if !f.quiet {
			fmt.Fprintf(a.Err, "%s: %s; trying %s: %s\n", p.Name, cmp.Or(headline(last.report), last.Status), w.name, w.why) //nolint:errcheck
		}
		tried = append(tried, newAttempt(next, a.train(ctx, next, p.Steps, dir, a.watch(p, f, v)...), dir, w.name, sets))
		last = tried[len(tried)-1]
		last.cure, last.taken = w.cure, next.clock.taken
		if r := remedy(last.report, false); r != nil {
			ways = slices.Insert(ways, 0, *r)
		} else if r := halved(last.report); r != nil {
			ways = slices.Insert(ways, 0, *r)
		}
	}
	return a.best(tried, dir)
}

// remedy is the way out that a reason has: of settings with which the problem is the same, or, if any will do, also of others. It is nil if
// there is none.
func remedy(r *report.Report, any bool) *way {
	if r == nil {
		return nil
	}
	i := slices.IndexFunc(r.Reasons, func(x verdict.Reason) bool { return len(x.Apply) > 0 && (x.Same || any) })
	if i < 0 {
		return nil
	}
	x := r.Reasons[i]
	return &way{
		name: strings.Join(x.Apply, " "), why: x.Remedy,
		sets:  func(*problemfile.Problem) []string { return x.Apply },
		suits: always, cure: !x.Same,
	}
}

// otherWays are the names of the ways that are there for a problem.
func otherWays(p *problemfile.Problem) []string {
	var names []string
	for _, w := range ladder {
		if p.Chosen && w.changes(p) {
			names = append(names, w.name)
		}
	}
	return names
}

// newAttempt is an attempt that has been made, with what came of it in short.
func newAttempt(t *training, e *ended, dir, name string, sets []string) *attempt {
	x := &attempt{training: t, ended: e, dir: dir, Attempt: report.Attempt{Way: name, Sets: sets}}
	if r := e.report; r != nil {
		x.Status, x.Verdict, x.Worst, x.Steps, x.Seconds = r.Status, r.Verdict, r.WorstEstimate(), r.Steps, r.Seconds
	}
	return x
}

// wanting reports whether another way should be tried. Where the problem does not determine what is wanted, none helps.
func (x *attempt) wanting(aim float64) bool {
	switch {
	case x.report == nil || x.report.Status == crux.Canceled.String() || x.report.Status == crux.Failed.String():
		return false
	case x.report.Verdict == "", x.report.Verdict == verdict.Unsolved:
		return true
	}
	return x.report.Verdict == verdict.Inaccurate && !(float64(x.Worst) < aim)
}

// before orders attempts: the best verdict first, and of equal ones the smallest estimated error. Of two that are both far off, the one whose
// residuals are smaller beside their terms comes first: estimates follow from a linearisation, which holds for small errors. Of Gray and Scott's
// reaction 0.2 was estimated for a v that was 0.69 off, its residual being 41 % of its terms, and 1 in windows where it was 0.09 off, with 3 %.
func (x *attempt) before(y *attempt) bool {
	if x.far() && y.far() {
		if a, b := x.unbalanced(), y.unbalanced(); a != b {
			return a < b
		}
	}
	i, j := x.Verdict.Rank(), y.Verdict.Rank()
	return i < j || i == j && (float64(x.Worst) < float64(y.Worst) || math.IsNaN(float64(y.Worst)))
}

// far reports whether an attempt is no solution, or one with an estimated error that is [lost].
func (x *attempt) far() bool {
	return x.Verdict == verdict.Unsolved || x.Verdict == verdict.Inaccurate && !(float64(x.Worst) < lost)
}

// unbalanced is the largest residual of a constraint beside its largest term; infinite where one was not measured, or where windows have not
// been trained.
func (x *attempt) unbalanced() float64 {
	if slices.ContainsFunc(x.report.Windows, func(w report.Window) bool { return w.Steps == 0 }) || len(x.report.OfTerms) == 0 {
		return math.Inf(1)
	}
	worst := 0.0
	for _, r := range x.report.OfTerms {
		if worst = max(worst, float64(r.Value)); math.IsNaN(worst) {
			return math.Inf(1)
		}
	}
	return worst
}

// bestOf is the best attempt; of equal ones, the first.
func bestOf(tried []*attempt) *attempt {
	best := tried[0]
	for _, x := range tried {
		if x.report != nil && (best.report == nil || x.before(best)) {
			best = x
		}
	}
	return best
}

// best puts the files of the best attempt into the run directory, and the list of all into its result.
func (a *app) best(tried []*attempt, dir string) (*training, *ended) {
	last, best := tried[len(tried)-1], bestOf(tried)
	if last.Status == crux.Canceled.String() {
		best = last // which can be resumed where it is
	}
	for _, x := range tried {
		if x != best {
			x.solver.Close() //nolint:errcheck // it only ends workers
		}
	}
	if len(tried) == 1 || best.report == nil {
		return best.training, best.ended
	}
	if best != last {
		err := last.moveTo(filepath.Join(dir, attemptsDir, strconv.Itoa(len(tried))))
		if err == nil {
			err = best.moveTo(dir)
		}
		if err != nil {
			best.err = fail(exitFailed, err)
			return best.training, best.ended
		}
	}
	for _, x := range tried {
		best.report.Attempts = append(best.report.Attempts, x.Attempt)
	}
	if best.cure {
		best.report.Warnings = append(best.report.Warnings, "this is the problem with "+best.Way+", which its file does not have")
	}
	if err := saveReport(best.report, dir); err != nil && best.err == nil {
		best.err = fail(exitFailed, err)
	}
	return best.training, best.ended
}

// moveTo moves the files of an attempt into another directory.
func (x *attempt) moveTo(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make %s: %w", dir, ckpt.Cause(err))
	}
	for _, name := range runFiles {
		err := os.Rename(filepath.Join(x.dir, name), filepath.Join(dir, name))
		if err != nil && !os.IsNotExist(err) {
			return fmt.Errorf("move %s to %s: %w", filepath.Join(x.dir, name), dir, ckpt.Cause(err))
		}
	}
	x.dir = dir
	return nil
}

// always suits every problem.
func always(*problemfile.Problem) bool { return true }

// atRandom reports whether a run starts from random numbers, and not from another run.
func atRandom(p *problemfile.Problem) bool { return p.From == "" }

// anew is a seed that is so many above that of the problem.
func anew(by uint64) func(*problemfile.Problem) []string {
	return func(p *problemfile.Problem) []string { return []string{fmt.Sprintf("seed=%d", p.Options.Seed+by)} }
}

// larger are networks of three layers of 30 in the place of the three of 20 that files have where they say nothing.
func larger(p *problemfile.Problem) []string { return sized(p, "[30, 30, 30]") }

// sized are networks of a size where files say nothing of it.
func sized(p *problemfile.Problem, hidden string) []string {
	var sets []string
	for _, name := range p.Unsized {
		sets = append(sets, "fields."+name+".hidden="+hidden)
	}
	return sets
}
