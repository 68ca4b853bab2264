package compiler

import (
	"encoding/binary"
	"math"
	"slices"

	ph "github.com/crux-pinn/crux/placeholder"
)

// add returns the value v describes, sharing it with an equal one.
func (t *trace) add(v value) *value {
	k := append(t.key[:0], byte(v.op))
	k = binary.AppendUvarint(k, uint64(v.dim))
	k = binary.AppendUvarint(k, uint64(v.k))
	k = binary.LittleEndian.AppendUint64(k, math.Float64bits(v.c0))
	for _, a := range v.args {
		k = binary.AppendUvarint(k, uint64(a.id)+1)
	}
	k = append(k, 0)
	for _, c := range v.coef {
		k = binary.LittleEndian.AppendUint64(k, math.Float64bits(c))
	}
	if v.ref != nil {
		k = binary.AppendUvarint(k, uint64(t.refID(v.ref))+1)
	}
	t.key = k
	if w, ok := t.seen[string(k)]; ok {
		return w
	}
	v.id = len(t.values)
	switch v.op {
	case opCoord, opColumn, opNormal, opHoist:
		v.points = true
	case opParam, opRow, opLinear:
		p := v.ref.(*ph.Param)
		v.params = !p.Fixed() && (t.varies == nil || t.varies(p))
		v.frozen = !p.Fixed() && !v.params
	}
	for _, a := range v.args {
		v.points = v.points || a.points
		v.params = v.params || a.params
		v.frozen = v.frozen || a.frozen
	}
	w := &v
	t.seen[string(k)] = w
	t.values = append(t.values, w)
	return w
}

// refID numbers what a value refers to, by identity, or by content where that decides equality.
func (t *trace) refID(ref any) int {
	var key any = ref
	switch r := ref.(type) {
	case *diffSpec:
		s := "d"
		for _, c := range r.coords {
			s += "," + string(rune(t.refID(c)))
		}
		key = s
	case *lapSpec:
		s := "l"
		for i, c := range r.coords {
			s += "," + string(rune(t.refID(c))) + string(binary.LittleEndian.AppendUint64(nil, math.Float64bits(r.coef[i])))
		}
		key = s
	case *ph.Unary:
		if r.Builtin() {
			key = "f" + r.Name
		}
	}
	id, ok := t.refs[key]
	if !ok {
		id = len(t.refs)
		t.refs[key] = id
	}
	return id
}

func (t *trace) constant(c float64, dim int) *value {
	return t.add(value{op: opConst, c0: c, dim: dim})
}

func isConst(v *value) (float64, bool) { return v.c0, v.op == opConst }

func isZero(v *value) bool { return v == nil || v.op == opConst && v.c0 == 0 }

// lin is c0 + Σ coef·args. Equal terms are merged, scalings of scalings folded.
func (t *trace) lin(dim int, c0 float64, coef []float64, args []*value) *value {
	if t.plain {
		return t.add(value{op: opLin, dim: dim, c0: c0, coef: coef, args: args})
	}
	type term struct {
		v *value
		c float64
	}
	var terms []term
	for i, a := range args {
		c := coef[i]
		if s, ok := isConst(a); ok {
			c0 += c * s
			continue
		}
		if a.op == opLin && len(a.args) == 1 { // c·(s·x + d)
			c0 += c * a.c0
			c, a = c*a.coef[0], a.args[0]
		}
		found := false
		for k := range terms {
			if terms[k].v == a {
				terms[k].c += c
				found = true
			}
		}
		if !found {
			terms = append(terms, term{a, c})
		}
	}
	terms = slices.DeleteFunc(terms, func(x term) bool { return x.c == 0 })
	slices.SortStableFunc(terms, func(a, b term) int { return a.v.id - b.v.id })
	if len(terms) == 0 {
		return t.constant(c0, dim)
	}
	if len(terms) == 1 && terms[0].c == 1 && c0 == 0 && terms[0].v.dim == dim {
		return terms[0].v
	}
	v := value{op: opLin, dim: dim, c0: c0}
	for _, x := range terms {
		v.args, v.coef = append(v.args, x.v), append(v.coef, x.c)
	}
	return t.add(v)
}

func wider(a, b *value) int { return max(a.dim, b.dim) }

func (t *trace) sum(a, b *value) *value {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return t.lin(wider(a, b), 0, []float64{1, 1}, []*value{a, b})
}

func (t *trace) diff2(a, b *value) *value {
	return t.lin(wider(a, b), 0, []float64{1, -1}, []*value{a, b})
}

func (t *trace) scale(a *value, c float64) *value {
	if a == nil {
		return nil
	}
	return t.lin(a.dim, 0, []float64{c}, []*value{a})
}

// scaled splits v into a factor and the rest.
func scaled(v *value) (float64, *value) {
	if v.op == opLin && len(v.args) == 1 && v.c0 == 0 && v.args[0].dim == v.dim {
		return v.coef[0], v.args[0]
	}
	return 1, v
}

// mul is the product; nil stands for zero.
func (t *trace) mul(a, b *value) *value {
	if a == nil || b == nil {
		return nil
	}
	dim := wider(a, b)
	if !t.plain {
		if c, ok := isConst(a); ok {
			return t.lin(dim, 0, []float64{c}, []*value{b})
		}
		if c, ok := isConst(b); ok {
			return t.lin(dim, 0, []float64{c}, []*value{a})
		}
		ca, ra := scaled(a)
		cb, rb := scaled(b)
		if ca != 1 || cb != 1 {
			return t.lin(dim, 0, []float64{ca * cb}, []*value{t.mul(ra, rb)})
		}
		if a.id > b.id {
			a, b = b, a
		}
	}
	return t.add(value{op: opMul, dim: dim, args: []*value{a, b}})
}

func (t *trace) div(a, b *value) *value {
	if a == nil {
		return nil
	}
	if !t.plain {
		if c, ok := isConst(b); ok && c != 0 {
			if d, ok := isConst(a); ok {
				return t.constant(d/c, wider(a, b))
			}
			return t.lin(wider(a, b), 0, []float64{1 / c}, []*value{a})
		}
		if isZero(a) {
			return t.constant(0, wider(a, b))
		}
	}
	return t.add(value{op: opDiv, dim: wider(a, b), args: []*value{a, b}})
}

func (t *trace) pow(a *value, p float64) *value {
	switch {
	case p == 0:
		return t.constant(1, a.dim)
	case p == 1:
		return a
	case p == 2:
		return t.mul(a, a)
	}
	if c, ok := isConst(a); ok && !t.plain {
		return t.constant(math.Pow(c, p), a.dim)
	}
	return t.add(value{op: opPow, dim: a.dim, c0: p, args: []*value{a}})
}

// power is a^b. An exponent that has turned out to be constant is that of pow.
func (t *trace) power(a, b *value) *value {
	if c, ok := isConst(b); ok && b.dim <= a.dim && !t.plain {
		return t.pow(a, c)
	}
	return t.add(value{op: opPower, dim: wider(a, b), args: []*value{a, b}})
}

func (t *trace) unary(u *ph.Unary, a *value) *value {
	if c, ok := isConst(a); ok && !t.plain {
		return t.constant(u.F(c), a.dim)
	}
	return t.add(value{op: opUnary, dim: a.dim, ref: u, args: []*value{a}})
}

func (t *trace) where(c, a, b *value) *value {
	if a == b {
		return t.widen(a, c.dim)
	}
	return t.add(value{op: opWhere, dim: max(c.dim, a.dim, b.dim), args: []*value{c, a, b}})
}

// widen spreads a value of one component over dim of them; nil stays nil.
func (t *trace) widen(v *value, dim int) *value {
	if v == nil || v.dim >= dim {
		return v
	}
	return t.lin(dim, 0, []float64{1}, []*value{v})
}

// zero stands in for nil where an operator needs a value.
func (t *trace) zero(v *value, dim int) *value {
	if v == nil {
		return t.constant(0, dim)
	}
	return v
}
