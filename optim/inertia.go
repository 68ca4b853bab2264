package optim

import "context"

// inertia is the vector Δ that the momentum of a natural gradient carries from step to step, of norm 0 before the first.
type inertia struct {
	moving bool
	last   []float64 // Δ
	pull   []float64 // μΔ
}

func (v *inertia) fresh(n int) {
	v.moving, v.last, v.pull = false, make([]float64, n), make([]float64, n)
}

// direction writes argmin ‖s + Jφ‖² + λ‖φ − μΔ‖² to d, for the λ that was factorised last.
func (v *inertia) direction(ctx context.Context, f Residuals, a damped, d, s []float64, mu float64) error {
	if !v.moving || mu == 0 {
		return a.start(ctx, f, d, s)
	}
	for i, x := range v.last {
		v.pull[i] = mu * x
	}
	return a.resume(ctx, f, d, s, v.pull)
}

// note sets Δ to the way between two points.
func (v *inertia) note(to, from []float64) {
	v.moving = true
	for i, x := range to {
		v.last[i] = x - from[i]
	}
}

func (v *inertia) save(w *stateWriter) {
	w.bool(v.moving)
	w.floats(v.last)
}

// load reads what save wrote for n parameters and returns a function that adopts it.
func (v *inertia) load(r *stateReader, n int) func() {
	moving, last := r.bool(), r.vector(n)
	return func() { v.moving, v.last = moving, last }
}
