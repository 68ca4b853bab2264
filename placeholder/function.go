package placeholder

import "math"

// Unary is a function of one argument, applied component by component, with its derivative as an expression: that is all
// the compiler needs for derivatives of every order.
type Unary struct {
	Name string
	// F evaluates the function.
	F func(float64) float64
	// Deriv returns f′ in terms of the argument x and the value y = f(x); nil means the derivative is zero.
	Deriv func(x, y Expr) Expr
	// Knots returns what changes its sign where a derivative of the function jumps; nil means that none does.
	Knots func(x Expr) Expr
	// Smooth is how many derivatives are continuous at the knots: 0 for a function with kinks, -1 for one that jumps there itself.
	Smooth int

	builtin bool
}

// Of is the function of an expression, component by component.
func (u *Unary) Of(x Expr) Expr { return elementwise(OpUnary, u, x) }

// Builtin reports whether the function is one of this package's, which a name identifies and kernels know.
func (u *Unary) Builtin() bool { return u.builtin }

// NewUnary returns the function with the given name, values and derivative: three lines add a pointwise primitive.
// The derivative may use x and y = f(x).
//
//	softsign := placeholder.NewUnary("softsign",
//		func(x float64) float64 { return x / (1 + math.Abs(x)) },
//		func(x, y placeholder.Expr) placeholder.Expr { return placeholder.Const(1).Sub(placeholder.Abs(y)).Pow(2) })
func NewUnary(name string, f func(float64) float64, deriv func(x, y Expr) Expr) func(Expr) Expr {
	return (&Unary{Name: name, F: f, Deriv: deriv}).Of
}

// one is the constant 1 in derivative rules.
func one() Expr { return Const(1) }

// builtin builds one of the functions below. Their rules are written with each other, so the set is closed under
// differentiation; sin needs cos and cos sin, which is why these are functions and not package variables.
func builtin(name string, f func(float64) float64, deriv func(x, y Expr) Expr, x Expr) Expr {
	return (&Unary{Name: name, F: f, Deriv: deriv, builtin: true}).Of(x)
}

// atZero builds one of those that have a knot at 0.
func atZero(name string, smooth int, f func(float64) float64, deriv func(x, y Expr) Expr, x Expr) Expr {
	itself := func(x Expr) Expr { return x }
	return (&Unary{Name: name, F: f, Deriv: deriv, Knots: itself, Smooth: smooth, builtin: true}).Of(x)
}

// Exp returns e^x.
func Exp(x Expr) Expr {
	return builtin("exp", math.Exp, func(_, y Expr) Expr { return y }, x)
}

// Log returns the natural logarithm.
func Log(x Expr) Expr {
	return builtin("log", math.Log, func(x, _ Expr) Expr { return one().Div(x) }, x)
}

// Log1p returns ln(1+x), accurate for small x.
func Log1p(x Expr) Expr {
	return builtin("log1p", math.Log1p, func(x, _ Expr) Expr { return one().Div(x.Shift(1)) }, x)
}

// Expm1 returns e^x − 1, accurate for small x.
func Expm1(x Expr) Expr {
	return builtin("expm1", math.Expm1, func(_, y Expr) Expr { return y.Shift(1) }, x)
}

// Sqrt returns the square root.
func Sqrt(x Expr) Expr {
	return builtin("sqrt", math.Sqrt, func(_, y Expr) Expr { return Const(0.5).Div(y) }, x)
}

// Abs returns |x|; its derivative is Sign.
func Abs(x Expr) Expr {
	return atZero("abs", 0, math.Abs, func(x, _ Expr) Expr { return Sign(x) }, x)
}

// Sign returns −1, 0 or 1.
func Sign(x Expr) Expr {
	return atZero("sign", -1, sign, nil, x)
}

// Heaviside returns 0 for x < 0, ½ at 0 and 1 for x > 0; its derivative is taken as zero.
func Heaviside(x Expr) Expr {
	return atZero("heaviside", -1, heaviside, nil, x)
}

// Sin returns the sine of x in radians.
func Sin(x Expr) Expr {
	return builtin("sin", math.Sin, func(x, _ Expr) Expr { return Cos(x) }, x)
}

// Cos returns the cosine of x in radians.
func Cos(x Expr) Expr {
	return builtin("cos", math.Cos, func(x, _ Expr) Expr { return Sin(x).Neg() }, x)
}

// Tan returns the tangent of x in radians.
func Tan(x Expr) Expr {
	return builtin("tan", math.Tan, func(_, y Expr) Expr { return y.Mul(y).Shift(1) }, x)
}

// Asin returns the arcsine in radians.
func Asin(x Expr) Expr {
	return builtin("asin", math.Asin, func(x, _ Expr) Expr { return one().Div(Sqrt(one().Sub(x.Mul(x)))) }, x)
}

// Acos returns the arccosine in radians.
func Acos(x Expr) Expr {
	return builtin("acos", math.Acos, func(x, _ Expr) Expr { return Const(-1).Div(Sqrt(one().Sub(x.Mul(x)))) }, x)
}

// Atan returns the arctangent in radians.
func Atan(x Expr) Expr {
	return builtin("atan", math.Atan, func(x, _ Expr) Expr { return one().Div(x.Mul(x).Shift(1)) }, x)
}

// Sinh returns the hyperbolic sine.
func Sinh(x Expr) Expr {
	return builtin("sinh", math.Sinh, func(x, _ Expr) Expr { return Cosh(x) }, x)
}

// Cosh returns the hyperbolic cosine.
func Cosh(x Expr) Expr {
	return builtin("cosh", math.Cosh, func(x, _ Expr) Expr { return Sinh(x) }, x)
}

// Tanh returns the hyperbolic tangent.
func Tanh(x Expr) Expr {
	return builtin("tanh", math.Tanh, func(_, y Expr) Expr { return one().Sub(y.Mul(y)) }, x)
}

// Sigmoid returns 1/(1+e^{−x}).
func Sigmoid(x Expr) Expr {
	return builtin("sigmoid", sigmoid, func(_, y Expr) Expr { return y.Mul(one().Sub(y)) }, x)
}

// Softplus returns ln(1+e^x).
func Softplus(x Expr) Expr {
	return builtin("softplus", softplus, func(x, _ Expr) Expr { return Sigmoid(x) }, x)
}

// Erf returns the error function.
func Erf(x Expr) Expr {
	return builtin("erf", math.Erf, func(x, _ Expr) Expr { return Exp(x.Mul(x).Neg()).Scale(2 / math.Sqrt(math.Pi)) }, x)
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x // ±0 and NaN stay
}

func heaviside(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return 0
	case x == 0:
		return 0.5
	}
	return x
}

func sigmoid(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
