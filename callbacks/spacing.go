package callbacks

import "math/bits"

// Trackers may fire faster than anyone can look, so that of the images of one key those are drawn that are a spacing apart: at most
// a 32nd of the run as it is planned, and at most a sixteenth of the steps so far, since a run may end long before. Neither
// the speed of the run matters nor whether it was broken off: the choice depends on the steps of the measurements alone.
const (
	perRun = 32 // images over a planned run, at least, and at most twice as many
	soFar  = 16 // while the number of steps doubles
)

// spacing is the number of steps between two images at a step of a run that is planned to end at the step end: a power of two, so that
// wider spacings continue where closer ones end.
func spacing(epoch, end int) int {
	return 1 << (bits.Len(uint(max(1, min(epoch/soFar, end/perRun)))) - 1)
}

// spaced reports whether the image of a measurement is drawn, when the measurement before it was made at the step before, or is the
// first (−1).
func spaced(before, epoch, end int) bool {
	s := spacing(epoch, end)
	return before < 0 || before/s != epoch/s
}
