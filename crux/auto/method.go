package auto

import (
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/optim"
)

// Steps is the length of a run of which nothing is said.
const Steps = 5000

// Method chooses methods by itself, for a run of so many steps.
func Method(steps int, precision crux.Precision) optim.Method {
	return &optim.Auto{Steps: steps, Single: precision == crux.Float32}
}
