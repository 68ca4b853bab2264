package crux

// Unsolved compares the losses at the ends of windows.
var Unsolved = unsolved

// ReverseSweeps is how many gradients and products with Hessians the solver's constraints have cost so far.
func (s *Solver) ReverseSweeps() int {
	n := 0
	for _, g := range s.groups {
		n += g.program.Reverse()
	}
	return n
}
