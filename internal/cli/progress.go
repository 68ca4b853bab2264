package cli

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/optim"
)

// How often progress is shown.
const (
	blockEvery = 100 * time.Millisecond // on a terminal
	lineEvery  = 2 * time.Second        // otherwise
)

// progress is a callback that shows how a run goes: on a terminal one block that overwrites itself and answers keys, elsewhere a line now
// and then. It draws on the goroutine of the run, so it needs no locks, and never keeps the run waiting for a timer.
type progress struct {
	block
	every    time.Duration // between two times when it is shown
	show     func(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers)
	keys     keys
	now      func() time.Time
	problem  *problemfile.Problem
	clock    *clock   // of the run; nil means that nothing was before
	names    []string // of the constraints
	losses   []trail  // of the constraints
	shown    shown    // numbers to watch
	method   optim.Method
	said     int    // choices of the method that have been shown
	constant string // of the curriculum
	stage    int    // in which the last step was
	warned   bool   // of a window
	moves    []crux.Callback
	moved    int // what they have decided and has been shown
	weighed  int // likewise of noisy data
	latest   string
	estimate estimated

	begin time.Time
	first int       // epoch at which the run began
	drawn time.Time // when last shown
	epoch int       // when last shown
	rate  float64   // steps per second, smoothed
	phase string    // of the method, to which the rate belongs
}

// estimated are the estimated errors that were made last.
type estimated struct {
	step   int
	errors report.Numbers
}

func (a *app) newProgress(p *problemfile.Problem) *progress {
	w := &progress{block: block{w: a.Err, size: a.Terminal}, every: lineEvery, now: a.Now, problem: p, shown: shown{problem: p}}
	switch {
	case a.log != nil:
		w.show = func(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) {
			w.toLog(a.log, s, now, method, watched)
		}
	case a.Terminal == nil:
		w.show = w.line
	default:
		w.every, w.show = blockEvery, w.onTerminal
		w.keys = keys{board: a.Keyboard, picture: smallPicture{problem: p, colours: a.Colours}}
	}
	if c := p.Options.Curriculum; c != nil {
		w.constant = c.Of.Path()
	}
	return w
}

// OnSolveBegin implements crux.Callback.
func (p *progress) OnSolveBegin(ctx context.Context, r *crux.Run) error {
	p.names = r.Names()
	p.losses = make([]trail, len(p.names))
	p.method, p.moves = r.Solver().Method(), r.Callbacks()
	p.begin = p.now()
	p.drawn, p.first, p.epoch = p.begin, r.Epoch(), r.Epoch()
	p.stage, _ = r.Stage()
	p.keys.begin()
	return p.shown.OnSolveBegin(ctx, r)
}

// OnStep implements crux.Callback.
func (p *progress) OnStep(_ context.Context, s *crux.Step) error {
	for i, l := range s.Losses {
		p.losses[i].add(s.Epoch-p.first, l)
	}
	if k, _ := s.Run.Stage(); k != p.stage {
		p.stage, p.said = k, 0
		p.turned(s.Run.Solver(), k)
	}
	now := p.now()
	dt := now.Sub(p.drawn)
	if dt < p.every && !(s.Epoch == p.first && p.size != nil) {
		return nil
	}
	method := p.method.Info(optim.Objective{})
	if n := s.Epoch - p.epoch; n > 0 && dt > 0 {
		// a mean over some seconds: old rates fade by e^{−dt/3s}, so that a slower pace shows soon; a new phase has one of its own
		r, keep := float64(n)/dt.Seconds(), math.Exp(-dt.Seconds()/3)
		if p.rate == 0 || phase(method) != p.phase {
			keep = 0
		}
		p.rate, p.phase = keep*p.rate+(1-keep)*r, phase(method)
	}
	p.drawn, p.epoch = now, s.Epoch
	watched, _ := p.shown.numbers() // an error comes from the record of them
	p.show(s, now, method, watched)
	return nil
}

// Record implements crux.Recorder: it keeps the estimated errors.
func (p *progress) Record(m crux.Metric) error {
	name, ok := strings.CutPrefix(m.Key, "estimate/") // of callbacks.Accuracy
	if !ok {
		name, ok = strings.CutPrefix(m.Key, "explainability/estimated_error/") // of the tracker
	}
	if !ok {
		return nil
	}
	if p.estimate.step != m.Epoch {
		p.estimate = estimated{step: m.Epoch}
	}
	p.estimate.errors.Add(name, report.Number(m.Value))
	return nil
}

// OnSolveEnd implements crux.Ender: the run is being judged, which the block says until close.
func (p *progress) OnSolveEnd(_ context.Context, _ *crux.Run, res *crux.Result) error {
	p.keys.end()
	if p.size != nil {
		p.draw([]string{fmt.Sprintf("%s  %s done; evaluating, and estimating the error", p.problem.Name, report.Counted(res.Epoch, "step"))})
	}
	return nil
}

// close ends what is shown: the block gives way to the report.
func (p *progress) close() {
	if p != nil {
		p.keys.end()
		p.clear()
	}
}

// onTerminal answers keys, and draws the block.
func (p *progress) onTerminal(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) {
	p.keys.answer()
	p.draw(p.lines(s, now, method, watched))
}

// toLog logs a step for programs.
func (p *progress) toLog(log *slog.Logger, s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) {
	losses := report.Numbers{}
	for i, l := range s.Losses {
		losses.Add(p.names[i], report.Number(l))
	}
	left, _ := p.left(s, now)
	log.Info("step", "problem", p.problem.Name, "step", s.Epoch, "steps", p.problem.Steps,
		"loss", report.Number(s.Loss), "losses", losses,
		"rate", report.Number(p.rate), "seconds_left", report.Number(left.Seconds()),
		"method", phase(method), "estimate", p.estimate.errors, "show", watched)
}

// line prints a line of a step, with what was decided since the last one before it.
func (p *progress) line(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) {
	var b strings.Builder
	for _, d := range p.decided(method) {
		fmt.Fprintf(&b, "%s  %s\n", p.problem.Name, d)
	}
	b.WriteString(strings.Join(p.head(s, now, method), "  ") + " ")
	for i, l := range s.Losses {
		fmt.Fprintf(&b, " %s %.2e", p.names[i], l)
	}
	for _, v := range slices.Concat(p.found(s.Run.Solver()), watched) {
		fmt.Fprintf(&b, "  %s %.6g", v.Name, v.Value)
	}
	if e := p.estimates(); e != "" {
		b.WriteString("  " + e)
	}
	fmt.Fprintln(p.w, b.String()) //nolint:errcheck // progress that cannot be shown is no reason to fail
}

// head are the parts of what is said of every step.
func (p *progress) head(s *crux.Step, now time.Time, method optim.Info) []string {
	parts := []string{p.problem.Name, fmt.Sprintf("step %d/%d", s.Epoch, p.problem.Steps), fmt.Sprintf("loss %.3e", s.Loss)}
	if p.rate > 0 {
		parts = append(parts, short(p.rate)+"/s")
		left, ends := p.left(s, now)
		if ends {
			parts = append(parts, fmt.Sprintf("at most %s left", duration(left)))
		} else {
			parts = append(parts, fmt.Sprintf("at most %s left at this pace", duration(left)))
		}
	}
	if k, n := s.Run.Stage(); n > 1 {
		noun := "window"
		if s.Run.Solver().Lessons() != nil {
			noun = "lesson"
		}
		parts = append(parts, fmt.Sprintf("%s %d/%d", noun, k+1, n))
	}
	if phase := phase(method); phase != "" {
		parts = append(parts, phase)
	}
	return parts
}

// decided are the decisions that were made since the last time, by the method, of points and of noisy data.
func (p *progress) decided(method optim.Info) (list []string) {
	for _, line := range method.Choices[min(p.said, len(method.Choices)):] {
		list = append(list, "optimizer: "+line)
	}
	p.said = len(method.Choices)
	points, data := decided(p.moves)
	for _, line := range points[min(p.moved, len(points)):] {
		list = append(list, "points: "+line)
	}
	for _, line := range data[min(p.weighed, len(data)):] {
		list = append(list, "data: "+line)
	}
	p.moved, p.weighed = len(points), len(data)
	return list
}

// found are the unknown numbers as they are now.
func (p *progress) found(s *crux.Solver) (list report.Numbers) {
	for _, q := range p.problem.Params {
		list.Add(q.Path(), report.Number(s.Value(q)))
	}
	for _, d := range p.problem.Derived {
		if v, err := d.Eval(s.Value); err == nil {
			list.Add(d.Name, report.Number(v))
		}
	}
	return list
}

// estimates words the estimated errors that were made last; "" before the first.
func (p *progress) estimates() string {
	if len(p.estimate.errors) == 0 {
		return ""
	}
	var parts []string
	for _, e := range p.estimate.errors {
		parts = append(parts, fmt.Sprintf("%s %.1e", e.Name, e.Value))
	}
	return fmt.Sprintf("estimated error, step %d: %s", p.estimate.step, strings.Join(parts, ", "))
}

// turned says that a window or a lesson is over and the next one begins, and once that a window behind is not solved.
func (p *progress) turned(s *crux.Solver, k int) {
	p.clear()
	if list := s.Windows(); list != nil {
		was := list[k-1]
		fmt.Fprintf(p.w, "%s  window %d/%d, %v to %v, ended after %s, loss %.3e; "+ //nolint:errcheck
			"window %d, %v to %v, begins where it ends\n",
			p.problem.Name, k, len(list), was.From, was.To, report.Counted(was.Steps, "step"), was.Loss, k+1, list[k].From, list[k].To)
	}
	if list := s.Lessons(); list != nil {
		was := list[k-1]
		fmt.Fprintf(p.w, "%s  lesson %d/%d, %s = %v, ended after %s, loss %.3e; lesson %d, %s = %v, begins\n", //nolint:errcheck
			p.problem.Name, k, len(list), p.constant, was.Value, report.Counted(was.Steps, "step"), was.Loss, k+1, p.constant, list[k].Value)
	}
	if text := unsolvedWindow(s); text != "" && !p.warned {
		fmt.Fprintf(p.w, "%s  ! %s\n", p.problem.Name, text) //nolint:errcheck
		p.warned = true
	}
}

// unsolvedWindow warns of a window whose end is no solution; empty if all that are over look like one.
func unsolvedWindow(s *crux.Solver) string {
	k, ok := s.Unsolved()
	if !ok {
		return ""
	}
	return fmt.Sprintf("window %d ended at a loss of %.1e, far above its neighbours: it is hardly solved, "+
		"and those after it continue what it has; give it more steps, or make windows shorter", k+1, s.Windows()[k].Loss)
}

// left is the time after which the run is over at the latest, by its steps at this pace or by its budget; ends says that the budget ends
// it.
func (p *progress) left(s *crux.Step, now time.Time) (left time.Duration, ends bool) {
	left = time.Duration(math.Min(float64(p.problem.Steps-s.Epoch)/p.rate, 1e9) * float64(time.Second))
	if budget := p.problem.Budget; budget > 0 {
		used := now.Sub(p.begin)
		if p.clock != nil {
			used += p.clock.before
		}
		if end := max(0, budget-used); end < left {
			return end, true
		}
	}
	return left, false
}

// phase says which phase of the method is at work, as in "lbfgs (2/2)".
func phase(method optim.Info) string {
	n := len(method.Phases)
	if n == 0 {
		return ""
	}
	i := min(method.Phase, n-1)
	name := strings.ToLower(method.Phases[i].Name)
	if n == 1 {
		return name
	}
	return fmt.Sprintf("%s (%d/%d)", name, i+1, n)
}

// decided is what callbacks have decided by themselves: those that move points, and those that weigh noisy data.
func decided(list []crux.Callback) (points, data []string) {
	for _, c := range list {
		switch d := c.(type) {
		case *callbacks.Noise:
			data = append(data, d.Choices()...)
		case interface{ Choices() []string }:
			points = append(points, d.Choices()...)
		}
	}
	return points, data
}
