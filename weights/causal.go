package weights

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Causal trains in the order of time: points count only as far as the equation is solved before them. Time is cut into slabs of
// equal length, and the points of slab i get the weight
//
//	w_i = exp(−ε Σ_{k<i} L_k),  L_k the mean loss of the points in slab k
//
// The first slab always has weight 1. ε runs through Eps: when even the last slab has a weight above Delta, the next larger ε
// is taken, which sharpens the order. From Wang, Sankaran and Perdikaris (2022), arXiv 2203.07404, Algorithm 1. There the loss
// of the initial condition is part of the sum; here each constraint has a loss of its own, so give that one a large Weight.
type Causal struct {
	Time     string    // name of the time coordinate; "" means "t"
	Slabs    int       // slabs in time; 0 means 32
	Eps      []float64 // ε, ascending; nil means 0.01, 0.1, 1, 10, 100
	Delta    float64   // least weight with which ε is done; 0 means 0.99
	Stop     bool      // end the run when the last ε is done
	Interval int       // steps between updates; 0 means 1

	memory[order]
	slab  []int32 // of each point
	count []int   // points by slab
	sum   []float64
}

type order struct {
	Out  []float64 // weights of the slabs; nil before the first step
	At   int       // which ε
	Done bool      // the last ε is done
}

var causalEps = []float64{0.01, 0.1, 1, 10, 100}

// CheckPoints implements PointChecker.
func (c *Causal) CheckPoints(coords []string) error {
	if c.Slabs < 0 || c.Slabs == 1 {
		return fmt.Errorf("weights: Causal: Slabs is %d; it must be at least 2, and 0 means 32", c.Slabs)
	}
	for i, e := range c.Eps {
		if !(e > 0) || math.IsInf(e, 0) || i > 0 && e <= c.Eps[i-1] {
			return fmt.Errorf("weights: Causal: Eps is %v; the numbers must be positive, finite and ascending", c.Eps)
		}
	}
	if c.Delta != 0 && !(c.Delta > 0 && c.Delta < 1) {
		return fmt.Errorf("weights: Causal: Delta is %v; it must lie between 0 and 1, and 0 means 0.99", c.Delta)
	}
	if !slices.Contains(coords, c.time()) {
		return fmt.Errorf("weights: Causal: the points have no coordinate %q; they have %q, so set Time to the one that is time", c.time(),
			coords)
	}
	return checkInterval("Causal", c.Interval)
}

func (c *Causal) time() string { return cmp.Or(c.Time, "t") }

func (c *Causal) eps() []float64 {
	if len(c.Eps) == 0 {
		return causalEps
	}
	return c.Eps
}

func (c *Causal) delta() float64 { return cmp.Or(c.Delta, 0.99) }

// WeighPoints implements PointScheme.
func (c *Causal) WeighPoints(dst []float64, p Points) error {
	if err := c.CheckPoints(p.Coords); err != nil {
		return err
	}
	slabs := cmp.Or(c.Slabs, 32)
	update := len(c.now.Out) != slabs || p.Epoch%max(1, c.Interval) == 0
	if update {
		c.now.Out = slices.Grow(c.now.Out[:0], slabs)[:slabs]
		c.place(p.At, p)
		c.sum, c.count = slices.Grow(c.sum[:0], slabs)[:slabs], slices.Grow(c.count[:0], slabs)[:slabs]
		clear(c.sum)
		clear(c.count)
		for k, l := range p.Loss {
			i := c.slab[k]
			c.sum[i] += l
			c.count[i]++
		}
		c.weigh()
	}
	if !update || p.From != nil { // otherwise X is At
		c.place(p.X, p)
	}
	for k, i := range c.slab {
		dst[k] = c.now.Out[i]
	}
	return nil
}

// place finds the slabs of points. Times before the first slab belong to it, and times after the last one to that.
func (c *Causal) place(x []float64, p Points) {
	d, j := len(p.Coords), slices.Index(p.Coords, c.time())
	n := len(x) / d
	c.slab = slices.Grow(c.slab[:0], n)[:n]
	lo, slabs := p.Lo[j], float64(len(c.now.Out))
	perTime := slabs / (p.Hi[j] - lo)
	for k := range c.slab {
		s := (x[k*d+j] - lo) * perTime
		switch {
		case !(s > 0): // also where time stands still
			s = 0
		case s > slabs-1:
			s = slabs - 1
		}
		c.slab[k] = int32(s)
	}
}

// weigh sets the weights of the slabs from their losses, and takes the next ε when the present one is done.
func (c *Causal) weigh() {
	eps := c.eps()
	c.now.At = min(max(c.now.At, 0), len(eps)-1)
	var before float64
	for i := range c.now.Out {
		c.now.Out[i] = math.Exp(-eps[c.now.At] * before)
		if c.count[i] > 0 {
			before += c.sum[i] / float64(c.count[i])
		}
	}
	c.now.Done = false
	if c.now.Out[len(c.now.Out)-1] > c.delta() { // the weights fall from slab to slab
		if c.now.Done = c.now.At == len(eps)-1; !c.now.Done {
			c.now.At++
		}
	}
}

// Finished implements Finisher: with Stop, the run ends when the last ε is done.
func (c *Causal) Finished() (string, bool) {
	if !c.Stop || !c.now.Done {
		return "", false
	}
	eps := c.eps()
	return fmt.Sprintf("causal weights are above %v at all times with the last ε, %v", c.delta(), eps[len(eps)-1]), true
}
