package weights

import "fmt"

// LengthError says that a scheme was set up for another number of constraints.
type LengthError struct{ Have, Want int }

func (e *LengthError) Error() string {
	return fmt.Sprintf("weights: %d weights for %d constraints; give one for each, in order", e.Have, e.Want)
}
