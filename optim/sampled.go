package optim

import "context"

// Sampled is a Residuals objective that can be looked at on some of its rows. Methods that need JᵀJ roughly, for a
// curvature or for a preconditioner, take it from there.
type Sampled interface {
	Residuals
	// Sample returns the objective at about so many of its rows, drawn at random from each set of points in proportion to its size.
	// Its loss, gradient and JᵀJ are unbiased estimates of those of all rows. rows and draw determine which rows it has, so a
	// run that was interrupted draws the same ones; the bits do not depend on the number of workers. The sample is valid until the
	// next call and as long as the points stay. It is nil where there is none, as in groups of an objective without samples.
	Sample(ctx context.Context, rows int, draw uint64) (Residuals, error)
}

var _ Sampled = (*restricted)(nil)

// Sample implements Sampled, if the whole objective does.
func (r *restricted) Sample(ctx context.Context, rows int, draw uint64) (Residuals, error) {
	f, ok := r.f.(Sampled)
	if !ok {
		return nil, nil
	}
	part, err := f.Sample(ctx, rows, draw)
	if err != nil || part == nil {
		return nil, err
	}
	s := *r
	s.f, s.entry = part, &restrictedEntry{theta: r.entry.theta, grad: make([]float64, len(r.trial))}
	return &s, nil
}
