package crux

import (
	"errors"
	"fmt"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Status says why Solve returned.
type Status int

const (
	Completed Status = iota // ran the requested steps
	Converged               // the method found nothing left to improve; see Result.Reason
	Stopped                 // a callback asked to stop; see Result.Reason
	Canceled                // the context ended
	Diverged                // a loss became NaN or Inf
	Failed                  // a callback, scheme or method returned an error
)

var statusNames = [...]string{"completed", "converged", "stopped", "canceled", "diverged", "failed"}

func (s Status) String() string {
	if s < 0 || int(s) >= len(statusNames) {
		return fmt.Sprintf("Status(%d)", int(s))
	}
	return statusNames[s]
}

// ErrStop is what errors.Is finds in an error by which a callback asks the solver to stop.
var ErrStop = errors.New("crux: stop")

// Stop returns the error by which OnStep ends the run without failing it. The reason is shown to the user.
func Stop(reason string) error { return &stop{reason} }

type stop struct{ reason string }

func (e *stop) Error() string        { return e.reason }
func (e *stop) Is(target error) bool { return target == ErrStop }

// DivergedError says where a loss stopped being a number.
type DivergedError struct {
	Problem    string
	Constraint string
	Epoch      int
	Point      map[string]float64 // coordinates of the first point with a residual that is not finite; nil if all are
	Expr       ph.Expr            // smallest part of the residual that is not finite there; nil if none was found
	Value      float64
}

func (e *DivergedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "crux: epoch %d: constraint %q: ", e.Epoch, e.Constraint)
	if e.Point == nil {
		fmt.Fprintf(&b, "the loss is %v although every residual is finite: the residuals are too large to square", e.Value)
		return b.String()
	}
	if e.Expr != nil {
		fmt.Fprintf(&b, "%s is %v", e.Expr, e.Value)
	} else {
		fmt.Fprintf(&b, "the residual is %v", e.Value)
	}
	b.WriteString(" at")
	for _, c := range sortedKeys(e.Point) {
		fmt.Fprintf(&b, " %s=%.6g", c, e.Point[c])
	}
	if e.Expr != nil {
		if p := e.Expr.Pos().String(); p != "" {
			fmt.Fprintf(&b, " (written at %s)", p)
		}
	}
	b.WriteString("; lower the learning rate, or keep the expression inside its domain")
	return b.String()
}
