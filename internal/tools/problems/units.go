package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/crux-pinn/crux/crux/verdict"
	"github.com/crux-pinn/crux/internal/report"
)

// largestPower is the largest exponent of ten by which units are changed.
const largestPower = 12

// inUnits solves a problem with three seeds as it is stated, and stated in other units: each function, each parameter, the coordinates of
// space, time, and each residual times a power of ten of its own. What is solved should stay so, in at most twice the steps.
func inUnits(b *binary, file string, _ []string) ([][]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(file)
	s, err := restate(text, powers(name))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "units")
	if err != nil {
		return nil, err
	}
	other := filepath.Join(dir, name)
	if err := os.WriteFile(other, s.text, 0o600); err != nil {
		return nil, err
	}
	var solved, steps [2][]int
	for seed := range 3 {
		for k, f := range []string{file, other} {
			r := &report.Report{}
			if _, err := b.solve(r, f, "--set", "accuracy=auto", "--set", "seed="+strconv.Itoa(seed+1)); err != nil {
				return nil, err
			}
			if r.Verdict == verdict.Solved {
				solved[k] = append(solved[k], seed)
			}
			steps[k] = append(steps[k], allSteps(r))
		}
	}
	return [][]string{{
		strings.Join(s.scales, ", "), fmt.Sprintf("%d of 3", len(solved[0])), fmt.Sprintf("%d of 3", len(solved[1])),
		strconv.Itoa(middle(steps[0])), strconv.Itoa(middle(steps[1])), b.commit,
	}}, nil
}

// allSteps are those of all ways that were tried.
func allSteps(r *report.Report) int {
	if len(r.Attempts) == 0 {
		return r.Steps
	}
	all := 0
	for _, a := range r.Attempts {
		all += a.Steps
	}
	return all
}

func middle(list []int) int {
	slices.Sort(list)
	return list[len(list)/2]
}

// powers draws exponents of ten, the same for the same problem.
func powers(problem string) func() int {
	h := fnv.New64a()
	h.Write([]byte(problem)) //nolint:errcheck // a hash takes everything
	rng := rand.New(rand.NewPCG(h.Sum64(), 0))
	return func() int { return rng.IntN(2*largestPower+1) - largestPower }
}

// restated is a problem file in other units.
type restated struct {
	text   []byte
	scales []string // what was multiplied by what, in words

	draw    func() int
	coords  map[string]int // exponents of coordinates
	unknown map[string]int // of functions and parameters
	defined map[string]bool
	space   int
}

// restate reads a file of testdata/unseen and states its problem in units that differ by powers of ten: what was x is now x/10^k.
func restate(text []byte, draw func() int) (*restated, error) {
	var doc yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &doc, yaml.UseOrderedMap()); err != nil {
		return nil, err
	}
	s := &restated{draw: draw, coords: map[string]int{}, unknown: map[string]int{}, defined: map[string]bool{}, space: draw()}
	for _, top := range doc {
		of, _ := top.Value.(yaml.MapSlice)
		for _, entry := range of {
			name := fmt.Sprint(entry.Key)
			switch top.Key {
			case "coords":
				if s.coords[name] = s.space; name == "t" {
					s.coords[name] = draw()
				}
				s.tell(name, s.coords[name])
			case "params":
				s.choose(name)
			case "fields":
				parts := []any{name}
				if field, ok := entry.Value.(yaml.MapSlice); ok {
					for _, e := range field {
						if list, ok := e.Value.([]any); ok && e.Key == "out" {
							parts = list
						}
					}
				}
				for _, p := range parts {
					s.choose(fmt.Sprint(p))
				}
			case "define":
				s.defined[name] = true
			}
		}
	}
	for i, top := range doc {
		if change, ok := map[string]func(any) any{
			"coords": s.ends, "params": s.numbers, "define": s.expressions, "domain": s.shape, "regions": s.conditions,
			"constraints": s.conditions, "reference": s.solution,
		}[fmt.Sprint(top.Key)]; ok {
			doc[i].Value = change(top.Value)
		}
	}
	var err error
	s.text, err = yaml.Marshal(doc)
	return s, err
}

func (s *restated) choose(name string) {
	s.unknown[name] = s.draw()
	s.tell(name, s.unknown[name])
}

func (s *restated) tell(name string, power int) {
	s.scales = append(s.scales, fmt.Sprintf("%s 1e%d", name, power))
}

// each changes all values of a map, by their keys.
func each(v any, change func(key string, v any) any) any {
	m, ok := v.(yaml.MapSlice)
	if !ok {
		return v
	}
	for i, entry := range m {
		m[i].Value = change(fmt.Sprint(entry.Key), entry.Value)
	}
	return m
}

// times is a number, or an expression, times a power of ten.
func times(power int, v any) string { return fmt.Sprintf("1e%d*(%v)", power, v) }

func (s *restated) ends(v any) any {
	return each(v, func(name string, v any) any {
		list, _ := v.([]any)
		for i := range list {
			list[i] = times(s.coords[name], list[i])
		}
		return list
	})
}

func (s *restated) numbers(v any) any {
	return each(v, func(name string, v any) any {
		return each(v, func(_ string, v any) any { return times(s.unknown[name], v) })
	})
}

func (s *restated) expressions(v any) any {
	return each(v, func(_ string, v any) any { return s.expression(fmt.Sprint(v)) })
}

func (s *restated) solution(v any) any {
	return each(v, func(name string, v any) any { return times(s.unknown[name], s.expression(fmt.Sprint(v))) })
}

// shape changes all lengths of a shape: its numbers.
func (s *restated) shape(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = s.shape(v[i])
		}
		return v
	case yaml.MapSlice:
		return each(v, func(_ string, v any) any { return s.shape(v) })
	case string:
		return v
	default:
		return times(s.space, v)
	}
}

// conditions changes residuals, and where they hold.
func (s *restated) conditions(v any) any {
	return each(v, func(_ string, v any) any {
		return each(v, func(key string, v any) any {
			switch key {
			case "residual":
				if _, one := v.(yaml.MapSlice); one {
					return each(v, func(_ string, v any) any { return s.equation(fmt.Sprint(v)) })
				}
				return s.equation(fmt.Sprint(v))
			case "where":
				return s.expression(fmt.Sprint(v))
			case "on":
				return each(v, func(name string, v any) any { return times(s.coords[name], v) })
			}
			return v
		})
	})
}

// equation changes a residual, or the two sides of an equation, and multiplies it by a power of ten.
func (s *restated) equation(text string) string {
	left, right, both := cutOutside(text)
	power := s.draw()
	if !both {
		return times(power, s.expression(text))
	}
	return times(power, s.expression(strings.TrimSpace(left))) + " = " + times(power, s.expression(strings.TrimSpace(right)))
}

// cutOutside cuts a text at an equals sign that is in no parentheses.
func cutOutside(text string) (left, right string, ok bool) {
	depth := 0
	for i, c := range text {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '=' && depth == 0:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

var (
	word  = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*`)
	given = regexp.MustCompile(`^\s*([a-z]) = (.*)$`) // x = 1 in u(x = 1)
)

// expression writes x/10^k for x, u/10^k for u, and so derivatives.
func (s *restated) expression(text string) string {
	var out strings.Builder
	for text != "" {
		at := word.FindStringIndex(text)
		if at == nil {
			break
		}
		if at[0] > 0 && text[at[0]-1] >= '0' && text[at[0]-1] <= '9' { // the e of a number
			out.WriteString(text[:at[1]])
			text = text[at[1]:]
			continue
		}
		out.WriteString(text[:at[0]])
		name, rest := text[at[0]:at[1]], text[at[1]:]
		call := ""
		if strings.HasPrefix(rest, "(") {
			n := closing(rest)
			call, rest = "("+s.arguments(rest[1:n])+")", rest[n+1:]
		}
		if power, ok := s.power(name); ok {
			fmt.Fprintf(&out, "(1e%d*%s%s)", power, name, call)
		} else {
			out.WriteString(name + call)
		}
		text = rest
	}
	return out.String() + text
}

// arguments changes those of a call, in which coordinates are set to values.
func (s *restated) arguments(text string) string {
	if !strings.Contains(text, " = ") {
		return s.expression(text)
	}
	parts := strings.Split(text, ",")
	for i, p := range parts {
		if m := given.FindStringSubmatch(p); m != nil {
			parts[i] = m[1] + " = " + times(s.coords[m[1]], s.expression(m[2]))
		}
	}
	return strings.Join(parts, ", ")
}

// power is the exponent of what a name is multiplied by to be what it was.
func (s *restated) power(name string) (int, bool) {
	if k, ok := s.coords[name]; ok {
		return -k, true
	}
	switch name {
	case "laplacian":
		return 2 * s.space, true
	case "dn":
		return s.space, true
	}
	of, by, derived := strings.Cut(name, "_")
	k, unknown := s.unknown[of]
	if !unknown && !(derived && s.defined[of]) {
		return 0, false
	}
	k = -k
	for _, c := range by {
		k += s.coords[string(c)]
	}
	return k, true
}

// closing is the place of the parenthesis that closes the first one.
func closing(text string) int {
	depth := 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(text) - 1
}
