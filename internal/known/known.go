// Package known is a library of differential equations whose solutions are known and are no expression that a problem file could hold in
// a line. The reference and the data of a file name them, and tests share them, so that an error is always measured against the same thing.
//
//	s, err := known.Lookup("burgers_cole_hopf", map[string]float64{"nu": 0.02})
//	err = s.Eval(values, points)
//
// Doc states the problem and the formula. Three solutions are computed: the viscous Burgers shock by quadrature of the Cole–Hopf
// integral, the Allen–Cahn field by a Fourier spectral method, and the Lotka–Volterra cycle by Taylor series. Those carry an
// error of their own, and SelfError says how large it is: no error measured against them means anything below it.
package known

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Solution is a known solution of a named problem. Get one from Lookup; the zero value solves nothing.
//
// The exported fields describe the solution. They are copies made for the caller: changing them changes nothing else.
// The methods may be called from several goroutines at once.
type Solution struct {
	Name string // the name that Lookup knows, such as "burgers_cole_hopf"
	Doc  string // the equation, its conditions and the formula of the solution

	Coords []string  // the coordinates in order, time first, such as {"t", "x"}
	Lower  []float64 // the least value of each coordinate
	Upper  []float64 // the greatest value of each coordinate

	// Fields names what Eval computes: first the unknowns of the problem, then quantities that derive from them.
	Fields []string

	Params map[string]float64 // the constants of the problem, as given to Lookup or by default

	// ClosedForm says that the only error of Eval is rounding. Otherwise see SelfError.
	ClosedForm bool

	dims, width int // len(Coords) and len(Fields), safe from changes of the exported slices
	within      region
	field       func() formula // the solution, made at the first call
	selfError   func() float64
}

// A formula writes the fields at the point p to dst. It must be safe for concurrent use.
type formula func(dst, p []float64)

// Names lists the solutions in alphabetical order.
func Names() []string {
	names := make([]string, len(library))
	for i, e := range library {
		names[i] = e.name
	}
	slices.Sort(names)
	return names
}

// Lookup returns the solution called name. The constants in params replace the defaults; nil keeps them all.
// Looking up is cheap: a solution that must be computed is computed when it is first evaluated, and at most once for
// each Solution.
//
// A name or a constant that does not exist is an error that lists those that do, and so is a constant outside the
// range in which the solution is valid.
func Lookup(name string, params map[string]float64) (*Solution, error) {
	i := slices.IndexFunc(library, func(e entry) bool { return e.name == name })
	if i < 0 {
		return nil, fmt.Errorf("known: no solution %q; there are %s", name, strings.Join(Names(), ", "))
	}
	e := library[i]
	values, err := e.constants(params)
	if err != nil {
		return nil, fmt.Errorf("known: %s: %w", name, err)
	}
	r := e.solve(values)
	s := &Solution{
		Name: e.name, Doc: e.doc,
		Fields:     slices.Clone(e.fields),
		Params:     maps.Clone(values),
		ClosedForm: r.check == nil,
		dims:       len(e.axes), width: len(e.fields),
		within: region{e.axes},
		field:  sync.OnceValue(r.field),
	}
	for _, a := range e.axes {
		s.Coords = append(s.Coords, a.name)
		s.Lower = append(s.Lower, a.lower)
		s.Upper = append(s.Upper, a.upper)
	}
	s.selfError = sync.OnceValue(func() float64 { return s.compare(r) })
	return s, nil
}

// entry is one row of the library.
type entry struct {
	name   string
	doc    string
	axes   []axis
	fields []string
	params []param
	solve  func(c map[string]float64) recipe // c holds every one of params
}

// axis is a coordinate and the interval on which the solution is stated.
type axis struct {
	name         string
	lower, upper float64
}

// param is a constant of a problem: its default and the range in which the solution is valid.
type param struct {
	name     string
	value    float64
	min, max float64
}

// recipe says how to make a solution.
type recipe struct {
	field func() formula // called once, at the first use
	check func() formula // the same solution at another resolution; nil for a closed form
	hard  []axis         // where to check again, since a lattice of the whole region hardly meets it; nil if nowhere
}

// closed is the recipe of a closed form.
func closed(f formula) recipe { return recipe{field: func() formula { return f }} }

// constants merges what the caller gave with the defaults.
func (e entry) constants(given map[string]float64) (map[string]float64, error) {
	names := make([]string, len(e.params))
	values := make(map[string]float64, len(e.params))
	for i, p := range e.params {
		names[i], values[p.name] = p.name, p.value
	}
	for _, name := range slices.Sorted(maps.Keys(given)) { // sorted, so that the same mistake gives the same message
		i := slices.Index(names, name)
		if i < 0 {
			return nil, fmt.Errorf("no constant %q; it has %s", name, strings.Join(names, ", "))
		}
		p, v := e.params[i], given[name]
		if !(v >= p.min && v <= p.max) { // also refuses NaN
			return nil, fmt.Errorf("%s = %g is outside [%g, %g], where the solution is valid", name, v, p.min, p.max)
		}
		values[name] = v
	}
	return values, nil
}
