package placeholder

// Summands are the terms of a sum or difference, without their signs. A factor of a sum, or what divides it, is one of each of its terms.
func Summands(e Expr) []Expr { return summands(e, nil) }

func summands(e Expr, list []Expr) []Expr {
	a := e.Args()
	switch op := e.Op(); {
	case op == OpAdd || op == OpSub || op == OpNeg:
		for _, x := range a {
			list = summands(x, list)
		}
		return list
	case (op == OpMul || op == OpDiv) && isSum(a[0]):
		for _, x := range Summands(a[0]) {
			if op == OpDiv {
				list = append(list, x.Div(a[1]))
			} else {
				list = append(list, x.Mul(a[1]))
			}
		}
		return list
	case op == OpMul && isSum(a[1]):
		for _, x := range Summands(a[1]) {
			list = append(list, a[0].Mul(x))
		}
		return list
	}
	return append(list, e)
}

func isSum(e Expr) bool { return e.Op() == OpAdd || e.Op() == OpSub }
