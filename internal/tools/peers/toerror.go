package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// race is a problem that crux and its peers solve one after the other, with the same network. The file is solved as it ships; the
// peers have the same equation with the conditions built into the unknown, which suits them best, and as many points as the
// file begins with.
type race struct {
	name   string        // of the problem, and what testdata/peers/toerror.py calls it
	file   string        // under testdata/problems
	budget time.Duration // training time of each peer: a third of what the project allows the file
	warmup int           // steps of Adam before SSBroyden in JAX
	moving bool          // points follow the residual in JAX too
	more   int           // the peers solve it on that many points as well, where those of crux become more; 0 means they do not
}

var races = []race{
	{"poisson2d", "poisson2d_hard", 20 * time.Second, 500, false, 0},
	{"burgers1d", "burgers1d", 40 * time.Second, 1000, true, 4000},
	{"helmholtz2d", "helmholtz2d", time.Minute, 1000, false, 0},
}

// rival is a program that crux is compared with.
type rival struct {
	name, env, script string
	way               string  // of those that the script knows
	target            float64 // least ratio of the times
}

var rivals = []rival{
	{"DeepXDE", "deepxde", "deepxde_toerror.py", "", 10},
	{"jNO, as its tutorials", "jno", "jno_toerror.py", "adam", 10},
	{"jNO, its best", "jno", "jno_toerror.py", "ssbroyden", 10},
	{"JAX + SSBroyden", "jax", "jax_toerror.py", "", 3},
}

// moment is a training time in seconds and the relative L2 error then.
type moment struct{ seconds, err float64 }

// UnmarshalJSON implements json.Unmarshaler: a moment is written as a pair.
func (m *moment) UnmarshalJSON(b []byte) error {
	_, err := fmt.Sscanf(string(b), "[%g,%g]", &m.seconds, &m.err)
	return err
}

// trace is a run: its error over its training time.
type trace struct {
	Startup    float64 // seconds from the start of the process to that of the training
	Trace      []moment
	Steps      int
	Points     int
	Parameters int
	How        string
	Ended      string

	peer   string  // whose run it is; empty for ours
	target float64 // least ratio of its times to ours
	hidden []int   // of our network
}

// best is the smallest error and when it was first reached.
func (t *trace) best() moment {
	b := moment{0, math.Inf(1)}
	for _, m := range t.Trace {
		if m.err < b.err {
			b = m
		}
	}
	return b
}

// reaches is the time at which the error was first as small as e, infinite if it never was.
func (t *trace) reaches(e float64) float64 {
	for _, m := range t.Trace {
		if m.err <= e {
			return m.seconds
		}
	}
	return math.Inf(1)
}

// last is the end of the run.
func (t *trace) last() moment { return t.Trace[len(t.Trace)-1] }

// outcome is what came of a race.
type outcome struct {
	race
	ours   *trace
	theirs []*trace // of those that are installed
}

// toErrors runs all races that the configuration wants, with a training time for the peers other than their own if it is not 0.
func (c config) toErrors(budget time.Duration) ([]*outcome, error) {
	var all []*outcome
	for _, r := range races {
		if budget > 0 {
			r.budget = budget
		}
		if !c.only.MatchString(r.name) {
			continue
		}
		o, err := c.race(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.name, err)
		}
		all = append(all, o)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no problem has a name that matches %v; there are poisson2d, burgers1d and helmholtz2d", c.only)
	}
	return all, nil
}

func (c config) race(r race) (*outcome, error) {
	dir, err := os.MkdirTemp("", "crux-peers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // temporary
	o := &outcome{race: r}
	if o.ours, err = solveFile(filepath.Join("testdata/problems", r.file+".yaml"), c.sets, dir, r.more); err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "peers: %s: crux %v\n", r.name, o.ours)
	if err := c.compete(o, dir, ""); err != nil || r.more == 0 {
		return o, err
	}
	if err := os.Rename(filepath.Join(dir, "more"), filepath.Join(dir, "points")); err != nil {
		return nil, err
	}
	return o, c.compete(o, dir, fmt.Sprintf(", %d points", r.more))
}

// compete lets all rivals solve the problem on the points in the directory. label is added to their names.
func (c config) compete(o *outcome, dir, label string) error {
	for _, v := range rivals {
		t, err := c.rival(v, o.race, o.ours.hidden, dir)
		switch {
		case errors.Is(err, errAbsent):
			fmt.Fprintf(os.Stderr, "peers: %s left out: %v\n", v.name, err)
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", v.name, err)
		case t.Parameters != o.ours.Parameters:
			return fmt.Errorf("%s has %d parameters and crux %d; they cannot be compared", v.name, t.Parameters, o.ours.Parameters)
		}
		t.peer, t.target = v.name+label, v.target
		fmt.Fprintf(os.Stderr, "peers: %s: %s %v\n", o.name, t.peer, t)
		o.theirs = append(o.theirs, t)
	}
	return nil
}

func (t *trace) String() string {
	b := t.best()
	return fmt.Sprintf("best %.2e at %.2f s, %.2e at the end at %.1f s; started in %.2f s; %d points, %d steps: %s; ended by %s",
		b.err, b.seconds, t.last().err, t.last().seconds, t.Startup, t.Points, t.Steps, t.How, t.Ended)
}

// rival lets a peer solve a problem within its time.
func (c config) rival(v rival, r race, hidden []int, dir string) (*trace, error) {
	began := time.Now()
	p, err := c.startPeer(v.env, v.script)
	if err != nil {
		return nil, err
	}
	defer p.close()
	t := &trace{}
	err = p.ask(map[string]any{
		"problem": r.name, "dir": dir, "budget": r.budget.Seconds(), "hidden": hidden, "seed": 1, "warmup": r.warmup, "resample": r.moving,
		"way": v.way, "adam_share": 0.25, "started": float64(began.UnixNano()) / 1e9,
	}, t)
	if err == nil && len(t.Trace) == 0 {
		err = errors.New("it has measured nothing")
	}
	return t, err
}

// solveFile solves a problem file with its own settings, and writes what the peers need into a directory: the grid on which
// the solution is judged, the solution there, and the points of the equation; and in another file more points, if that is not 0.
func solveFile(path string, sets []string, dir string, more int) (*trace, error) {
	began := time.Now()
	p, err := problemfile.Load(path, append([]string{"accuracy=best"}, sets...))
	if err != nil {
		return nil, err
	}
	s, err := p.New()
	if err != nil {
		return nil, err
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	w, err := newWatch(p, s)
	if err != nil {
		return nil, err
	}
	points, err := s.Cloud("pde")
	if err != nil {
		return nil, err
	}
	t := &trace{Startup: time.Since(began).Seconds(), Points: points.Len(), Parameters: len(s.Theta()), How: p.Name + ".yaml"}
	t.hidden = hiddenOf(s)
	if len(sets) > 0 {
		t.How += fmt.Sprintf(" with %q", sets)
	}
	files := map[string][]float64{"x": w.grid.X, "ref": w.want, "points": points.X}
	if more > 0 {
		m, err := p.Crux.Constraints[0].On.Count(more).Draw(s.Stream("peers"))
		if err != nil {
			return nil, err
		}
		files["more"] = m.X
	}
	for name, x := range files {
		if err := writeFloats(filepath.Join(dir, name), x); err != nil {
			return nil, err
		}
	}
	err = w.solve(p, s, t)
	return t, err
}

// hiddenOf are the widths of the hidden layers of the one network.
func hiddenOf(s *crux.Solver) (widths []int) {
	for _, p := range s.Parameters() {
		if len(p.Shape) == 2 && !p.Fixed {
			widths = append(widths, p.Shape[1])
		}
	}
	return widths[:len(widths)-1]
}

func writeFloats(path string, x []float64) error {
	b := make([]byte, 0, 8*len(x))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	return os.WriteFile(path, b, 0o600)
}

// levels are the errors at which the times of all programs stand side by side: powers of ten that at least one reached.
func (o *outcome) levels() []float64 {
	var all []float64
	for k := 1; k < 16; k++ {
		e := math.Pow10(-k)
		if slices.ContainsFunc(append([]*trace{o.ours}, o.theirs...), func(t *trace) bool { return !math.IsInf(t.reaches(e), 1) }) {
			all = append(all, e)
		}
	}
	return all
}
