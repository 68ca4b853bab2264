package placeholder_test

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
	"pgregory.net/rapid"
)

// plain is MathML with its elements shortened, so that tests can be read: fractions are {a / b}, powers a^{b}, indices a_{b}.
func plain(t *testing.T, text string) string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	d.Entity = xml.HTMLEntity
	type part struct {
		name  string
		parts []string
	}
	stack := []part{{}}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		top := &stack[len(stack)-1]
		switch x := token.(type) {
		case xml.StartElement:
			stack = append(stack, part{name: x.Name.Local})
		case xml.CharData:
			top.parts = append(top.parts, string(x))
		case xml.EndElement:
			p := *top
			stack = stack[:len(stack)-1]
			all := strings.Join(p.parts, "")
			want := map[string]int{"mfrac": 2, "msup": 2, "msub": 2, "msubsup": 3}[p.name]
			if want > 0 && want != len(p.parts) {
				t.Fatalf("%s has %d operands: %s", p.name, len(p.parts), text)
			}
			switch p.name {
			case "mfrac":
				all = "{" + p.parts[0] + " / " + p.parts[1] + "}"
			case "msup":
				all = p.parts[0] + "^{" + p.parts[1] + "}"
			case "msub":
				all = p.parts[0] + "_{" + p.parts[1] + "}"
			case "msubsup":
				all = p.parts[0] + "_{" + p.parts[1] + "}^{" + p.parts[2] + "}"
			case "msqrt":
				all = "√{" + all + "}"
			}
			up := &stack[len(stack)-1]
			up.parts = append(up.parts, all)
		}
	}
	return strings.NewReplacer("\u2061", "", "\u2062", " ").Replace(strings.Join(stack[0].parts, ""))
}

func TestMathML(t *testing.T) {
	x, y, tt := ph.NewCoord("x"), ph.NewCoord("y"), ph.NewCoord("t")
	field := func(name string, at ...*ph.Coord) ph.Expr {
		f := ph.NewField(name, net.MLP{}, at...)
		if f.Err() != nil {
			t.Fatal(f.Err())
		}
		return f
	}
	env := ph.Env{Space: []*ph.Coord{x, y}, Ends: map[*ph.Coord][2]float64{x: {-1, 1}}, Names: map[string]ph.Expr{
		"x": x, "y": y, "t": tt, "u": field("u", tt, x, y), "v": field("v", x), "q": ph.Define("q", x.Mul(y)),
		"nu": ph.NewConstant("nu", 1), "lambda1": ph.NewConstant("lambda1", 1), "u_data": ph.Column("u_data"), "Re": ph.NewConstant("Re", 2),
	}}

	for text, want := range map[string]string{
		"u_t + u*u_x - nu*u_xx":             "{∂u / ∂t}+u {∂u / ∂x}−ν {∂^{2}u / ∂x^{2}}",
		"u_t = nu*laplacian(u)":             "{∂u / ∂t}=ν Δu",
		"-laplacian(u) = 2*pi^2*sin(pi*x)":  "−Δu=2 π^{2} sin(π x)",
		"u - laplacian(u)":                  "u−Δu",
		"u_xx + v_x":                        "{∂^{2}u / ∂x^{2}}+{dv / dx}",
		"laplacian(q*u)":                    "Δ(q u)",
		"diff(nu*u_x, x)":                   "{∂ / ∂x}(ν {∂u / ∂x})",
		"u_tx":                              "{∂^{2}u / ∂t∂x}",
		"dn(u) + nu*u":                      "{∂u / ∂n}+ν u",
		"(x + y)*t":                         "(x+y) t",
		"x - (y - t)":                       "x−(y−t)",
		"x - -y":                            "x−(−y)",
		"-x^2":                              "−x^{2}",
		"(-x)^2":                            "(−x)^{2}",
		"(x/y)^2":                           "({x / y})^{2}",
		"u_x^2":                             "({∂u / ∂x})^{2}",
		"x/(y + 1)/t":                       "{{x / y+1} / t}",
		"sin(x)^2 + exp(-x^2) + sqrt(x)":    "sin^{2}(x)+e^{−x^{2}}+√{x}",
		"2*3*x*4":                           "2·3 x·4",
		"1e-7*u + 2.5e27":                   "10^{−7} u+2.5·10^{27}",
		"lambda1*u - u_data":                "λ_{1} u−u_{data}",
		"laplacian(u)/Re":                   "{Δu / Re}",
		"u(t = 0) - x":                      "u(0,x,y)−x",
		"u_x(x = 1)":                        "{∂u / ∂x}(t,1,y)",
		"at(u*x, x = 1)":                    "(u x)|_{x=1}",
		"v = integral(x*v(x = s), s, 0, x)": "v=∫_{0}^{x}x v(s)ds",
		"where(x < 0.5, 1, abs(y))":         "{1if x<0.5|y|otherwise",
		"integral(v, x)":                    "∫_{−1}^{1}vdx",
		"x^y":                               "x^{y}",
		"x*(-2)":                            "x (−2)",
		"u == 1":                            "u=1",
	} {
		e, err := ph.Parse(text, env)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := plain(t, ph.MathML(e, env.Space...)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if got := ph.MathML(ph.Column("<script>")); strings.Contains(got, "<script") {
		t.Error(got)
	}
	var long ph.Expr = x
	for range 100 {
		long = long.Add(long)
	}
	if got := ph.MathML(long); len(got) > 1<<18 {
		t.Errorf("%d bytes", len(got))
	}
	if got := ph.MathML(ph.Const(1).Sub(nil)); !strings.Contains(got, "?") {
		t.Error(got)
	}
}

// Brackets grow with what is between them only where that is a fraction.
func TestMathMLBrackets(t *testing.T) {
	x, y := ph.NewCoord("x"), ph.NewCoord("y")
	env := ph.Env{Space: []*ph.Coord{x, y}, Names: map[string]ph.Expr{"x": x, "y": y}}
	for text, want := range map[string][2]int{"sin(2*y)*(1 - x)": {2, 0}, "x*(1 + 1/(1 + y))": {0, 1}, "(1 - x)*(x + sin(y)/x)": {2, 1}} {
		e, err := ph.Parse(text, env)
		if err != nil {
			t.Fatal(err)
		}
		m := ph.MathML(e)
		if got := [2]int{strings.Count(m, `<mo stretchy="false">(`), strings.Count(m, "<mo>(")}; got != want {
			t.Errorf("%s: %v brackets stay and grow, want %v: %s", text, got, want, m)
		}
	}
}

// TestMathMLWellFormed: what is written for random expressions is well-formed, and brackets come in pairs.
func TestMathMLWellFormed(t *testing.T) {
	w := newWorld()
	element := regexp.MustCompile(`<mo>\(</mo>|<mo>\)</mo>`)
	rapid.Check(t, func(r *rapid.T) {
		text := ph.MathML(w.scalar(r, rapid.IntRange(1, 3).Draw(r, "depth")), w.x, w.y)
		d, depth := xml.NewDecoder(strings.NewReader(text)), 0
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				r.Fatalf("%v in %s", err, text)
			}
		}
		for _, b := range element.FindAllString(text, -1) {
			if strings.Contains(b, "(") {
				depth++
			} else if depth--; depth < 0 {
				r.Fatalf("brackets in %s", text)
			}
		}
		if depth != 0 {
			r.Fatalf("brackets in %s", text)
		}
	})
}
