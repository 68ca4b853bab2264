package optim

import (
	"math"
	"slices"

	"github.com/crux-pinn/crux/optim/internal/vec"
)

// Mean is an exponential mean of the parameters θ₁ … θ_t (Polyak & Juditsky 1992; Kingma & Ba 2015, section 7.2), without bias
// towards the first:
//
//	θ̄ ← θ̄ + (1−d)/(1−dᵗ)·(θ_t − θ̄)
type Mean struct {
	decay     float64
	steps     int
	mean, raw []float64
	out       bool // θ is the mean, and training was at raw
}

func newMean(decay float64, n int) *Mean {
	return &Mean{decay: decay, mean: make([]float64, n), raw: make([]float64, n)}
}

// note takes in the θ of a step. From a mean that Continue has not undone a new one begins.
func (m *Mean) note(theta []float64) {
	if m.out {
		m.steps, m.out = 0, false
	}
	m.steps++
	rate := (1 - m.decay) / (1 - math.Pow(m.decay, float64(m.steps)))
	if m.steps == 1 {
		rate = 1
	}
	for i, v := range theta {
		m.mean[i] += rate * (v - m.mean[i])
	}
}

// Average replaces theta, the point of training, by the mean, and tells whether it did: not before the first step, nor twice.
func (m *Mean) Average(theta []float64) bool {
	if m.steps == 0 || m.out || len(theta) != len(m.mean) || vec.FirstNonFinite(m.mean) >= 0 {
		return false
	}
	m.out = true
	copy(m.raw, theta)
	copy(theta, m.mean)
	return true
}

// Continue undoes Average, bit for bit, where theta is still the mean. Otherwise the next mean begins at theta.
func (m *Mean) Continue(theta []float64) {
	switch {
	case !m.out:
	case slices.Equal(theta, m.mean):
		copy(theta, m.raw)
	default:
		m.steps = 0
	}
	m.out = false
}

func (m *Mean) fields() []any { return []any{&m.steps, &m.out, &m.mean, &m.raw} }
