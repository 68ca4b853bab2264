package optim

import "context"

// Checker is implemented by methods that need more of an objective than losses and gradients. Check is called between Init and
// the first Step; an error says what is missing and what to do instead. It evaluates nothing.
type Checker interface {
	Check(ctx context.Context, f Objective) error
}
