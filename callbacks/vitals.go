package callbacks

import (
	"context"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/optim"
)

// vitals are what everybody looks at first, and no tracker measures: the learning rate, steps per second, the 99th percentile of
// |residual| of each constraint and the unknown parameters. The residuals cost a third of a step.
type vitals struct {
	every     int
	names     []string
	residuals []*crux.Fact[*mat.Dense]
	epoch     int // at which the rate was measured last
	at        time.Time
}

// vitalEvery is the number of steps between vital signs, at least. They come with the losses, which have an interval of their own.
const vitalEvery = 50

func newVitals(r *crux.Run, every int) vitals {
	v := vitals{every: (vitalEvery + every - 1) / every * every, names: r.Names(), epoch: r.Epoch(), at: time.Now()}
	for i := range v.names {
		v.residuals = append(v.residuals, r.Residuals(i))
	}
	return v
}

func (v *vitals) due(s *crux.Step) bool { return s.Epoch%v.every == 0 || s.Measuring() }

// measure sets the vital signs of a step.
func (v *vitals) measure(ctx context.Context, s *crux.Step, set func(key string, v float64)) error {
	for i, name := range v.names {
		r, err := v.residuals[i].At(ctx, s)
		if err != nil {
			return err
		}
		set("residual_p99/"+name, p99(r))
	}
	if now := time.Now(); s.Epoch > v.epoch && now.After(v.at) {
		set("steps_per_second", float64(s.Epoch-v.epoch)/now.Sub(v.at).Seconds())
		v.epoch, v.at = s.Epoch, now
	}
	v.numbers(s.Run.Solver(), set)
	return nil
}

// final sets those of the final parameters.
func (v *vitals) final(r *crux.Run, set func(key string, v float64)) error {
	for _, name := range v.names {
		m, err := r.Solver().Residuals(name)
		if err != nil {
			return err
		}
		set("residual_p99/"+name, p99(m))
	}
	v.numbers(r.Solver(), set)
	return nil
}

// numbers sets what is known without computing anything.
func (v *vitals) numbers(s *crux.Solver, set func(key string, v float64)) {
	if rate := s.Method().Info(optim.Objective{}).Rate; rate > 0 {
		set("learning_rate", rate)
	}
	for _, p := range s.Parameters() {
		if len(p.Shape) == 0 && !p.Fixed {
			set("param/"+p.Path, p.Data[0])
		}
	}
}

// p99 is NaN where a residual is no number.
func p99(r *mat.Dense) float64 {
	s, err := linalg.Summarise(r.RawMatrix().Data)
	if err != nil {
		return math.NaN()
	}
	return s.P99Abs
}
