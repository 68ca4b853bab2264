package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// machine writes code for one instruction set and one element type. Kernels are written once against it.
type machine struct {
	*build.Context
	file   *file
	avx512 bool
	size   int // bytes of an element: 8 or 4
	ways   int // registers in a new bundle
}

// file is one assembly file with its stubs. Constants are shared by all functions in it.
type file struct {
	ctx    *build.Context
	name   string
	consts map[string]operand.Mem
}

func newFile(name string) *file {
	f := &file{ctx: build.NewContext(), name: name, consts: map[string]operand.Mem{}}
	f.ctx.ConstraintExpr("amd64,!purego")
	return f
}

func (f *file) machine(avx512 bool, size int) *machine {
	return &machine{Context: f.ctx, file: f, avx512: avx512, size: size, ways: 1}
}

// write runs the compiler passes and stores the assembly and the stubs.
func (f *file) write(dir string) error {
	result, err := f.ctx.Result()
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	if err := pass.Compile.Execute(result); err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	dropSelfMoves(result)
	cfg := printer.Config{Pkg: "kern", Argv: []string{"go", "run", ".", "-out", ".."}}
	for ext, p := range map[string]printer.Printer{".s": printer.NewGoAsm(cfg), ".go": printer.NewStubs(cfg)} {
		text, err := p.Print(result)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.name+"_amd64"+ext), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// dropSelfMoves removes copies of a vector register to itself, which avo leaves: they are not free.
func dropSelfMoves(f *ir.File) {
	for _, fn := range f.Functions() {
		var kept []ir.Node
		for _, n := range fn.Nodes {
			i, ok := n.(*ir.Instruction)
			if ok && (i.Opcode == "VMOVAPD" || i.Opcode == "VMOVAPS") && len(i.Operands) == 2 && len(i.Suffixes) == 0 &&
				i.Operands[0].Asm() == i.Operands[1].Asm() {
				continue
			}
			kept = append(kept, n)
		}
		fn.Nodes = kept
	}
}

// lanes is the number of elements in a vector.
func (m *machine) lanes() int { return m.bytes() / m.size }

// bytes is the size of a vector.
func (m *machine) bytes() int {
	if m.avx512 {
		return 64
	}
	return 32
}

// log2 of the size of an element.
func (m *machine) shift() operand.Op {
	if m.size == 4 {
		return operand.U8(2)
	}
	return operand.U8(3)
}

func (m *machine) goType() string { return fmt.Sprintf("float%d", 8*m.size) }

// name completes a function's name: expAVX2F64.
func (m *machine) name(base string) string {
	isa := "AVX2"
	if m.avx512 {
		isa = "AVX512"
	}
	return fmt.Sprintf("%s%sF%d", base, isa, 8*m.size)
}

// text begins a function.
func (m *machine) text(base, signature, doc string) {
	m.Function(m.name(base))
	m.Attributes(attr.NOSPLIT)
	m.SignatureExpr(strings.ReplaceAll(signature, "T", m.goType()))
	m.Doc(m.name(base) + " " + doc)
	m.Pragma("noescape")
}

// ret ends a function. Without VZEROUPPER every SSE instruction that follows, in Go's own code, would wait for the upper
// halves of the registers.
func (m *machine) ret() {
	m.VZEROUPPER()
	m.RET()
}

// param loads a parameter into a general register.
func (m *machine) param(name string) reg.GPVirtual {
	r := m.GP64()
	m.Load(m.Param(name), r)
	return r
}

// base loads the address of a slice's first element.
func (m *machine) base(name string) reg.GPVirtual {
	r := m.GP64()
	m.Load(m.Param(name).Base(), r)
	return r
}

// address returns where a parameter lies on the stack.
func (m *machine) address(name string) operand.Mem {
	b, err := m.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// konst is a constant in memory, the same in every lane.
type konst struct{ operand.Mem }

// reg returns a new vector register.
func (m *machine) reg() reg.VecVirtual {
	if m.avx512 {
		return m.ZMM()
	}
	return m.YMM()
}

// emit writes an instruction by its name in avo.
func (m *machine) emit(name string, ops ...operand.Op) {
	f := reflect.ValueOf(m.Context).MethodByName(name)
	if !f.IsValid() {
		panic("no instruction " + name)
	}
	in := make([]reflect.Value, len(ops))
	for i, o := range ops {
		in[i] = reflect.ValueOf(o)
	}
	f.Call(in)
}

// op writes the packed instruction "V"+name for the element type. Constants become broadcast operands where the
// instruction set has them.
func (m *machine) op(name string, ops ...operand.Op) {
	suffix := "PD"
	if m.size == 4 {
		suffix = "PS"
	}
	m.withConst("V"+name+suffix, ops)
}

// opz is op with a mask among the operands, which clears the lanes it leaves out.
func (m *machine) opz(name string, ops ...operand.Op) {
	suffix := "PD_Z"
	if m.size == 4 {
		suffix = "PS_Z"
	}
	m.withConst("V"+name+suffix, ops)
}

// iop writes the packed integer instruction "VP"+name on lanes as wide as the elements.
func (m *machine) iop(name string, ops ...operand.Op) {
	suffix := "Q"
	if m.size == 4 {
		suffix = "D"
	}
	m.withConst("VP"+name+suffix, ops)
}

// withConst writes the instruction once for each register of the bundles among its operands.
func (m *machine) withConst(name string, ops []operand.Op) {
	ways := 1
	for _, o := range ops {
		switch o := o.(type) {
		case konst:
			if m.avx512 {
				name += "_BCST"
			}
		case bundle:
			ways = max(ways, len(o))
		}
	}
	for j := range ways {
		one := make([]operand.Op, len(ops))
		for i, o := range ops {
			switch o := o.(type) {
			case konst:
				one[i] = o.Mem
			case bundle:
				one[i] = o[j%len(o)]
			default:
				one[i] = o
			}
		}
		m.emit(name, one...)
	}
}

// bits returns the constant with this representation.
func (m *machine) bits(v uint64) konst {
	n := m.bytes()
	if m.avx512 {
		n = m.size
	}
	key := fmt.Sprintf("k%d_%d_%x", m.size, n, v)
	mem, ok := m.file.consts[key]
	if !ok {
		mem = m.StaticGlobal(key)
		m.DataAttributes(attr.RODATA | attr.NOPTR)
		for off := 0; off < n; off += m.size {
			// Raw bits: avo prints an integral floating-point constant as an integer.
			if m.size == 8 {
				m.AddDatum(off, operand.U64(v))
			} else {
				m.AddDatum(off, operand.U32(uint32(v)))
			}
		}
		m.file.consts[key] = mem
	}
	return konst{mem}
}

// k returns the constant v, rounded to the element type.
func (m *machine) k(v float64) konst {
	if m.size == 8 {
		return m.bits(math.Float64bits(v))
	}
	return m.bits(uint64(math.Float32bits(float32(v))))
}

// broadcast fills r with the element at addr.
func (m *machine) broadcast(addr operand.Mem, r reg.Register) {
	if m.size == 8 {
		m.VBROADCASTSD(addr, r)
	} else {
		m.VBROADCASTSS(addr, r)
	}
}

func (m *machine) zero(r reg.Register) {
	if m.avx512 {
		m.VPXORQ(r, r, r)
		return
	}
	m.op("XOR", r, r, r)
}
