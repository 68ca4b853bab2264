package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
)

// neon writes the assembly for arm64, which avo does not know: products and the simplest elementwise operations. NEON
// belongs to every arm64 processor that Go runs on, so nothing is chosen at run time.
//
// Registers: R0 counts, R1 walks over B, R2 to R9 over the rows of A; V0 and V1 hold a row of B, V2 to V9 elements of A in
// all lanes, V16 to V31 the sums.
type neon struct {
	s, stubs bytes.Buffer
	size     int // bytes of an element
}

func (n *neon) goType() string { return fmt.Sprintf("float%d", 8*n.size) }

// lay is the arrangement of a vector: D2 or S4.
func (n *neon) lay() string {
	if n.size == 8 {
		return "D2"
	}
	return "S4"
}

// in writes one instruction.
func (n *neon) in(format string, args ...any) { fmt.Fprintf(&n.s, "\t"+format+"\n", args...) }

// vec names vector registers: V0.D2, V1.D2.
func (n *neon) vec(regs ...int) string {
	var s []string
	for _, r := range regs {
		s = append(s, fmt.Sprintf("V%d.%s", r, n.lay()))
	}
	return strings.Join(s, ", ")
}

// Instructions that Go's assembler lacks, on two float64: Vd ← Vn op Vm.
var words = map[string]uint32{"FADD": 0x4E60D400, "FSUB": 0x4EE0D400, "FMUL": 0x6E60DC00}

// word writes one of them.
func (n *neon) word(name string, d, a, b int) {
	w := words[name]
	if n.size == 4 {
		w &^= 1 << 22
	}
	n.in("WORD $0x%08X // %s V%d, V%d, V%d", w|uint32(b)<<16|uint32(a)<<5|uint32(d), name, d, a, b)
}

// text begins a function with the arguments at these offsets from the frame pointer.
func (n *neon) text(name, params, doc string, bytes int) {
	name = fmt.Sprintf("%sF%d", name, 8*n.size)
	params = strings.ReplaceAll(params, "T", n.goType())
	fmt.Fprintf(&n.s, "\n// func %s(%s)\nTEXT ·%s(SB), NOSPLIT, $0-%d\n", name, params, name, bytes)
	fmt.Fprintf(&n.stubs, "\n// %s %s\n//\n//go:noescape\nfunc %s(%s)\n", name, doc, name, params)
}

// shift turns a number of elements into bytes.
func (n *neon) shift(reg string) {
	by := 3
	if n.size == 4 {
		by = 2
	}
	n.in("LSL $%d, %s, %s", by, reg, reg)
}

// tile writes the product of tiles of rows with a packed panel two vectors wide.
func (n *neon) tile(rows int) {
	n.text(fmt.Sprintf("tile%dNEON", rows), "tiles, k int, a *T, rsa, csa int, b *T, c *T, ldc int, bias *T, acc bool",
		fmt.Sprintf("computes tiles of %d rows and two vectors, one below the other: C (+)= A·B (+ bias).", rows), 73)
	for _, p := range []string{
		"tiles+0(FP), R15", "a+16(FP), R13", "rsa+24(FP), R14", "csa+32(FP), R10", "b+40(FP), R19",
		"c+48(FP), R11", "ldc+56(FP), R12", "bias+64(FP), R22",
	} {
		n.in("MOVD %s", p)
	}
	n.in("MOVBU acc+72(FP), R21")
	for _, r := range []string{"R14", "R10", "R12"} {
		n.shift(r)
	}
	fmt.Fprintf(&n.s, "\ntile:\n")
	n.in("MOVD k+8(FP), R0")
	n.in("MOVD R19, R1")
	n.in("MOVD R13, R2")
	for i := 1; i < rows; i++ {
		n.in("ADD R14, R%d, R%d", 1+i, 2+i)
	}
	n.in("ADD R14, R%d, R13", 1+rows) // the next tile's first row
	n.in("CBZ R22, zero")
	n.in("VLD1 (R22), [%s]", n.vec(16, 17))
	for i := 1; i < rows; i++ {
		for j := range 2 {
			n.in("VORR V%d.B16, V%d.B16, V%d.B16", 16+j, 16+j, 16+2*i+j)
		}
	}
	n.in("B inner")
	fmt.Fprintf(&n.s, "\nzero:\n")
	for i := range 2 * rows {
		n.in("VEOR V%[1]d.B16, V%[1]d.B16, V%[1]d.B16", 16+i)
	}
	fmt.Fprintf(&n.s, "\ninner:\n")
	n.in("VLD1.P 32(R1), [%s]", n.vec(0, 1))
	for i := range rows {
		n.in("VLD1R.P (R%d)(R10), [%s]", 2+i, n.vec(2+i))
	}
	for i := range rows {
		for j := range 2 {
			n.in("VFMLA %s, %s, %s", n.vec(j), n.vec(2+i), n.vec(16+2*i+j))
		}
	}
	n.in("SUBS $1, R0, R0")
	n.in("BNE inner")
	n.in("CBZ R21, put")
	n.in("MOVD R11, R1")
	for i := range rows {
		n.in("VLD1 (R1), [%s]", n.vec(0, 1))
		n.in("ADD R12, R1, R1")
		for j := range 2 {
			n.word("FADD", 16+2*i+j, 16+2*i+j, j)
		}
	}
	fmt.Fprintf(&n.s, "\nput:\n")
	for i := range rows {
		n.in("VST1 [%s], (R11)", n.vec(16+2*i, 17+2*i))
		n.in("ADD R12, R11, R11")
	}
	n.in("SUBS $1, R15, R15")
	n.in("BNE tile")
	n.in("RET")
}

// neonFormulas are the operations with a kernel: the addend of a fused one is loaded into the destination.
var neonFormulas = []struct {
	op, doc string
	sources []string
	f       func(n *neon, d, a, b int)
}{
	{"add", "a + b", []string{"a", "b"}, func(n *neon, d, a, b int) { n.word("FADD", d, a, b) }},
	{"sub", "a - b", []string{"a", "b"}, func(n *neon, d, a, b int) { n.word("FSUB", d, a, b) }},
	{"mul", "a*b", []string{"a", "b"}, func(n *neon, d, a, b int) { n.word("FMUL", d, a, b) }},
	{"fma", "a*b + c", []string{"a", "b", "c"}, func(n *neon, d, a, b int) { n.in("VFMLA %s, %s, %s", n.vec(b), n.vec(a), n.vec(d)) }},
	{"fnma", "c - a*b", []string{"a", "b", "c"}, func(n *neon, d, a, b int) { n.in("VFMLS %s, %s, %s", n.vec(b), n.vec(a), n.vec(d)) }},
	{"mulC", "a*s", []string{"a"}, func(n *neon, d, a, _ int) { n.word("FMUL", d, a, 31) }},
	{"fmaC", "a*s + c", []string{"a", "c"}, func(n *neon, d, a, _ int) { n.in("VFMLA %s, %s, %s", n.vec(31), n.vec(a), n.vec(d)) }},
}

// elementwise writes the loop of a formula over count ≥ 1 groups of four vectors.
func (n *neon) elementwise(op, doc string, sources []string, f func(n *neon, d, a, b int)) {
	params, bytes := "count int, dst", 16
	regs := map[string]int{}
	for i, s := range sources {
		params, bytes = params+", "+s, bytes+8
		regs[s] = 2 + i
	}
	params += " *T"
	constant := strings.HasSuffix(op, "C")
	if constant {
		params, bytes = params+", s T", bytes+n.size
	}
	n.text(op+"NEON", params, "computes dst = "+doc+" over groups of four vectors.", bytes)
	n.in("MOVD count+0(FP), R0")
	n.in("MOVD dst+8(FP), R1")
	for i, s := range sources {
		n.in("MOVD %s+%d(FP), R%d", s, 16+8*i, regs[s])
	}
	if constant {
		at := 16 + 8*len(sources)
		if n.size == 8 {
			n.in("FMOVD s+%d(FP), F31", at)
		} else {
			n.in("FMOVS s+%d(FP), F31", at)
		}
		n.in("VDUP V31.%s[0], %s", n.lay()[:1], n.vec(31))
	}
	fmt.Fprintf(&n.s, "\nloop:\n")
	four := func(r int) string { return n.vec(r, r+1, r+2, r+3) }
	first := map[string]int{"a": 0, "b": 4, "c": 16}
	for _, s := range sources {
		n.in("VLD1.P 64(R%d), [%s]", regs[s], four(first[s]))
	}
	for j := range 4 {
		f(n, 16+j, j, 4+j)
	}
	n.in("VST1.P [%s], 64(R1)", four(16))
	n.in("SUBS $1, R0, R0")
	n.in("BNE loop")
	n.in("RET")
}

// writeNEON stores the assembly and its stubs.
func writeNEON(dir string) error {
	n := &neon{}
	const head = "// Code generated by command: go run . -out ... DO NOT EDIT.\n\n//go:build arm64 && !purego\n\n"
	n.s.WriteString(head + "#include \"textflag.h\"\n")
	n.stubs.WriteString(head + "package kern\n")
	for _, n.size = range []int{8, 4} {
		for _, rows := range []int{8, 4, 2, 1} {
			n.tile(rows)
		}
		for _, f := range neonFormulas {
			n.elementwise(f.op, f.doc, f.sources, f.f)
		}
	}
	stubs, err := format.Source(n.stubs.Bytes())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "neon_arm64.s"), n.s.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "neon_arm64.go"), stubs, 0o644)
}
