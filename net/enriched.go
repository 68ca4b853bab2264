package net

import ph "github.com/crux-pinn/crux/placeholder"

// Enriched gives a network further inputs beside its coordinates: functions of these that have what the solution is known to have and a
// smooth network has not, such as the angle around a corner where the boundary values jump. Each should be of order one. The network
// is then a smooth function of all of them. It has no parameters of its own.
type Enriched struct {
	With  []ph.Expr // the further inputs, of the coordinates of the field
	Inner ph.Module // the network applied to all inputs; nil means MLP{}
	Raw   bool      // take the coordinates as they are
}

// Placed implements ph.Placed: singular inputs are where they are, also for a network that begins again in each window of time.
func (e Enriched) Placed() []ph.Expr { return e.With }

// Apply builds the network.
func (e Enriched) Apply(s *ph.Scope, in ph.Expr) ph.Expr {
	inputs := append([]ph.Expr{input(in, e.Raw)}, e.With...)
	return inner(e.Inner).Apply(s, ph.Concat(inputs...))
}
