package auto

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/sizes"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Units. Networks, first-order methods and damping work best with numbers of order one, and users have pascals and nanometres. So each
// component of an unknown function is trained in a unit of its own, each unknown number as well, and residuals are divided by the size that
// they have then. All are powers of two: a problem in other units, by powers of two, is the same bit for bit; and one whose functions are
// of the size one in a domain of the length one is left as it is.
//
//	a function   the largest of what conditions ask for, and of the least that equations do: of a·u + … = g it is max|g| / max|a|,
//	             of a·u² = g the root of that, a derivative of u counted as u over lengths. Where none asks, terms say it: the u/b
//	             of exp(u/b) is of order one, in sqrt(b + u) it is as large as b, and u + u²/b is where both are as large.
//	             Where data measure it all over its axes, it is as large as they are, whatever equations ask for
//	a number     that by which its terms are as large as the others of their constraint, where its initial value is far from that
//	a residual   its largest term with unknowns, a derivative counted as u over the lengths of axes; of equations with a function that
//	             data measure the largest of all terms: others balance a source, however small they seem

// far is the ratio of an initial value to what balances terms from which the initial value says nothing. Guesses of users are off by a
// hundred at most where they are meant as guesses; 1 for a modulus of 2e11 is none.
const far = 256.

// notable is the ratio to one of a unit of which a reader is told.
const notable = 100.

// said notes a unit that is worth a line.
func (u *unitFinder) said(what string, unit float64, why string) {
	if unit > notable || unit < 1/notable {
		u.choice.decide(fmt.Sprintf("%s is trained in units of %.3g", what, unit), why)
	}
}

// units finds units, from the constraints as they are stated, and puts them into the problem.
func (c *Choice) units(p Problem, stated []crux.Constraint) {
	if p.Unscaled || p.Domain == nil {
		return
	}
	u := &unitFinder{
		choice: c, given: p.Fields, of: map[sizes.Component]float64{}, measured: map[sizes.Component]bool{},
		numbers: map[*ph.Param]float64{}, lengths: map[*ph.Coord]float64{},
	}
	if !u.read(stated) {
		return // New says what is wrong
	}
	u.functions()
	u.parameters()
	u.apply()
	u.residuals()
}

// unitFinder finds units.
type unitFinder struct {
	choice     *Choice
	given      map[*ph.Field]ph.Expr // fields that stand for something of the user's own
	list       []statedTerms
	components []sizes.Component // in the order in which they occur
	params     []*ph.Param
	of         map[sizes.Component]float64
	measured   map[sizes.Component]bool // by data all over its axes
	numbers    map[*ph.Param]float64
	lengths    map[*ph.Coord]float64 // of axes
}

// statedTerms is a constraint with the terms of its residual.
type statedTerms struct {
	name     string
	terms    []ph.Expr
	at       *domain.Cloud
	peaks    *sizes.Peaks
	equation bool // inside the domain, and without data
	data     bool // with many values, along most of all axes
}

// read takes the constraints apart.
func (u *unitFinder) read(list []crux.Constraint) bool {
	for _, k := range list {
		if k.Residual == nil || k.On == nil || k.Residual.Err() != nil || sized(k.On).Err() != nil {
			return false
		}
		on := sized(k.On)
		lo, hi := on.Bounds()
		for j, c := range on.Coords() {
			u.lengths[c] = max(u.lengths[c], hi[j]-lo[j])
		}
		if len(on.Patches()) > 0 && on.Dims() > 0 {
			on = spaced(on, sizes.Looks)
		}
		s := statedTerms{name: k.Name, terms: ph.Summands(k.Residual), equation: isEquation(k)}
		if at, err := on.Draw(nil); err == nil {
			s.at = at
			if len(on.Patches()) > 0 && on.Dims() > 0 {
				s.peaks = sizes.NewPeaks(func(n int) (*domain.Cloud, error) { return on.Count(n).Draw(nil) })
			}
		}
		u.list = append(u.list, s)
		for _, f := range ph.Occurring[*ph.Field](k.Residual) {
			for i := range f.Dim() {
				if x := (sizes.Component{Field: f, Index: i}); !slices.Contains(u.components, x) {
					u.components = append(u.components, x)
				}
			}
		}
		for _, p := range ph.Occurring[*ph.Param](k.Residual) {
			if !p.Fixed() && len(p.Shape()) == 0 && !slices.Contains(u.params, p) {
				u.params = append(u.params, p)
			}
		}
	}
	for c, l := range u.lengths {
		if !(l > 0) {
			u.lengths[c] = 1
		}
	}
	for i, k := range list {
		u.list[i].data = len(k.On.Columns()) > 0 && u.everywhere(u.list[i].at)
	}
	for _, q := range u.params {
		if v := math.Abs(sizes.First(q)); v > 0 {
			u.numbers[q] = v
		}
	}
	return true
}

const (
	manyValues = 20  // of data, to tell how large a function is
	mostOfAxis = 0.8 // that they reach over
)

// everywhere reports whether there are many points, and they reach over all axes.
func (u *unitFinder) everywhere(at *domain.Cloud) bool {
	if at == nil || at.Len() < manyValues {
		return false
	}
	for j, c := range at.Coords {
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range at.Len() {
			lo, hi = min(lo, at.Row(i)[j]), max(hi, at.Row(i)[j])
		}
		if hi-lo < mostOfAxis*u.lengths[c] {
			return false
		}
	}
	return true
}

// within are sizes at a constraint, with functions that change in the given lengths.
func (u *unitFinder) within(k statedTerms, lengths map[*ph.Coord]float64) *sizes.Sizes {
	return &sizes.Sizes{Of: u.of, Numbers: u.numbers, Lengths: lengths, At: k.at, Peaks: k.peaks}
}

// parts are the components that a term contains.
func (u *unitFinder) parts(term ph.Expr) []sizes.Component {
	whole := map[*ph.Field]bool{}
	var list []sizes.Component
	for part := range ph.Walk(term, func(part ph.Expr) bool { return part.Op() != ph.OpSlice || part.Args()[0].Op() != ph.OpField }) {
		if r, ok := part.Attr().(ph.Range); ok && part.Op() == ph.OpSlice && part.Args()[0].Op() == ph.OpField {
			for k := r.Lo; k < r.Hi; k++ {
				list = append(list, sizes.Component{Field: part.Args()[0].Attr().(*ph.Field), Index: k})
			}
			continue
		}
		if f, ok := part.Attr().(*ph.Field); ok && !whole[f] {
			whole[f] = true
			for k := range f.Dim() {
				list = append(list, sizes.Component{Field: f, Index: k})
			}
		}
	}
	slices.SortFunc(list, func(a, b sizes.Component) int { return slices.Index(u.components, a) - slices.Index(u.components, b) })
	return slices.Compact(list)
}

// open are the components in some terms that have no unit yet.
func (u *unitFinder) open(terms ...ph.Expr) (list []sizes.Component) {
	for _, t := range terms {
		for _, x := range u.parts(t) {
			if u.of[x] == 0 && !slices.Contains(list, x) {
				list = append(list, x)
			}
		}
	}
	return list
}

// functions finds the units of functions, round by round: those of which a constraint leaves one alone unknown, where there is none,
// those of which it leaves several, and then those that stand within something else.
func (u *unitFinder) functions() {
	single := func(k statedTerms, asked map[sizes.Component]float64) { u.ask(k, 0, true, asked) }
	several := func(k statedTerms, asked map[sizes.Component]float64) { u.ask(k, 0, false, asked) }
	for len(u.of) < len(u.components) {
		if !u.round(single) && !u.round(several) && !u.round(u.inner) {
			return
		}
	}
}

// round asks all constraints, and reports whether that has told the unit of another function.
func (u *unitFinder) round(ask func(k statedTerms, asked map[sizes.Component]float64)) (changed bool) {
	// What a condition asks for, a function has there. By an equation it is at most as large, where another term is what balances.
	asked, most := map[sizes.Component]float64{}, map[sizes.Component]float64{}
	for _, k := range u.list {
		own := map[sizes.Component]float64{}
		ask(k, own)
		for x, v := range own {
			if !k.equation {
				asked[x] = max(asked[x], v)
				u.measured[x] = u.measured[x] || k.data
			} else if most[x] == 0 || v < most[x] {
				most[x] = v
			}
		}
	}
	for _, x := range u.components {
		if u.measured[x] {
			most[x] = 0
		}
		if v := max(asked[x], most[x]); v > 0 && u.of[x] == 0 {
			u.of[x], changed = v, true
		}
	}
	return changed
}

// ownScale are the functions whose arguments are numbers of order one.
var ownScale = []string{"exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf", "atan"}

// inner notes the sizes that the terms of a constraint ask for by themselves.
func (u *unitFinder) inner(k statedTerms, asked map[sizes.Component]float64) {
	u.balance(k, asked)
	for _, t := range k.terms {
		for part := range ph.Walk(t, nil) {
			switch f, _ := part.Attr().(*ph.Unary); {
			case f != nil && slices.Contains(ownScale, f.Name):
				u.ask(statedTerms{terms: ph.Summands(part.Args()[0]), at: k.at}, 1, false, asked)
			case part.Op() == ph.OpAdd, part.Op() == ph.OpSub:
				u.ask(statedTerms{terms: ph.Summands(part), at: k.at}, 0, false, asked)
			}
		}
	}
}

// balance notes the size with which terms of the highest power of a function, the one unknown, are as large as those of the lowest.
func (u *unitFinder) balance(k statedTerms, asked map[sizes.Component]float64) {
	open := u.open(k.terms...)
	if len(open) != 1 {
		return
	}
	s := u.within(k, u.lengths)
	s.Of = maps.Clone(u.of)
	size := func(t ph.Expr, exponent int) float64 {
		s.Of[open[0]] = math.Ldexp(1, exponent)
		return s.Size(t)
	}
	least, most := math.Inf(1), 0.0
	power := make([]float64, len(k.terms))
	for i, t := range k.terms {
		if power[i] = degree(size(t, 1) / size(t, 0)); power[i] != degree(size(t, 0)/size(t, -1)) {
			return // it is no power
		}
		least, most = min(least, power[i]), max(most, power[i])
	}
	if !(most > least) {
		return
	}
	of := func(which float64, exponent int) (sum float64) {
		for i, t := range k.terms {
			if power[i] == which {
				sum += size(t, exponent)
			}
		}
		return sum
	}
	if e, ok := last(func(e int) bool { return of(most, e) <= math.Sqrt2*of(least, e) }); ok {
		asked[open[0]] = max(asked[open[0]], math.Ldexp(1, e))
	}
}

// degree is the power of which a factor belongs to a factor of two.
func degree(factor float64) float64 { return math.Round(math.Log2(factor)*64) / 64 }

// last is the last exponent at which something holds that holds for all before it.
func last(holds func(exponent int) bool) (e int, ok bool) {
	const most = 300
	e = sort.Search(2*most, func(i int) bool { return !holds(i - most) }) - 1 - most
	return e, e > -most && e < most-1
}

// ask notes the sizes that a constraint asks of functions: by which their terms, in which nothing else is unknown, are together as large as
// what is known, which is at least so much.
func (u *unitFinder) ask(k statedTerms, known float64, single bool, asked map[sizes.Component]float64) {
	lengths := map[*ph.Coord]float64{}
	for c, l := range u.lengths {
		lengths[c] = l / 2
	}
	alone, shared := map[sizes.Component][]ph.Expr{}, map[sizes.Component][]ph.Expr{} // of terms with one of them, or with several
	for _, t := range k.terms {
		open := u.open(t)
		switch len(open) {
		case 0:
			s := u.within(k, lengths)
			v := s.Size(t)
			known = max(known, v)
			if k.equation && !ph.Contains(t, ph.Unknown) && v > 0 {
				u.shorten(s, t, v)
			}
		case 1:
			alone[open[0]] = append(alone[open[0]], t)
		default:
			for _, x := range open {
				shared[x] = append(shared[x], t)
			}
		}
	}
	if len(alone) == 0 && !single {
		alone = shared
	}
	if !(known > 0) || single && len(alone) > 1 {
		return
	}
	for x, terms := range alone {
		s := u.within(k, lengths)
		s.Of = maps.Clone(u.of)
		for y := range alone {
			s.Of[y] = 0 // a term of several, as a stress is of displacements, is what it is with one of them alone
		}
		together := func(exponent int) (sum float64) {
			s.Of[x] = math.Ldexp(1, exponent)
			for _, t := range terms {
				sum += s.Size(t)
			}
			return sum
		}
		// the last power of two with which the terms are not larger than what is known, to half a power
		if e, ok := last(func(e int) bool { return together(e) <= math.Sqrt2*known }); ok {
			asked[x] = max(asked[x], math.Ldexp(1, e))
		}
	}
}

// shorten lets functions change in the lengths in which a source does, where these are shorter.
func (u *unitFinder) shorten(s *sizes.Sizes, source ph.Expr, size float64) {
	for c, l := range s.Lengths {
		if slope := s.Largest(source.D(c)); slope > 0 && size/slope < l {
			s.Lengths[c] = size / slope
		}
	}
}

// parameters finds the units of unknown numbers.
func (u *unitFinder) parameters() {
	for _, q := range u.params {
		balance := 0.0
		for _, k := range u.list {
			own, others := 0.0, 0.0
			for _, t := range k.terms {
				s := u.within(k, u.lengths)
				if !ph.Mentions(t, q) {
					others = max(others, s.Size(t))
					continue
				}
				s.Numbers = maps.Clone(u.numbers)
				s.Numbers[q] = 1
				v := s.Size(t)
				if s.Numbers[q] = 2; s.Size(t) == 2*v {
					own = max(own, v)
				}
			}
			if own > 0 && others > 0 && !math.IsInf(others/own, 0) {
				balance = max(balance, others/own)
			}
		}
		said := u.numbers[q]
		switch {
		case balance > 0 && !(said/balance <= far && balance/said <= far):
			u.numbers[q] = sizes.Power(balance)
		case said > 0:
			u.numbers[q] = sizes.Power(said)
		}
	}
}

// apply puts the units into the problem, and says so.
func (u *unitFinder) apply() {
	c := u.choice
	for _, f := range u.fields() {
		u.trainIn(f)
	}
	for _, q := range u.params {
		if v := u.numbers[q]; v > 0 && v != 1 {
			if c.Problem.Units == nil {
				c.Problem.Units = map[*ph.Param]float64{}
			}
			c.Problem.Units[q] = v
			u.said(q.Path(), v, "its terms are then as large as the others, or its initial value is of that size")
		}
	}
}

// fields are the unknown functions that may have units: those of which the user says nothing more.
func (u *unitFinder) fields() []*ph.Field {
	var list []*ph.Field
	for _, x := range u.components {
		if u.given[x.Field] == nil && !slices.Contains(list, x.Field) {
			list = append(list, x.Field)
		}
	}
	return list
}

// trainIn lets the network of a field be trained in the units of its components.
func (u *unitFinder) trainIn(f *ph.Field) {
	units, plain := make([]float64, f.Dim()), true
	for k := range units {
		units[k] = sizes.Or1(u.of, sizes.Component{Field: f, Index: k})
		plain = plain && units[k] == 1
	}
	if plain {
		return
	}
	c := u.choice
	to := c.Problem.Fields[f]
	if to == nil {
		to = f
	}
	networks := map[*ph.Field]ph.Expr{} // of the field: itself, or one that has become periodic
	for part := range ph.Walk(to, nil) {
		g, ok := part.Attr().(*ph.Field)
		if !ok || g.Dim() != f.Dim() || g != f && c.Problem.Fields[g] != nil {
			continue
		}
		parts := make([]ph.Expr, g.Dim())
		for k := range parts {
			parts[k] = g.Index(k).Scale(units[k])
		}
		networks[g] = ph.Concat(parts...)
	}
	if c.Problem.Fields == nil {
		c.Problem.Fields = map[*ph.Field]ph.Expr{}
	}
	c.Problem.Fields[f] = ph.ReplaceFields(to, networks)
	for k, v := range units {
		name := f.Name()
		if len(units) > 1 {
			name = fmt.Sprintf("%s[%d]", name, k)
		}
		u.said(name, v, "conditions, data or sources ask for that size")
	}
}

// residuals divides each residual by its size in these units, where nothing is said of how to weigh constraints. It comes last: sizes are
// of constraints that are trained.
func (u *unitFinder) residuals() {
	c := u.choice
	if c.Options.Weights != nil || slices.ContainsFunc(c.Problem.Constraints, weighed) {
		return
	}
	lengths := map[*ph.Coord]float64{}
	for x, l := range u.lengths {
		lengths[x] = sizes.Power(l)
		if part := c.extents[x]; part > 0 { // of functions of their own, whose values count as much more beside their slopes
			lengths[x] = sizes.Power(part)
		}
	}
	for i := range c.Problem.Constraints {
		k := &c.Problem.Constraints[i]
		most := 0.0
		stated := u.list[slices.IndexFunc(u.list, func(s statedTerms) bool { return s.name == k.Name })]
		known := stated.equation && slices.ContainsFunc(stated.terms, func(t ph.Expr) bool {
			return slices.ContainsFunc(u.parts(t), func(x sizes.Component) bool { return u.measured[x] })
		})
		for _, t := range stated.terms {
			if ph.Contains(t, ph.Unknown) || known {
				most = max(most, u.within(stated, lengths).Size(t))
			}
		}
		if most > 0 && !math.IsInf(most, 0) && !math.IsInf(1/most, 0) {
			if by := sizes.Power(most); by != 1 {
				if c.Divided == nil {
					c.Divided = map[string]float64{}
				}
				k.Scale, c.Divided[k.Name] = by, by
				if k.Loss.Robust() { // which is of a size in the units of the residual as it is stated
					k.Loss.Delta = k.Loss.Size() / by
				}
			}
		}
	}
}
