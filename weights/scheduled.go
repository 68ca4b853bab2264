package weights

// Scheduled gives each constraint a weight that depends on the step: w_i = W[i](epoch), 1 where W[i] is nil. An
// optim.Schedule fits.
type Scheduled struct {
	W []func(epoch int) float64
}

// Weigh implements Scheme. It fails when W has another length than there are constraints.
func (s *Scheduled) Weigh(dst, _ []float64, epoch int) error {
	if len(s.W) != len(dst) {
		return &LengthError{Have: len(s.W), Want: len(dst)}
	}
	for i, f := range s.W {
		dst[i] = 1
		if f != nil {
			dst[i] = f(epoch)
		}
	}
	return nil
}
