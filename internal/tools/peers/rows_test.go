package main

import (
	"testing"
)

// Every row can be stated, and crux does its work: the residuals, the weights and the source are those that the peer gets.
func TestRows(t *testing.T) {
	for _, r := range rows() {
		r.points = 64
		o, err := newOurs(r)
		if err != nil {
			t.Fatalf("%s: %v", r.name, err)
		}
		n := 0
		for i, w := range r.sizes()[1:] {
			n += (r.sizes()[i] + 1) * w
		}
		if len(o.theta) != n || len(o.answer) == 0 || r.work == "step" && !(o.loss > 0) || o.write(t.TempDir()) != nil {
			t.Errorf("%s: %d parameters, want %d; %d numbers, loss %g", r.name, len(o.theta), n, len(o.answer), o.loss)
		}
		o.close()
	}
}

// The trackers of the page measure, and a mask of the last layer is one.
func TestWatched(t *testing.T) {
	w, err := newWatched(130)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	for name, n := range map[string]int{"off": 0, "all": 8, "masked": 8} {
		if len(w[name].trackers) != n {
			t.Errorf("%s: %d trackers", name, len(w[name].trackers))
		}
		if s, err := stepSeconds(w[name].Solver, 2, w[name].trackers...); err != nil || !(s > 0) {
			t.Errorf("%s: %g s, %v", name, s, err)
		}
	}
}
