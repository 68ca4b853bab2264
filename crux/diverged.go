package crux

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// DivergedError says where a loss, or its gradient, stopped being a number.
type DivergedError struct {
	Problem    string
	Constraint string // "" if the gradients of all losses are finite and only what a GradientHook made of them is not
	Epoch      int
	Point      map[string]float64 // coordinates of the first point with a residual that is not finite; nil if all are
	Expr       ph.Expr            // smallest part of the residual that is not finite there; nil if none was found
	Where      string             // the place of Expr, for who knows it better; "" means that of Expr.Pos
	Value      float64            // of the expression, the residual, the loss or the derivative: NaN or ±Inf
	Parameter  string             // path of the parameter whose derivative is not finite, where the loss itself is; or ""
}

func (e *DivergedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "crux: step %d: ", e.Epoch)
	if e.Constraint == "" {
		b.WriteString("the gradient that reached the method is not finite although those of all losses are; look at the gradient hooks")
		return b.String()
	}
	fmt.Fprintf(&b, "constraint %q: ", e.Constraint)
	switch {
	case e.Parameter != "":
		fmt.Fprintf(&b, "the loss is finite, its derivative with respect to %s is %v; "+
			"keep away from points where the residual has none, such as sqrt(0)", e.Parameter, e.Value)
		return b.String()
	case e.Point == nil:
		fmt.Fprintf(&b, "the loss is %v although every residual is finite: the residuals are too large to square", e.Value)
		return b.String()
	case e.Expr != nil:
		fmt.Fprintf(&b, "%s is %v", e.Expr, e.Value)
	default:
		fmt.Fprintf(&b, "the residual is %v", e.Value)
	}
	b.WriteString(" at")
	for _, c := range slices.Sorted(maps.Keys(e.Point)) {
		fmt.Fprintf(&b, " %s=%.6g", c, e.Point[c])
	}
	if e.Expr != nil {
		if p := cmp.Or(e.Where, e.Expr.Pos().String()); p != "" {
			fmt.Fprintf(&b, " (written at %s)", p)
		}
	}
	if e.Epoch == 0 {
		b.WriteString("; that is before the first step: " +
			"keep the expression inside its domain, as max(x, 1e-6) does, or begin with other values of the parameters")
	} else {
		b.WriteString("; lower the learning rate, or keep the expression inside its domain")
	}
	return b.String()
}

// diverged finds the first loss of a plan that is not finite and the part of its residual that is to blame.
func (s *Solver) diverged(p *plan) error {
	d := &DivergedError{Problem: s.problem.Name, Epoch: s.epoch, Constraint: s.constraints[0].name, Value: math.NaN()}
	for i, l := range p.obj.losses {
		if !finite(l) {
			d.Constraint, d.Value = s.constraints[i].name, l
			s.blame(d, p, i)
			return d
		}
	}
	// Every loss is finite, their weighted sum is not.
	d.Value = math.Inf(1)
	return d
}

// badGradient finds the first constraint and parameter with a derivative that is not finite.
func (s *Solver) badGradient() error {
	d := &DivergedError{Problem: s.problem.Name, Epoch: s.epoch, Value: math.NaN()}
	g, err := s.plan.gradients()
	if err != nil {
		return err
	}
	for i, c := range s.constraints {
		row := g.RawRowView(i)
		for _, e := range s.layout.Entries() {
			for _, v := range row[e.Offset : e.Offset+e.Len] {
				if !finite(v) {
					d.Constraint, d.Parameter, d.Value = c.name, e.Path, v
					return d
				}
			}
		}
	}
	return d
}

// blame finds the first point at which residual i is not finite, and there the smallest part of it that is not.
func (s *Solver) blame(d *DivergedError, p *plan, i int) {
	r, err := p.residuals(i)
	if err != nil {
		return
	}
	cloud := p.group(i).cloud
	n, _ := r.Dims()
	for k := range n {
		v, bad := notFinite(r.RawRowView(k))
		if !bad {
			continue
		}
		d.Value, d.Point = v, map[string]float64{}
		for j, c := range cloud.Coords {
			d.Point[c.Name()] = cloud.Row(k)[j]
		}
		one := cloud.Subset([]int{k})
		for part := range ph.Walk(s.problem.Constraints[i].Residual, isAtPoint) {
			ev, err := s.compileOn(part, one)
			if err != nil {
				continue
			}
			at, err := ev.Eval()
			if err != nil {
				continue
			}
			if v, bad := notFinite(at.RawMatrix().Data); bad {
				d.Expr, d.Value = part, v
				return
			}
		}
		return
	}
}

// isAtPoint reports whether the operands of an expression are evaluated where it is, as those of derivatives, substitutions
// and integrals are not.
func isAtPoint(e ph.Expr) bool {
	op := e.Op()
	return op != ph.OpD && op != ph.OpAt && op != ph.OpIntegral
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func notFinite(x []float64) (v float64, found bool) {
	for _, v := range x {
		if !finite(v) {
			return v, true
		}
	}
	return 0, false
}
