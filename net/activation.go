package net

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/nearest"
	ph "github.com/crux-pinn/crux/placeholder"
)

// Activation is the nonlinearity of a layer, applied component by component. Nil means Tanh.
//
// A problem with derivatives of order k needs an activation whose derivatives up to order k+1 are not all zero: gradient
// descent differentiates once more than the equation does.
type Activation func(z ph.Expr) ph.Expr

// Tanh is tanh z.
func Tanh(z ph.Expr) ph.Expr { return ph.Tanh(z) }

// Sin is sin z.
func Sin(z ph.Expr) ph.Expr { return ph.Sin(z) }

// Sigmoid is 1/(1+e^{−z}).
func Sigmoid(z ph.Expr) ph.Expr { return ph.Sigmoid(z) }

// Softplus is ln(1+e^z).
func Softplus(z ph.Expr) ph.Expr { return ph.Softplus(z) }

// SiLU is z/(1+e^{−z}), also called swish (Elfwing, Uchibe, Doya 2018; Ramachandran, Zoph, Le 2017).
func SiLU(z ph.Expr) ph.Expr { return z.Mul(ph.Sigmoid(z)) }

// GELU is zΦ(z) = z/2 (1 + erf(z/√2)) (Hendrycks, Gimpel 2016).
func GELU(z ph.Expr) ph.Expr {
	return z.Scale(0.5).Mul(ph.Erf(z.Scale(1 / math.Sqrt2)).Shift(1))
}

// GELUTanh is the approximation z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))) of GELU from the same paper.
func GELUTanh(z ph.Expr) ph.Expr {
	inner := z.Add(z.Pow(3).Scale(0.044715)).Scale(math.Sqrt(2 / math.Pi))
	return z.Scale(0.5).Mul(ph.Tanh(inner).Shift(1))
}

// ReLU is max(z, 0). Its second derivative is zero, so it serves only for equations of first order in weak form, or as a
// part of something smoother.
func ReLU(z ph.Expr) ph.Expr { return ph.Max(z, ph.Const(0)) }

// ReLUPower returns max(z, 0)^k, which has k−1 continuous derivatives. The deep Ritz method (E, Yu 2018) uses k = 3.
func ReLUPower(k int) Activation {
	return func(z ph.Expr) ph.Expr {
		if k < 1 {
			return ph.Bad("ReLUPower(%d): the power must be at least 1", k)
		}
		return ReLU(z).Pow(float64(k))
	}
}

// activations are the names under which YAML knows them.
func activations() map[string]Activation {
	return map[string]Activation{
		"tanh": Tanh, "sin": Sin, "sigmoid": Sigmoid, "softplus": Softplus, "silu": SiLU, "swish": SiLU,
		"gelu": GELU, "gelu_tanh": GELUTanh, "relu": ReLU, "relu2": ReLUPower(2), "relu3": ReLUPower(3),
	}
}

// Activations returns the names that ActivationByName knows, in alphabetical order.
func Activations() []string { return slices.Sorted(maps.Keys(activations())) }

// ActivationByName returns the activation of that name. An unknown name is an error that suggests the nearest.
func ActivationByName(name string) (Activation, error) {
	a, ok := activations()[name]
	if !ok {
		return nil, unknown("activation", name, Activations())
	}
	return a, nil
}

func unknown(kind, name string, valid []string) error {
	if near := nearest.Name(name, valid); near != "" {
		return fmt.Errorf("unknown %s %q; did you mean %s?", kind, name, near)
	}
	return fmt.Errorf("unknown %s %q; there are %s", kind, name, strings.Join(valid, ", "))
}
