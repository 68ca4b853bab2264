package weights

// Progress is the ε of the next update and the weights of the slabs now; nil before the first step.
func (c *Causal) Progress() (eps float64, slabs []float64) {
	return c.eps()[min(c.now.At, len(c.eps())-1)], c.now.Out
}
