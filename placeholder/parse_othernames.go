package placeholder

import "strings"

// otherNames are what other languages have, and how to write it here.
var otherNames = map[string]string{
	"sech":    "write 1/cosh(...)",
	"csch":    "write 1/sinh(...)",
	"coth":    "write 1/tanh(...)",
	"sec":     "write 1/cos(...)",
	"csc":     "write 1/sin(...)",
	"cot":     "write 1/tan(...)",
	"atan2":   "write atan(y/x) where x > 0",
	"if":      "write where(condition, value, other value)",
	"ifelse":  "write where(condition, value, other value)",
	"delta":   "write a source at a point as a narrow bell, exp(-(x - a)^2/(2*s^2))/(s*sqrt(2*pi))",
	"dirac":   "write a source at a point as a narrow bell, exp(-(x - a)^2/(2*s^2))/(s*sqrt(2*pi))",
	"gamma":   "there is no gamma function; put its value under constants",
	"besselj": "there are no Bessel functions; put values into a file, under tables",
}

// elsewhere says how to write what another language calls by this name, or the derivative du/dt; "" if nothing is known.
func (p *parser) elsewhere(s string) string {
	if hint, ok := otherNames[s]; ok {
		return hint
	}
	of, ok := strings.CutPrefix(s, "d")
	of = strings.TrimLeft(of, "0123456789")
	e := p.lookup(of)
	if !ok || e == nil || e.Err() != nil || p.coord(of) != nil {
		return ""
	}
	free := FreeCoords(e)
	var ways []string
	for _, c := range p.coordNames() {
		if free[p.coord(c)] {
			ways = append(ways, of+"_"+c)
		}
	}
	if len(ways) == 0 {
		return ""
	}
	return "write derivatives as " + strings.Join(ways, ", ")
}
