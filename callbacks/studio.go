package callbacks

import (
	"maps"
	"slices"
	"time"
)

// studio decides which plots are drawn, so that drawing takes a twentieth of a core at most: trackers may fire faster than
// anyone can look. A plot that is left out gives way to a later one of its key; the last of each key is always drawn.
// Limits: plots that wait, and one for each key that was left out.
type studio struct {
	credit  float64 // seconds of drawing that are free now
	since   time.Time
	waiting int
	left    int // plots left out
	newest  map[string]*plot
}

const (
	mostCredit  = 1.0  // seconds, and what a run begins with
	share       = 0.05 // of the time
	mostWaiting = 64
)

// admit reports whether to draw a plot.
func (s *studio) admit(p *plot, now time.Time) bool {
	if !s.since.IsZero() {
		s.credit = min(mostCredit, s.credit+share*now.Sub(s.since).Seconds())
	}
	s.since = now
	if s.credit > 0 && s.waiting < mostWaiting {
		s.waiting++
		delete(s.newest, p.key)
		return true
	}
	if s.newest == nil {
		s.newest = map[string]*plot{}
	}
	s.left++
	s.newest[p.key] = p
	return false
}

// drew notes what n plots took.
func (s *studio) drew(n int, d time.Duration) {
	s.waiting -= n
	s.credit -= d.Seconds()
}

// late are the newest plots of keys whose newest one was left out. They are drawn when the run has ended.
func (s *studio) late() []*plot {
	var list []*plot
	for _, key := range slices.Sorted(maps.Keys(s.newest)) {
		list = append(list, s.newest[key])
		s.left--
	}
	s.newest = nil
	s.waiting += len(list)
	return list
}
