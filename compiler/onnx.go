package compiler

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"

	ph "github.com/crux-pinn/crux/placeholder"
)

// WriteONNX writes the functions as one model in the format of ONNX (https://onnx.ai, opset 17): an input of N×1 float64 for each
// coordinate, and for a function u the outputs u, of N rows and a column for each component, and u_gradient, with a column for each
// component and coordinate. What ONNX Runtime has in float32 alone, such as erf, is computed so, and exact to 1e-6; Narrow says whether
// there is such a thing.
func (s *Source) WriteONNX(w io.Writer) error {
	m, err := s.onnx()
	if err != nil {
		return err
	}
	graph := field(2, []byte(s.Name))
	graph = append(graph, m.nodes...)
	graph = append(graph, m.data...)
	for _, c := range m.coords {
		graph = append(graph, field(11, info(c.Name(), 1))...)
	}
	graph = append(graph, m.outputs...)
	about := ""
	for _, line := range s.About {
		about += line + "\n"
	}
	model := number(1, 8) // version of the format
	model = append(model, field(2, []byte("crux"))...)
	model = append(model, field(6, []byte(about))...)
	model = append(model, field(7, graph)...)
	model = append(model, field(8, number(2, 17))...)
	_, err = w.Write(model)
	return err
}

// Narrow reports whether WriteONNX has to compute a function in float32.
func (s *Source) Narrow() bool {
	m, err := s.onnx()
	return err == nil && m.narrow
}

// onnxModel is a graph that is being written.
type onnxModel struct {
	*Source
	coords               []*ph.Coord // of all functions
	nodes, data, outputs []byte
	names                map[*value]string // of the function that is being written
	count                int
	narrow               bool
}

// The numbers of ONNX for types of elements.
const (
	onnxFloat  = 1
	onnxInt64  = 7
	onnxDouble = 11
)

func (s *Source) onnx() (*onnxModel, error) {
	m := &onnxModel{Source: s}
	for _, f := range s.Functions {
		for _, c := range f.Coords {
			if !slices.Contains(m.coords, c) {
				m.coords = append(m.coords, c)
			}
		}
	}
	if len(m.coords) == 0 {
		return nil, fmt.Errorf("compiler: no function has a coordinate, so there is no model")
	}
	for _, f := range s.Functions {
		t, err := s.lowered(f, len(f.Coords) > 0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		m.names = map[*value]string{}
		for _, v := range t.reachable(t.roots) {
			if m.names[v], err = m.value(v); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
		m.output(f.Name, f.Expr.Dim(), m.rows(t.roots[0]))
		if len(f.Coords) == 0 {
			continue
		}
		var slopes []string
		for i := range f.Expr.Dim() {
			for _, d := range t.roots[1:] {
				slopes = append(slopes, m.part(m.rows(d), i, i+1))
			}
		}
		m.output(f.Name+"_gradient", len(slopes), m.node("Concat", slopes, attribute("axis", 1)))
	}
	return m, nil
}

// value adds what computes a value, and returns its name. What depends on no point has one row, which goes with any number of them.
func (m *onnxModel) value(v *value) (string, error) {
	a := func(k int) string { return m.of(v.args[k]) }
	switch v.op {
	case opConst: // where it is used
		return "", nil
	case opCoord:
		return v.ref.(*ph.Coord).Name(), nil
	case opParam:
		return m.tensor([]int{1, v.dim}, m.parameterOf(v.ref.(*ph.Param))), nil
	case opRow:
		return m.tensor([]int{1, v.dim}, m.parameterOf(v.ref.(*ph.Param))[v.k*v.dim:][:v.dim]), nil
	case opLinear:
		p := v.ref.(*ph.Param)
		return m.node("MatMul", []string{a(0), m.tensor(p.Shape(), m.parameterOf(p))}), nil
	case opSlice:
		r := v.ref.(ph.Range)
		return m.part(a(0), r.Lo, r.Hi), nil
	case opConcat:
		var parts []string
		for _, x := range v.args {
			parts = append(parts, m.rows(x))
		}
		return m.node("Concat", parts, attribute("axis", 1)), nil
	case opLin:
		sum := m.tensor([]int{1, v.dim}, slices.Repeat([]float64{v.c0}, v.dim)) // also spreads what has one component
		for k, x := range v.args {
			term := m.of(x)
			if c := v.coef[k]; c != 1 {
				term = m.node("Mul", []string{m.scalar(c), term})
			}
			sum = m.node("Add", []string{sum, term})
		}
		return sum, nil
	case opMul:
		return m.node("Mul", []string{a(0), a(1)}), nil
	case opDiv:
		// of a quotient 1/b that is used twice, ONNX Runtime 1.32 makes an invalid graph
		if c, ok := isConst(v.args[0]); ok && c == 1 && v.args[0].dim == v.dim {
			return m.node("Reciprocal", []string{a(1)}), nil
		}
		return m.node("Div", []string{a(0), a(1)}), nil
	case opPow:
		return m.node("Pow", []string{a(0), m.scalar(v.c0)}), nil
	case opPower:
		return m.node("Pow", []string{a(0), a(1)}), nil
	case opMax:
		return m.node("Max", []string{a(0), a(1)}), nil
	case opMin:
		return m.node("Min", []string{a(0), a(1)}), nil
	case opCompare:
		op := [...]string{"Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"}[v.ref.(ph.Relation)]
		return m.node("Cast", []string{m.node(op, []string{a(0), a(1)})}, attribute("to", onnxDouble)), nil
	case opWhere:
		zero := m.node("Equal", []string{a(0), m.scalar(0)})
		return m.node("Where", []string{zero, a(2), a(1)}), nil
	case opUnary:
		return m.unary(v.ref.(*ph.Unary), a(0))
	}
	return "", fmt.Errorf("there is no ONNX for %s", v.op)
}

// of is the name of a value that has been added, or is a constant.
func (m *onnxModel) of(v *value) string {
	if m.names[v] == "" {
		m.names[v] = m.tensor([]int{1, v.dim}, slices.Repeat([]float64{v.c0}, v.dim))
	}
	return m.names[v]
}

// unary applies a function. Those that ONNX Runtime has in float32 alone are computed so.
func (m *onnxModel) unary(u *ph.Unary, x string) (string, error) {
	known := map[string]string{
		"exp": "Exp", "log": "Log", "sqrt": "Sqrt", "abs": "Abs", "sign": "Sign", "sin": "Sin", "tanh": "Tanh", "sigmoid": "Sigmoid",
	}
	short := map[string]string{"asin": "Asin", "acos": "Acos", "atan": "Atan", "erf": "Erf"}
	of := func(op string, a ...string) string { return m.node(op, a) }
	switch op, ok := known[u.Name]; {
	case !u.Builtin():
		return "", fmt.Errorf("the function %s is known to the program that solved the problem alone, and cannot be written; "+
			"if it is a table in a condition that is built in, solve with hard: none", u.Name)
	case ok:
		return m.node(op, []string{x}), nil
	case u.Name == "cos":
		return of("Sin", of("Add", x, m.scalar(math.Pi/2))), nil
	case u.Name == "tan":
		return of("Div", of("Sin", x), of("Sin", of("Add", x, m.scalar(math.Pi/2)))), nil
	case u.Name == "sinh":
		return of("Mul", m.scalar(0.5), of("Sub", of("Exp", x), of("Exp", of("Neg", x)))), nil
	case u.Name == "cosh":
		return of("Mul", m.scalar(0.5), of("Add", of("Exp", x), of("Exp", of("Neg", x)))), nil
	case u.Name == "log1p":
		return of("Log", of("Add", x, m.scalar(1))), nil
	case u.Name == "expm1":
		return of("Sub", of("Exp", x), m.scalar(1)), nil
	case u.Name == "softplus":
		return of("Add", of("Max", x, m.scalar(0)), of("Log", of("Add", m.scalar(1), of("Exp", of("Neg", of("Abs", x)))))), nil
	case u.Name == "heaviside":
		return of("Mul", m.scalar(0.5), of("Add", m.scalar(1), of("Sign", x))), nil
	}
	m.narrow = true
	y := m.node(short[u.Name], []string{m.node("Cast", []string{x}, attribute("to", onnxFloat))})
	return m.node("Cast", []string{y}, attribute("to", onnxDouble)), nil
}

// rows is a value with a row for each point.
func (m *onnxModel) rows(v *value) string {
	if v.points {
		return m.of(v)
	}
	nothing := m.node("Mul", []string{m.coords[0].Name(), m.scalar(0)})
	return m.node("Add", []string{m.of(v), nothing})
}

// part is columns of a tensor.
func (m *onnxModel) part(x string, lo, hi int) string {
	return m.node("Slice", []string{x, m.index(lo), m.index(hi), m.index(1)})
}

// name is a new one, which no coordinate has.
func (m *onnxModel) name() string {
	m.count++
	return "#" + strconv.Itoa(m.count)
}

// node adds an operation and returns the name of its result.
func (m *onnxModel) node(op string, inputs []string, attributes ...[]byte) string {
	name := m.name()
	m.add(op, inputs, name, attributes...)
	return name
}

func (m *onnxModel) add(op string, inputs []string, output string, attributes ...[]byte) {
	var b []byte
	for _, x := range inputs {
		b = append(b, field(1, []byte(x))...)
	}
	b = append(b, field(2, []byte(output))...)
	b = append(b, field(4, []byte(op))...)
	for _, a := range attributes {
		b = append(b, field(5, a)...)
	}
	m.nodes = append(m.nodes, field(1, b)...)
}

// output gives a result its name.
func (m *onnxModel) output(name string, columns int, from string) {
	m.add("Identity", []string{from}, name)
	m.outputs = append(m.outputs, field(12, info(name, columns))...)
}

// tensor adds numbers and returns their name.
func (m *onnxModel) tensor(shape []int, numbers []float64) string {
	var raw []byte
	for _, x := range numbers {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(x))
	}
	return m.initializer(onnxDouble, shape, raw)
}

func (m *onnxModel) scalar(x float64) string { return m.tensor([]int{1, 1}, []float64{x}) }

func (m *onnxModel) index(i int) string {
	return m.initializer(onnxInt64, []int{1}, binary.LittleEndian.AppendUint64(nil, uint64(i)))
}

func (m *onnxModel) initializer(kind uint64, shape []int, raw []byte) string {
	var b []byte
	for _, n := range shape {
		b = append(b, number(1, uint64(n))...)
	}
	name := m.name()
	b = append(b, number(2, kind)...)
	b = append(b, field(8, []byte(name))...)
	b = append(b, field(9, raw)...)
	m.data = append(m.data, field(5, b)...)
	return name
}

// info says of an input or output that it is N×columns float64.
func info(name string, columns int) []byte {
	shape := field(1, field(2, []byte("N")))
	shape = append(shape, field(1, number(1, uint64(columns)))...)
	tensor := append(number(1, onnxDouble), field(2, shape)...)
	return append(field(1, []byte(name)), field(2, field(1, tensor))...)
}

// attribute is a setting of an operation that is an integer.
func attribute(name string, value uint64) []byte {
	b := append(field(1, []byte(name)), number(3, value)...)
	return append(b, number(20, 2)...)
}

// field and number are entries of a message of protocol buffers.
func field(n protowire.Number, b []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
}

func number(n protowire.Number, x uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), x)
}
