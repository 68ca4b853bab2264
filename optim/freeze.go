package optim

import "context"

// Freeze is the method that changes nothing: parameters of a [Group] with it keep their bits. Its Step returns the loss
// and never asks for a gradient.
type Freeze struct{}

// Init implements Method.
func (Freeze) Init(params []Param) error {
	_, err := newLayout(params)
	return err
}

// Step implements Method.
func (Freeze) Step(ctx context.Context, f Objective, theta []float64) (float64, error) {
	return f.Loss(ctx, theta)
}

// Describe implements Describer.
func (Freeze) Describe() string { return "Freeze" }
