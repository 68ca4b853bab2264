package crux

// Unsolved compares the losses at the ends of windows.
var Unsolved = unsolved

// ReverseSweeps is how many gradients and products with Hessians the solver's constraints have cost so far.
func (s *Solver) ReverseSweeps() int {
	n := 0
	for _, g := range s.plan.ofSet {
		n += g.program.Reverse()
	}
	return n
}

// RestrictedSweeps is the same for programs that differentiate with respect to selected parameters only.
func (s *Solver) RestrictedSweeps() int {
	n := 0
	for _, p := range s.plan.parts {
		if p.layout != nil {
			for _, q := range p.programs {
				n += q.Reverse()
			}
		}
	}
	return n
}

// Machines is how many graphs have been built and planned for the solver, those of evaluators included.
func (s *Solver) Machines() int { return s.pool.Machines() }
