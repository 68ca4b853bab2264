package main

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
)

// chain writes the interpreter whose values stay in registers: AVX-512 has enough of them for three values of eight
// vectors each. Every combination of an operation with the places of its operands is a piece of code of its own, which
// works on eight vectors and jumps to the next; a program is a list of their addresses. It is text, since avo can neither
// jump to a computed address nor take one.
//
// Registers: SI the instruction, DX the first one, DI the slots, CX the groups left, BX the offset of the group in
// bytes, R8 the operand in memory; values in Z0–Z7, Z8–Z15 and Z16–Z23, a constant in Z24, Z25–Z31 in passing.
type chain struct {
	s     bytes.Buffer
	size  int // bytes of an element
	forms []form
}

const (
	chainRegs = 3
	chainVecs = 8
	inMemory  = chainRegs // the place of an operand that is read from its slot
	unused    = -1
)

// form is an operation with the places of its result and operands, as kern.form.
type form struct {
	op         string
	d, x, y, z int
}

func (c *chain) suffix() string {
	if c.size == 8 {
		return "PD"
	}
	return "PS"
}

// zmm is vector j of a value in registers.
func zmm(value, j int) string { return fmt.Sprintf("Z%d", value*chainVecs+j) }

// mem is vector j of the operand in memory.
func mem(j int) string { return fmt.Sprintf("%d(R8)(BX*1)", 64*j) }

func place(value, j int) string {
	if value == inMemory {
		return mem(j)
	}
	return zmm(value, j)
}

// body writes a form for vector j.
func (c *chain) body(f form, j int) []string {
	p, d, konst := c.suffix(), zmm(f.d, j), "Z24"
	pass := fmt.Sprintf("Z%d", 25+j%7)
	x, y := place(f.x, j), place(f.y, j)
	one := func(name string, ops ...string) string { return "V" + name + p + " " + strings.Join(ops, ", ") }
	switch f.op {
	case "load":
		return []string{one("MOVU", mem(j), d)}
	case "store":
		return []string{one("MOVU", d, mem(j))}
	case "OpAdd":
		return []string{one("ADD", y, x, d)}
	case "OpMul":
		return []string{one("MUL", y, x, d)}
	case "OpSub":
		if f.x == inMemory {
			return []string{one("MOVU", x, pass), one("SUB", y, pass, d)}
		}
		return []string{one("SUB", y, x, d)}
	case "OpTanhD": // the constant is 1
		if f.x == inMemory {
			return []string{one("MOVU", x, pass), one("MOVA", konst, d), one("FNMADD231", pass, pass, d)}
		}
		if f.x == f.d {
			return []string{one("FNMADD213", konst, d, d)}
		}
		return []string{one("MOVA", konst, d), one("FNMADD231", x, x, d)}
	case "OpAddC":
		return []string{one("ADD", x, konst, d)}
	case "OpMulC":
		return []string{one("MUL", x, konst, d)}
	case "OpRSubC":
		return []string{one("SUB", x, konst, d)}
	case "OpFMAC":
		return c.fused("FMADD", d, konst, f.x, f.z, f.d, j)
	case "OpFMA":
		return c.fused("FMADD", d, x, f.y, f.z, f.d, j)
	case "OpFNMA":
		return c.fused("FNMADD", d, x, f.y, f.z, f.d, j)
	case "OpFMS":
		return c.fused("FMSUB", d, x, f.y, f.z, f.d, j)
	}
	panic("no code for " + f.op)
}

// fused is d ← ±a·y ± z where a is in a register and one of y and z may be in memory.
func (c *chain) fused(name, d, a string, y, z, dst, j int) []string {
	p := c.suffix()
	one := func(form string, ops ...string) string {
		return "V" + name + form + p + " " + strings.Join(ops, ", ")
	}
	ys, zs := place(y, j), place(z, j)
	switch {
	case z == dst:
		return []string{one("231", ys, a, d)}
	case a == d: // d·y + z
		if y == inMemory {
			return []string{one("132", ys, zs, d)}
		}
		return []string{one("213", zs, ys, d)}
	case y == dst: // a·d + z
		return []string{one("213", zs, a, d)}
	case y == inMemory:
		return []string{"VMOVU" + p + " " + ys + ", " + d, one("213", zs, a, d)}
	case z == inMemory:
		return []string{"VMOVU" + p + " " + zs + ", " + d, one("231", ys, a, d)}
	}
	return []string{"VMOVA" + p + " " + zs + ", " + d, one("231", ys, a, d)}
}

// allForms lists what there is code for. Products are symmetric: x ≤ y.
func allForms() []form {
	var all []form
	add := func(op string, x, y, z int) {
		n := 0
		for _, p := range []int{x, y, z} {
			if p == inMemory {
				n++
			}
		}
		if n > 1 {
			return
		}
		for d := range chainRegs {
			all = append(all, form{op, d, x, y, z})
		}
	}
	add("load", unused, unused, unused)
	add("store", unused, unused, unused)
	for x := 0; x <= inMemory; x++ {
		for _, op := range []string{"OpTanhD", "OpAddC", "OpMulC", "OpRSubC"} {
			add(op, x, unused, unused)
		}
		for y := 0; y <= inMemory; y++ {
			add("OpSub", x, y, unused)
			add("OpFMAC", x, unused, y)
			if x > y {
				continue
			}
			add("OpAdd", x, y, unused)
			add("OpMul", x, y, unused)
			for z := 0; z <= inMemory; z++ {
				for _, op := range []string{"OpFMA", "OpFNMA", "OpFMS"} {
					add(op, x, y, z)
				}
			}
		}
	}
	return all
}

// next jumps to the code of the next instruction. One takes 24 bytes: the address, the slot times 8, the constant.
const next = "ADDQ $24, SI; MOVQ (SI), AX; JMP AX"

func (c *chain) write() {
	bits := 8 * c.size
	for i, f := range c.forms {
		var in []string
		if f.op == "load" || f.op == "store" || f.x == inMemory || f.y == inMemory || f.z == inMemory {
			in = append(in, "MOVQ 8(SI), R8", "MOVQ (DI)(R8*1), R8")
		}
		if f.op == "OpTanhD" || strings.HasSuffix(f.op, "C") {
			in = append(in, fmt.Sprintf("VBROADCASTS%s 16(SI), Z24", c.suffix()[1:]))
		}
		fmt.Fprintf(&c.s, "\n// %s, places %d %d %d, result %d\nTEXT chain%dF%d<>(SB), NOSPLIT|NOFRAME, $0-0\n", f.op, f.x, f.y, f.z, f.d, i, bits)
		if len(in) > 0 {
			fmt.Fprintf(&c.s, "\t%s\n", strings.Join(in, "; "))
		}
		var body []string
		for j := range chainVecs {
			body = append(body, c.body(f, j)...)
		}
		for len(body) > 0 {
			k := min(4, len(body))
			fmt.Fprintf(&c.s, "\t%s\n", strings.Join(body[:k], "; "))
			body = body[k:]
		}
		fmt.Fprintf(&c.s, "\t%s\n", next)
	}
	fmt.Fprintf(&c.s, `
// The end of a program: the next group, or the end of the call.
TEXT chainEndF%[1]d<>(SB), NOSPLIT|NOFRAME, $0-0
	ADDQ $%[2]d, BX
	MOVQ DX, SI
	MOVQ (SI), AX
	DECQ CX
	JZ   done
	JMP  AX

done:
	VZEROUPPER
	RET

// func chainRunF%[1]d(code *chainInstr, slots **float%[1]d, groups int)
TEXT ·chainRunF%[1]d(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ code+0(FP), SI
	MOVQ slots+8(FP), DI
	MOVQ groups+16(FP), CX
	MOVQ SI, DX
	XORQ BX, BX
	MOVQ (SI), AX
	JMP  AX

// func chainTableF%[1]d() *uintptr
TEXT ·chainTableF%[1]d(SB), NOSPLIT|NOFRAME, $0-8
	LEAQ chainTableF%[1]d<>(SB), AX
	MOVQ AX, ret+0(FP)
	VZEROUPPER
	RET

`, bits, 64*chainVecs)
	for i := range c.forms {
		fmt.Fprintf(&c.s, "DATA chainTableF%[1]d<>+%[2]d(SB)/8, $chain%[3]dF%[1]d<>(SB)\n", bits, 8*i, i)
	}
	n := len(c.forms)
	fmt.Fprintf(&c.s, "DATA chainTableF%[1]d<>+%[2]d(SB)/8, $chainEndF%[1]d<>(SB)\nGLOBL chainTableF%[1]d<>(SB), RODATA, $%[3]d\n", bits, 8*n, 8*n+8)
}

// writeChain stores the assembly and the list of forms.
func writeChain(dir string) error {
	const head = "// Code generated by command: go run . -out ... DO NOT EDIT.\n\n//go:build amd64 && !purego\n\n"
	c := &chain{forms: allForms()}
	c.s.WriteString(head + "#include \"textflag.h\"\n")
	var g bytes.Buffer
	g.WriteString(head + "package kern\n")
	for _, c.size = range []int{8, 4} {
		c.write()
		fmt.Fprintf(&g, `
//go:noescape
func chainRunF%[1]d(code *chainInstr, slots **float%[1]d, groups int)

// chainTableF%[1]d returns the addresses of the code for chainForms, in their order, and of what ends a program.
func chainTableF%[1]d() *uintptr
`, 8*c.size)
	}
	fmt.Fprintf(&g, "\n// chainForms lists what there is code for.\nvar chainForms = [%d]form{\n", len(c.forms))
	for _, f := range c.forms {
		op := f.op
		switch {
		case op == "load":
			op = "formLoad"
		case op == "store":
			op = "formStore"
		case strings.HasSuffix(op, "C"):
			op = "uint8(NumOps) + uint8(" + op + ")"
		default:
			op = "uint8(" + op + ")"
		}
		fmt.Fprintf(&g, "\t{%s, %d, %d, %d, %d},\n", op, f.d, f.x, f.y, f.z)
	}
	g.WriteString("}\n")
	text, err := format.Source(g.Bytes())
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "chain_avx512_amd64.s"), c.s.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "chain_avx512_amd64.go"), text, 0o644)
}
