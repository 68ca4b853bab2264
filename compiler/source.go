package compiler

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	ph "github.com/crux-pinn/crux/placeholder"
)

// Source is expressions as functions of a program in Go or C that needs nothing of crux. Each has its value and its first derivatives, in
// float64 and one point at a time. They are written from the trace, which knows numbers, vectors and some twenty operators, so that no
// kind of network, activation or condition that is built in needs a rule of its own.
type Source struct {
	Name         string   // the Go package, and what C's names begin with
	About        []string // lines of the comment at its head
	Functions    []Function
	Bounds       map[*ph.Coord][2]float64 // as in Group
	Layout       *Layout                  // where the parameters are in
	Theta, Fixed []float64
}

// Function is one function of a source.
type Function struct {
	Name   string // letters, digits and underscores, starting with a letter
	About  string // a sentence that ends the comment on it; "" for none
	Expr   ph.Expr
	Coords []*ph.Coord // its arguments, by which it is differentiated; without one it is a number, and has no derivatives
}

// WriteGo writes a file of a Go package: for u of x and y
//
//	func U(x, y float64) float64
//	func UGradient(x, y float64) (float64, [2]float64)
//
// and for k components [k]float64 and [k][2]float64.
func (s *Source) WriteGo(w io.Writer) error {
	names := map[string]string{}
	for _, f := range s.Functions {
		if other, ok := names[exported(f.Name)]; ok {
			return fmt.Errorf("compiler: %s and %s are one name in Go; give one of them another", other, f.Name)
		}
		names[exported(f.Name)] = f.Name
	}
	return s.write(w, golang{})
}

// WriteC writes the same in C99; its functions are declared by WriteHeader.
func (s *Source) WriteC(w io.Writer) error { return s.write(w, c99{}) }

// WriteHeader writes the declarations of what WriteC writes: for u of x and y in a source called heat
//
//	double heat_u(double x, double y);
//	double heat_u_gradient(double x, double y, double gradient[2]);
//
// and for k components the functions return nothing, and have the further argument double value[k] before gradient[k][2].
func (s *Source) WriteHeader(w io.Writer) error {
	guard := strings.ToUpper(s.Name) + "_H"
	var b strings.Builder
	c99{}.comment(&b, s.About)
	fmt.Fprintf(&b, "#ifndef %s\n#define %s\n\n", guard, guard)
	for _, f := range s.Functions {
		c99{}.comment(&b, []string{f.about("value")})
		for _, gradient := range f.forms() {
			fmt.Fprintf(&b, "%s;\n", c99{}.signature(s.Name, f, gradient))
		}
		b.WriteString("\n")
	}
	b.WriteString("#endif\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// forms says which functions there are: the value, and with coordinates the gradient.
func (f Function) forms() []bool { return []bool{false, true}[:min(2, 1+len(f.Coords))] }

// about says what a function gives.
func (f Function) about(what string) string {
	var names []string
	for _, c := range f.Coords {
		names = append(names, c.Name())
	}
	text := fmt.Sprintf("the %s of %s", what, f.Name)
	if len(names) > 0 {
		text += " at (" + strings.Join(names, ", ") + ")"
	}
	if f.About != "" {
		text += "; " + f.About
	}
	return text
}

// language writes what differs between languages. Statements are lines of text; components of a result stand in the order of its value,
// and then derivative by derivative.
type language interface {
	comment(b *strings.Builder, lines []string)
	head(s *Source) string
	array(name, about string, numbers []string) string
	signature(name string, f Function, gradient bool) string
	result(f Function, value []string, gradient [][]string) string // gradient[component][coordinate], nil without
	scalar(name, is string) string
	list(name string, components []string) string
	each(name string, n int, is string) string
	linear(name string, n, m int, x, is string) string // Σ over j < m of is, in which x stands for the text in x
	call(function string) string
	finish(text string) (string, error)
}

func (s *Source) write(w io.Writer, in language) error {
	for _, f := range s.Functions {
		if !ph.IsName(f.Name) {
			return fmt.Errorf("compiler: a function cannot be called %q: take letters, digits and underscores, starting with a letter", f.Name)
		}
	}
	o := &sourceWriter{Source: s, in: in, arrays: map[*ph.Param]string{}}
	var errs []error
	for _, f := range s.Functions {
		for _, gradient := range f.forms() {
			if err := o.function(f, gradient); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", f.Name, err))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	var b strings.Builder
	in.comment(&b, s.About)
	b.WriteString(in.head(s))
	b.WriteString(o.data.String())
	b.WriteString(o.text.String())
	text, err := in.finish(b.String())
	if err != nil {
		return fmt.Errorf("compiler: %w", err)
	}
	_, err = io.WriteString(w, text)
	return err
}

// sourceWriter writes the functions, and the parameters that they need.
type sourceWriter struct {
	*Source
	in         language
	data, text strings.Builder
	arrays     map[*ph.Param]string
	number     map[*value]int // of the function that is being written
}

// function writes the trace of a function, value by value.
func (o *sourceWriter) function(f Function, gradient bool) error {
	t, err := o.lowered(f, gradient)
	if err != nil {
		return err
	}
	o.number = map[*value]int{}
	what := "value"
	if gradient {
		what = "value and the derivatives by the coordinates"
	}
	o.text.WriteString("\n")
	o.in.comment(&o.text, []string{f.about(what)})
	o.text.WriteString(o.in.signature(o.Name, f, gradient) + " {\n")
	for _, v := range t.reachable(t.roots) {
		o.number[v] = len(o.number) + 1
		line, err := o.statement(v)
		if err != nil {
			return err
		}
		o.text.WriteString(line)
	}
	components := func(v *value) (list []string) {
		for i := range v.dim {
			list = append(list, o.operand(v, strconv.Itoa(i)))
		}
		return list
	}
	value := components(t.roots[0])
	var slopes [][]string
	for _, d := range t.roots[1:] {
		for i, text := range components(d) {
			slopes = append(slopes[:max(i, len(slopes))], make([][]string, max(0, i+1-len(slopes)))...)
			slopes[i] = append(slopes[i], text)
		}
	}
	o.text.WriteString(o.in.result(f, value, slopes) + "}\n")
	return nil
}

// lowered is the trace of a function, and of its derivatives where these are wanted.
func (s *Source) lowered(f Function, gradient bool) (*trace, error) {
	g := Group{Name: f.Name, Coords: f.Coords, Bounds: s.Bounds, Residuals: []Residual{{Name: f.Name, Expr: f.Expr}}}
	if gradient {
		for _, c := range f.Coords {
			slope := ph.Define(f.Name, f.Expr).D(c) // under a name, as a field is not asked for a coordinate that it has not
			g.Residuals = append(g.Residuals, Residual{Name: f.Name + "_" + c.Name(), Expr: slope})
		}
	}
	if err := check(g); err != nil {
		return nil, err
	}
	k := &compilation{group: g}
	if err := k.run(passes[:slices.IndexFunc(passes, func(p Pass) bool { return p.Name == "hoist" })], false, nil); err != nil {
		return nil, err
	}
	if err := checkLeaves(k); err != nil {
		return nil, err
	}
	return k.trace, nil
}

// statement computes a value; what is read from where it is needs none.
func (o *sourceWriter) statement(v *value) (string, error) {
	name := "v" + strconv.Itoa(o.number[v])
	a := func(k int) string { return o.operand(v.args[k], "i") }
	call := func(function string, args ...string) string {
		return o.in.call(function) + "(" + strings.Join(args, ", ") + ")"
	}
	is := ""
	switch v.op {
	case opConst, opCoord, opSlice:
		return "", nil
	case opParam, opRow:
		o.parameter(v.ref.(*ph.Param))
		return "", nil
	case opConcat:
		var list []string
		for _, x := range v.args {
			for i := range x.dim {
				list = append(list, o.operand(x, strconv.Itoa(i)))
			}
		}
		return o.in.list(name, list), nil
	case opLinear:
		weight := o.parameter(v.ref.(*ph.Param))
		x := o.operand(v.args[0], "j")
		if v.dim == 1 {
			return o.in.linear(name, 1, v.args[0].dim, x, weight+"[j]"), nil
		}
		return o.in.linear(name, v.dim, v.args[0].dim, x, fmt.Sprintf("%s[%d*j+i]", weight, v.dim)), nil
	case opLin:
		is = o.sum(v)
	case opMul:
		is = a(0) + " * " + a(1)
	case opDiv:
		is = a(0) + " / " + a(1)
	case opPow:
		is = call("pow", a(0), literal(v.c0))
	case opPower:
		is = call("pow", a(0), a(1))
	case opUnary:
		u := v.ref.(*ph.Unary)
		if !u.Builtin() {
			return "", fmt.Errorf("the function %s is known to the program that solved the problem alone, and cannot be written as source; "+
				"if it is a table in a condition that is built in, solve with hard: none", u.Name)
		}
		is = call(u.Name, a(0))
	case opMax:
		is = call("max", a(0), a(1))
	case opMin:
		is = call("min", a(0), a(1))
	case opCompare:
		is = call("truth", a(0)+" "+v.ref.(ph.Relation).String()+" "+a(1))
	case opWhere:
		is = call("choose", a(0), a(1), a(2))
	default:
		return "", fmt.Errorf("there is no source for %s", v.op)
	}
	if v.dim == 1 {
		return o.in.scalar(name, is), nil
	}
	return o.in.each(name, v.dim, is), nil
}

// sum is c0 + Σ coef·args.
func (o *sourceWriter) sum(v *value) string {
	var b strings.Builder
	if v.c0 != 0 || len(v.args) == 0 {
		b.WriteString(literal(v.c0))
	}
	for k, x := range v.args {
		c := v.coef[k]
		switch {
		case b.Len() == 0 && c < 0:
			b.WriteString("-")
		case b.Len() > 0 && c < 0:
			b.WriteString(" - ")
		case b.Len() > 0:
			b.WriteString(" + ")
		}
		if c = max(c, -c); c != 1 {
			b.WriteString(literal(c) + "*")
		}
		b.WriteString(o.operand(x, "i"))
	}
	return b.String()
}

// operand is component i of a value; one component goes with any other.
func (o *sourceWriter) operand(v *value, i string) string {
	switch v.op {
	case opConst:
		if v.c0 < 0 {
			return "(" + literal(v.c0) + ")"
		}
		return literal(v.c0)
	case opCoord:
		return argument(v.ref.(*ph.Coord))
	}
	name, from := o.place(v)
	switch k, err := strconv.Atoi(i); {
	case v.dim == 1 && from < 0:
		return name
	case v.dim == 1:
		return fmt.Sprintf("%s[%d]", name, from)
	case err == nil:
		return fmt.Sprintf("%s[%d]", name, max(0, from)+k)
	case from <= 0:
		return name + "[" + i + "]"
	}
	return fmt.Sprintf("%s[%d+%s]", name, from, i)
}

// place is the variable or array that holds a value, and where in it that begins; −1 for one of its own.
func (o *sourceWriter) place(v *value) (name string, from int) {
	switch v.op {
	case opParam:
		return o.arrays[v.ref.(*ph.Param)], 0
	case opRow:
		return o.arrays[v.ref.(*ph.Param)], v.k * v.dim
	case opSlice:
		name, from = o.place(v.args[0])
		return name, max(0, from) + v.ref.(ph.Range).Lo
	}
	return "v" + strconv.Itoa(o.number[v]), -1
}

// parameter is the array that holds a parameter, and writes it when it is first asked for.
func (o *sourceWriter) parameter(p *ph.Param) string {
	if name, ok := o.arrays[p]; ok {
		return name
	}
	var numbers []string
	for _, x := range o.parameterOf(p) {
		numbers = append(numbers, literal(x))
	}
	name := "w" + strconv.Itoa(len(o.arrays)+1)
	o.arrays[p] = name
	o.data.WriteString(o.in.array(name, p.Path(), numbers))
	return name
}

// parameterOf are the values of a parameter.
func (s *Source) parameterOf(p *ph.Param) []float64 {
	e, fixed, ok := s.Layout.Lookup(p.Path())
	if own, constant := p.Constant(); !ok && constant {
		return []float64{own}
	}
	if fixed {
		return s.Fixed[e.Offset : e.Offset+e.Len]
	}
	return s.Theta[e.Offset : e.Offset+e.Len]
}

// literal is a number that both languages read as float64 and as the same one.
func literal(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// argument is the name of a coordinate in a program, kept apart from the names that the program has for itself.
func argument(c *ph.Coord) string {
	name := c.Name()
	first, rest := name[:1], name[1:]
	if _, err := strconv.Atoi(rest); Reserved(name) || (first == "v" || first == "w") && err == nil {
		return name + "_"
	}
	return name
}

// Reserved reports whether a name means something else in Go or C, or in what is written here.
func Reserved(name string) bool { return slices.Contains(reserved, name) }

// reserved are words of Go and C, and of what is written here.
var reserved = strings.Fields(`i j x_ math pow value gradient truth choose sign heaviside sigmoid softplus
	break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct
	switch type var float64 int max min len true false
	auto char do double enum extern float inline long register restrict short signed sizeof static typedef union unsigned void volatile while
	exp log log1p expm1 sqrt fabs sin cos tan asin acos atan sinh cosh tanh erf fmax fmin`)
