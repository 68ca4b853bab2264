package trackers

import "github.com/crux-pinn/crux/weights"

// The weight schemes that trackers drive, by alias.
type (
	GradientNormBalanced = weights.GradientNormBalanced // reads a GradientNorms
	NTKBalanced          = weights.NTKBalanced          // reads an NTKSpectrum for each constraint
)
