package placeholder

// Unknown reports whether a part of an expression is something that training finds: a field, or a parameter that is not fixed.
func Unknown(part Expr) bool {
	p, ok := part.Attr().(*Param)
	return part.Op() == OpField || ok && !p.Fixed()
}
