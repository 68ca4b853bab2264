package compiler

// lap is Σ_k coef_k ∂²v/∂x_k², the one coefficient by which a forward Laplacian replaces many (Li et al. 2023,
// arXiv 2307.08214): linear maps act on it, and f(x) gives f′·lap(x) + f″·Σ coef_k (∂x/∂x_k)².
func (t *trace) lap(v *value, s *lapSpec) (*value, error) {
	if !v.points {
		return nil, nil
	}
	key := lapKey{v, t.refID(s)}
	if w, ok := t.laps[key]; ok {
		return w, nil
	}
	w, err := t.lapRule(v, s)
	if err == nil {
		if isZero(w) {
			w = nil
		}
		w = t.widen(w, v.dim)
		t.laps[key] = w
	}
	return w, err
}

func (t *trace) lapRule(v *value, s *lapSpec) (*value, error) {
	if d, ok := t.origin[v]; ok {
		// the Laplacian of a derivative is the derivative of the Laplacian: one coefficient, not two
		l, err := t.lap(d.v, s)
		if err != nil || l == nil {
			return nil, err
		}
		return t.diff(l, d.c)
	}
	switch v.op {
	case opLin, opLinear, opSlice, opConcat, opSum, opMul, opUnary:
	default: // the plain sum
		var sum *value
		for k, c := range s.coords {
			d, err := t.diff(v, c)
			if err == nil && d != nil {
				d, err = t.diff(d, c)
			}
			if err != nil {
				return nil, err
			}
			if d != nil {
				sum = t.sum(sum, t.scale(d, s.coef[k]))
			}
		}
		return sum, nil
	}
	l := make([]*value, len(v.args))
	for i, a := range v.args {
		var err error
		if l[i], err = t.lap(a, s); err != nil {
			return nil, err
		}
	}
	// cross is Σ coef_k ∂a/∂x_k ∂b/∂x_k
	cross := func(a, b *value) (*value, error) {
		var sum *value
		for k, c := range s.coords {
			da, err := t.diff(a, c)
			if err != nil {
				return nil, err
			}
			db, err := t.diff(b, c)
			if err != nil {
				return nil, err
			}
			if p := t.mul(da, db); p != nil {
				sum = t.sum(sum, t.scale(p, s.coef[k]))
			}
		}
		return sum, nil
	}
	switch v.op {
	case opLin:
		return t.linOf(v, l), nil
	case opMul:
		a, b := v.args[0], v.args[1]
		x, err := cross(a, b)
		if err != nil {
			return nil, err
		}
		return t.sum(t.sum(t.mul(l[0], b), t.mul(a, l[1])), t.scale(x, 2)), nil
	case opUnary:
		first, err := t.chainRule(v, 1)
		if err != nil || first == nil {
			return nil, err
		}
		second, err := t.chainRule(v, 2)
		if err != nil {
			return nil, err
		}
		x, err := cross(v.args[0], v.args[0])
		if err != nil {
			return nil, err
		}
		return t.sum(t.mul(first, l[0]), t.mul(second, x)), nil
	}
	for _, x := range l {
		if x != nil {
			return t.along(v, l), nil
		}
	}
	return nil, nil
}
