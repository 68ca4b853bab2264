package callbacks

import "github.com/crux-pinn/crux/trackers"

// The trackers and the weight schemes that they drive.
type (
	CosSimilarity        = trackers.CosSimilarity
	Error                = trackers.Error
	GradientAlignment    = trackers.GradientAlignment
	GradientNormBalanced = trackers.GradientNormBalanced
	GradientNorms        = trackers.GradientNorms
	HessianSpectrum      = trackers.HessianSpectrum
	InputSensitivity     = trackers.InputSensitivity
	LossLandscape        = trackers.LossLandscape
	NTKBalanced          = trackers.NTKBalanced
	NTKSpectrum          = trackers.NTKSpectrum
	ResidualStats        = trackers.ResidualStats
)
