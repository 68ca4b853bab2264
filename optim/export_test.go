package optim

import "github.com/crux-pinn/crux/optim/internal/normal"

// System is the sum of squares as the systems see it.
func System(f Objective) *normal.Loss { return f.system() }
