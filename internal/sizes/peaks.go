package sizes

import (
	"math"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/pointwise"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Peaks finds peaks of known functions that a few points miss, such as a source that is a narrow bell: in two dimensions those whose width is
// a hundredth of the side.
type Peaks struct {
	draw  func(n int) (*domain.Cloud, error)
	cloud *domain.Cloud
	found map[ph.Expr]float64
}

const (
	manyLooks = 1 << 14
	// peaked is how many times more has to be found at many points to count: less is no narrow peak.
	peaked = 4
)

// NewPeaks looks at points that draw gives, when the first function asks for it.
func NewPeaks(draw func(n int) (*domain.Cloud, error)) *Peaks {
	return &Peaks{draw: draw, found: map[ph.Expr]float64{}}
}

// largest is the largest absolute value of a function at many points; 0 where it can have no narrow peak, or that cannot be told.
func (p *Peaks) largest(e ph.Expr) float64 {
	if !ph.Contains(e, narrow) || ph.Contains(e, involved) {
		return 0
	}
	if most, ok := p.found[e]; ok {
		return most
	}
	if p.cloud == nil {
		var err error
		if p.cloud, err = p.draw(manyLooks); err != nil {
			p.cloud = &domain.Cloud{}
		}
	}
	most, v := 0.0, make([]float64, e.Dim())
	at := pointwise.Function(e, p.cloud.Coords)
	for i := range p.cloud.Len() {
		at(v, p.cloud.Row(i))
		for _, x := range v {
			if x = math.Abs(x); x > most && !math.IsInf(x, 0) {
				most = x
			}
		}
	}
	p.found[e] = most
	return most
}

// narrow reports whether an operation makes narrow peaks.
func narrow(e ph.Expr) bool {
	switch e.Op() {
	case ph.OpUnary:
		name := e.Attr().(*ph.Unary).Name
		return name != "sin" && name != "cos" && name != "sqrt" && name != "abs"
	case ph.OpDiv:
		return ph.Contains(e.Args()[1], func(part ph.Expr) bool { return part.Op() == ph.OpCoord })
	}
	return e.Op() == ph.OpWhere
}

// involved reports whether an operation takes more than arithmetic at a point.
func involved(e ph.Expr) bool {
	switch e.Op() {
	case ph.OpD, ph.OpIntegral, ph.OpAt, ph.OpNormal, ph.OpNormalize:
		return true
	}
	return false
}
