package weights

import (
	"fmt"
	"math"
)

// RBA is residual-based attention: points with large residuals get more weight, as long as their residuals have been large,
//
//	λ_k ← γ λ_k + η |r_k| / max_j |r_j|,  μ_k = λ_k²
//
// once a step, so that the loss is the mean of (λ_k r_k)² and 0 ≤ λ ≤ η/(1−γ). No gradient is taken. From Anagnostopoulos,
// Toscano, Stergiopulos and Karniadakis (2024), arXiv 2307.00379. As their code does, it updates λ before its first use. Take
// Eta = 1 − Gamma where weights above 1 would drown the other constraints.
type RBA struct {
	Gamma    float64 // γ, at least 0 and below 1; NewRBA has 0.999, the paper's
	Eta      float64 // η; 0 means 0.01, the paper's
	Init     float64 // λ before the first update; 0 is the paper's
	Interval int     // steps between updates, so that a line-search method sees the same loss for a while; 0 means 1

	memory[attention]
}

type attention struct{ Lambda []float64 }

// NewRBA has the settings of the paper: γ = 0.999, η = 0.01, λ from 0.
func NewRBA() *RBA { return &RBA{Gamma: 0.999} }

// CheckPoints implements PointChecker.
func (r *RBA) CheckPoints([]string) error {
	if !(r.Gamma >= 0 && r.Gamma < 1) {
		return fmt.Errorf("weights: RBA: Gamma is %v; it must be at least 0 and below 1", r.Gamma)
	}
	if _, err := positive("RBA: Eta", r.Eta, 0.01); err != nil {
		return err
	}
	if err := notNegative("RBA: Init", r.Init); err != nil {
		return err
	}
	return checkInterval("RBA", r.Interval)
}

// WeighPoints implements PointScheme.
func (r *RBA) WeighPoints(dst []float64, p Points) error {
	if err := r.CheckPoints(p.Coords); err != nil {
		return err
	}
	eta, _ := positive("", r.Eta, 0.01)
	err := advance("RBA", &r.now.Lambda, p, r.Interval, r.Init, func(lambda []float64) {
		var most float64
		for _, a := range p.Residual {
			most = math.Max(most, a)
		}
		for k, a := range p.Residual {
			share := 0.0
			if most > 0 { // no residual is left otherwise
				share = a / most
			}
			lambda[k] = r.Gamma*lambda[k] + eta*share
		}
	})
	if err != nil {
		return err
	}
	for k, l := range r.now.Lambda {
		dst[k] = l * l
	}
	return nil
}
