package cli

import (
	"context"
	"fmt"
	"log/slog"
	"math"
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

// progress is a callback that shows how a run goes: on a terminal one block that overwrites itself, elsewhere a line now
// and then. It draws on the goroutine of the run, so it needs no locks, and never keeps the run waiting for a timer.
type progress struct {
	block
	log      *slog.Logger // for programs; nil for people
	now      func() time.Time
	name     string
	steps    int           // of the whole run, parts before a break included
	limit    time.Duration // of wall time; 0 means none
	names    []string      // of the constraints
	shown    shown         // numbers to watch
	method   optim.Method
	said     int    // choices of the method that have been shown
	constant string // of the curriculum
	stage    int    // in which the last step was
	warned   bool   // of a window
	moves    []crux.Callback
	moved    int // what they have decided and has been shown
	weighed  int // likewise of noisy data

	begin time.Time
	first int       // epoch at which the run began
	drawn time.Time // when last shown
	epoch int       // when last shown
	rate  float64   // steps per second, smoothed
}

func newProgress(s Streams, p *problemfile.Problem) *progress {
	w := &progress{block: block{w: s.Err, size: s.Terminal}, now: s.Now, name: p.Name, steps: p.Steps, limit: p.Budget, shown: shown{problem: p}}
	if c := p.Options.Curriculum; c != nil {
		w.constant = c.Of.Path()
	}
	return w
}

// OnSolveBegin implements crux.Callback.
func (p *progress) OnSolveBegin(ctx context.Context, r *crux.Run) error {
	p.names = r.Names()
	p.method, p.moves = r.Solver().Method(), r.Callbacks()
	p.begin = p.now()
	p.drawn, p.first, p.epoch = p.begin, r.Epoch(), r.Epoch()
	p.stage, _ = r.Stage()
	return p.shown.OnSolveBegin(ctx, r)
}

// OnStep implements crux.Callback.
func (p *progress) OnStep(_ context.Context, s *crux.Step) error {
	every := lineEvery
	if p.size != nil {
		every = blockEvery
	}
	if k, _ := s.Run.Stage(); k != p.stage {
		p.stage, p.said = k, 0
		p.turned(s.Run.Solver(), k)
	}
	now := p.now()
	dt := now.Sub(p.drawn)
	if dt < every && !(s.Epoch == p.first && p.size != nil) {
		return nil
	}
	if n := s.Epoch - p.epoch; n > 0 && dt > 0 {
		// a mean over some seconds: old rates fade by e^{−dt/3s}, so that a new phase shows soon
		r, keep := float64(n)/dt.Seconds(), math.Exp(-dt.Seconds()/3)
		if p.rate == 0 {
			keep = 0
		}
		p.rate = keep*p.rate + (1-keep)*r
	}
	p.drawn, p.epoch = now, s.Epoch
	p.show(s, now)
	return nil
}

// OnSolveEnd implements crux.Ender: the block gives way to the report.
func (p *progress) OnSolveEnd(context.Context, *crux.Run, *crux.Result) error {
	p.clear()
	return nil
}

func (p *progress) show(s *crux.Step, now time.Time) {
	head := fmt.Sprintf("%s  step %d/%d  loss %.3e", p.name, s.Epoch, p.steps, s.Loss)
	if p.rate > 0 {
		head += fmt.Sprintf("  %s/s  ETA %s", short(p.rate), duration(p.left(s, now)))
	}
	if k, n := s.Run.Stage(); n > 1 {
		noun := "window"
		if s.Run.Solver().Lessons() != nil {
			noun = "lesson"
		}
		head += fmt.Sprintf("  %s %d/%d", noun, k+1, n)
	}
	method := p.method.Info(optim.Objective{})
	if phase := phase(method); phase != "" {
		head += "  " + phase
	}
	watched, _ := p.shown.numbers() // an error comes from the record of them
	if p.log != nil {
		losses := report.Numbers{}
		for i, l := range s.Losses {
			losses.Add(p.names[i], report.Number(l))
		}
		p.log.Info("step", "problem", p.name, "step", s.Epoch, "steps", p.steps, "loss", report.Number(s.Loss), "losses", losses,
			"rate", report.Number(p.rate), "seconds_left", report.Number(p.left(s, now).Seconds()), "method", phase(method), "show", watched)
		return
	}
	if p.size == nil {
		var b strings.Builder
		for _, line := range method.Choices[min(p.said, len(method.Choices)):] {
			fmt.Fprintf(&b, "%s  optimizer: %s\n", p.name, line)
		}
		p.said = len(method.Choices)
		points, data := decided(p.moves)
		for _, line := range points[min(p.moved, len(points)):] {
			fmt.Fprintf(&b, "%s  points: %s\n", p.name, line)
		}
		for _, line := range data[min(p.weighed, len(data)):] {
			fmt.Fprintf(&b, "%s  data: %s\n", p.name, line)
		}
		p.moved, p.weighed = len(points), len(data)
		b.WriteString(head + " ")
		for i, l := range s.Losses {
			fmt.Fprintf(&b, " %s %.2e", p.names[i], l)
		}
		for _, v := range watched {
			fmt.Fprintf(&b, "  %s %.6g", v.Name, v.Value)
		}
		fmt.Fprintln(p.w, b.String()) //nolint:errcheck
		return
	}
	lines := append([]string{head}, p.bars(s)...)
	for _, v := range watched {
		lines = append(lines, fmt.Sprintf("  %s  %.6g", v.Name, v.Value))
	}
	p.draw(lines)
}

// turned says that a window or a lesson is over and the next one begins, and once that a window behind is not solved.
func (p *progress) turned(s *crux.Solver, k int) {
	p.clear()
	if list := s.Windows(); list != nil {
		was := list[k-1]
		fmt.Fprintf(p.w, "%s  window %d/%d, %v to %v, ended after %d steps, loss %.3e; window %d, %v to %v, begins where it ends\n", //nolint:errcheck
			p.name, k, len(list), was.From, was.To, was.Steps, was.Loss, k+1, list[k].From, list[k].To)
	}
	if list := s.Lessons(); list != nil {
		was := list[k-1]
		fmt.Fprintf(p.w, "%s  lesson %d/%d, %s = %v, ended after %d steps, loss %.3e; lesson %d, %s = %v, begins\n", //nolint:errcheck
			p.name, k, len(list), p.constant, was.Value, was.Steps, was.Loss, k+1, p.constant, list[k].Value)
	}
	if text := unsolvedWindow(s); text != "" && !p.warned {
		fmt.Fprintf(p.w, "%s  ! %s\n", p.name, text) //nolint:errcheck
		p.warned = true
	}
}

// unsolvedWindow warns of a window whose end is no solution; empty if all that are over look like one.
func unsolvedWindow(s *crux.Solver) string {
	k, ok := s.Unsolved()
	if !ok {
		return ""
	}
	return fmt.Sprintf("window %d ended at a loss of %.1e, far above its neighbours: it is hardly solved, and those after it continue what it has; give it more steps, or make windows shorter", k+1, s.Windows()[k].Loss)
}

// left estimates the time until the run ends, by its steps or by its budget.
func (p *progress) left(s *crux.Step, now time.Time) time.Duration {
	sec := float64(p.steps-s.Epoch) / p.rate
	d := time.Duration(math.Min(sec, 1e9) * float64(time.Second))
	if p.limit > 0 {
		d = max(0, min(d, p.limit-now.Sub(p.begin)))
	}
	return d
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

// bars are lines with the loss of each constraint and a bar for its share in the decades between 1e-12 and 1.
func (p *progress) bars(s *crux.Step) []string {
	width := 0
	for _, n := range p.names {
		width = max(width, len([]rune(n)))
	}
	const decades = 12
	lines := make([]string, len(p.names))
	for i, l := range s.Losses {
		k := 0
		if l > 0 {
			k = int(math.Round(math.Max(0, math.Min(decades, decades+math.Log10(l)))))
		}
		lines[i] = fmt.Sprintf("  %-*s  %.3e  %s", width, p.names[i], l, strings.Repeat("▪", k))
	}
	return lines
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
