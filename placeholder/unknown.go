package placeholder

import "slices"

// Unknown reports whether a part of an expression is something that training finds: a field, or a parameter that is not fixed.
func Unknown(part Expr) bool {
	p, ok := part.Attr().(*Param)
	return part.Op() == OpField || ok && !p.Fixed()
}

// Given reports whether an expression is data of a problem: it contains no field, no column and no normal.
func Given(e Expr) bool {
	return !Contains(e, func(part Expr) bool {
		return part.Op() == OpField || part.Op() == OpColumn || part.Op() == OpNormal
	})
}

// Mentions reports whether a field or a parameter occurs in an expression.
func Mentions[T *Field | *Param](e Expr, x T) bool {
	return Contains(e, func(part Expr) bool { return part.Attr() == any(x) })
}

// Occurring are the fields or the parameters that occur in an expression, each once; see [Walk] for their order.
func Occurring[T *Field | *Param](e Expr) []T {
	var list []T
	for part := range Walk(e, nil) {
		if x, ok := part.Attr().(T); ok && !slices.Contains(list, x) {
			list = append(list, x)
		}
	}
	return list
}
