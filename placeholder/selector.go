package placeholder

import (
	"path"
	"strings"
)

// Selector chooses parameters by path, such as "u/layer1/weight". Nil means all.
type Selector func(path string) bool

// Paths selects the parameters whose path matches one of the patterns. In a pattern, * stands for any part between
// slashes and a trailing /** for everything below; a pattern without a wildcard also selects everything below it.
func Paths(patterns ...string) Selector {
	return func(p string) bool {
		for _, pat := range patterns {
			pat = strings.TrimSuffix(pat, "/**")
			q := p
			// compare as many path elements as the pattern has
			if n, m := strings.Count(pat, "/"), strings.Count(p, "/"); m > n {
				for ; m > n; m-- {
					q = q[:strings.LastIndexByte(q, '/')]
				}
			}
			if ok, err := path.Match(pat, q); ok && err == nil {
				return true
			}
		}
		return false
	}
}

// Not selects what s does not.
func (s Selector) Not() Selector { return func(p string) bool { return s != nil && !s(p) } }

// Params selects all parameters of the field's network.
func (f *Field) Params() Selector { return Paths(f.name) }

// LastLayer selects the parameters of the network's output layer: those that share the directory of the last parameter.
func (f *Field) LastLayer() Selector {
	if len(f.params) == 0 {
		return func(string) bool { return false }
	}
	return Paths(path.Dir(f.params[len(f.params)-1].path))
}

// NetworkGradient is the derivative of an expression with respect to parameters, ∂e/∂θ: the rows from which the
// neural tangent kernel is formed.
type NetworkGradient struct {
	Expr   Expr
	Select Selector // nil means every trainable parameter
}

// ParamGrad returns the derivative of e with respect to the selected parameters.
func ParamGrad(e Expr, s Selector) *NetworkGradient { return &NetworkGradient{e, s} }
