package crux

import (
	"errors"
	"fmt"
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
