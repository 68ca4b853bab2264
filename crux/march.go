package crux

import (
	"fmt"
	"slices"
)

// drawWindow draws the points of the window that begins.
func (s *Solver) drawWindow() error {
	if s.march == nil {
		return nil
	}
	for _, g := range s.groups {
		if g.absent {
			continue
		}
		cloud, err := s.draw(g)
		if err != nil {
			return err
		}
		if err := s.setCloud(g, cloud); err != nil {
			return err
		}
		g.next = nil
	}
	return nil
}

// freezeWindow keeps the parameters of a window that is over.
func (s *Solver) freezeWindow() {
	if s.march == nil {
		return
	}
	for _, e := range s.layout.Entries() {
		for _, w := range s.march.fields {
			if q, ok := w.frozen[s.stages.now][e.Param]; ok {
				if at, fixed, ok := s.layout.Lookup(q.Path()); ok && fixed {
					copy(s.fixed[at.Offset:at.Offset+at.Len], s.theta[e.Offset:])
				}
			}
		}
	}
}

// enterWindow makes the point sets those of window k.
func (s *Solver) enterWindow(k int) {
	m := s.march
	at, _, _ := s.layout.Lookup(m.index.Path())
	s.fixed[at.Offset] = float64(k)
	for _, g := range s.groups {
		g.absent = g.parts[k] == nil
		if !g.absent {
			g.on = g.parts[k]
		}
	}
	for _, c := range s.cons {
		if q := c.points; q != nil {
			if i := slices.Index(s.groups[c.group].cloud.Coords, m.Coord); i >= 0 {
				q.view.Lo[i], q.view.Hi[i] = m.ends[k], m.ends[k+1]
			}
		}
	}
}

// leaveAbsent takes the weights of constraints that have no point in the window. The others keep their ratios and get the mean
// that all had: a scheme that balances may have given everything to a loss without a gradient.
func (s *Solver) leaveAbsent(w []float64) {
	all, present, n := 0.0, 0.0, 0
	for i := range w {
		all += w[i]
		if !s.groups[s.cons[i].group].absent {
			present += w[i]
			n++
		}
	}
	if n == len(w) || !(present > 0) {
		return
	}
	for i := range w {
		if s.groups[s.cons[i].group].absent {
			w[i] = 0
			continue
		}
		w[i] *= all / present * float64(n) / float64(len(w))
	}
}

// overall puts the whole of the problem in the place of its last window when that is over: what is evaluated from then on is
// evaluated at all times. The function that it returns puts back what was there.
func (s *Solver) overall() (back func(), err error) {
	if s.apart || s.march == nil || !s.stages.done(s.epoch) {
		return func() {}, nil
	}
	groups, parts := s.groups, s.parts
	back = func() {
		s.groups, s.parts, s.apart = groups, parts, false
		s.obj.forget()
	}
	s.groups, s.parts, s.apart = nil, nil, true
	s.obj.forget()
	for _, g := range groups {
		w := &group{name: g.name, on: g.whole, whole: g.whole, members: g.members}
		if w.cloud, err = w.on.Draw(s.Stream(fmt.Sprintf("points/%s/whole", g.name))); err == nil {
			err = s.compileGroup(w)
		}
		if err == nil {
			err = w.program.SetPoints(batch(w.cloud), s.fixed)
		}
		if err != nil {
			back()
			return nil, err
		}
		n := len(w.members)
		w.losses, w.trained, w.w = make([]float64, n), make([]float64, n), make([]float64, n)
		if n == 1 {
			w.rows = make([]float64, len(s.theta))
		}
		s.groups = append(s.groups, w)
	}
	return back, nil
}
