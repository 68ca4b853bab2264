package docs_test

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

var errNoWay = errors.New("no way to give this a value from the table; teach the test")

// setting gives an option the value of a cell, and one that is another.
func (p *page) setting(option reflect.Value, cell string) (value, other any, err error) {
	number := func() float64 {
		x, e := strconv.ParseFloat(cell, 64)
		err = errors.Join(err, e)
		return x
	}
	switch option.Interface().(type) {
	case ph.Selector:
		return ph.Selector(func(string) bool { return cell == "all" }), ph.Paths("u/layer0"), nil
	case []string:
		return p.named(cell), []string{"bc"}, nil
	case []crux.Constraint:
		if cell != "all" {
			err = errNoWay
		}
		return p.problem.Constraints, p.problem.Constraints[1:2], err
	case *domain.Points:
		for _, c := range p.problem.Constraints {
			if c.Name == cell {
				return c.On, p.other, nil
			}
		}
	case [2]trackers.Direction:
		d, ok := trackers.ParseDirection(cell)
		if !ok {
			err = errNoWay
		}
		return [2]trackers.Direction{d, d}, [2]trackers.Direction{trackers.GradientDirection, trackers.CurvatureDirection}, err
	case [2][]float64:
		var d [2][]float64
		for i := range 67 {
			d[0], d[1] = append(d[0], float64(i%5)), append(d[1], float64(i%7))
		}
		if cell != "none" {
			err = errNoWay
		}
		return [2][]float64{}, d, err
	case time.Duration:
		if cell != "none" {
			err = errNoWay
		}
		return time.Duration(0), time.Nanosecond, err
	case bool:
		b, err := strconv.ParseBool(cell)
		return b, !b, err
	case int:
		return int(number()), int(number()) + 1, err
	case uint64:
		return uint64(number()), uint64(number()) + 1, err
	case float64:
		if cell == "none" {
			return 0.0, 1.0, nil
		}
		return number(), number()/2 + 0.25, err
	}
	return nil, nil, errNoWay
}

// named are the names of all constraints.
func (p *page) named(cell string) []string {
	list := []string{}
	for _, c := range p.problem.Constraints {
		if cell == "all" {
			list = append(list, c.Name)
		}
	}
	return list
}

// choice is what a run does with an option.
type choice int

const (
	omitted choice = iota
	stated         // has the value of the table
	changed        // has another one
)

// run is what can be seen of a run with an option.
func run(t *testing.T, of, field, cell string, do choice) (string, error) {
	t.Helper()
	p := newPage()
	owner := p.owner(of)
	option := reflect.ValueOf(owner).Elem().FieldByName(field)
	if do == omitted {
		if of != "NewNTKBalanced" { // which gives it a value
			option.SetZero()
		}
	} else {
		value, other, err := p.setting(option, cell)
		if err != nil {
			return "", err
		}
		if do == changed {
			value = other
		}
		option.Set(reflect.ValueOf(value))
	}
	steps := 3
	switch {
	case of == "Checkpoint" && field == "Keep": // more files than are kept
		owner.(*callbacks.Checkpoint).Interval, steps = 2, 12
	case field == "FirstDraw": // several measurements of points that move
		reflect.ValueOf(owner).Elem().FieldByName("On").SetZero()
		reflect.ValueOf(owner).Elem().FieldByName("Interval").SetInt(1)
	case field == "Interval":
		steps, _ = strconv.Atoi(cell)
		steps += 2
	}
	return p.observe(t, owner, steps)
}

// The default of every option in Go: a run without it is, to the bit, the run with what the table says, and another value makes
// another run; what is needed is an error before the first step.
func TestPageDefaultsInGo(t *testing.T) {
	listed := map[string]bool{}
	for _, row := range pageTable(t, pageDefaults, 7) {
		if row[2] == nothing {
			continue
		}
		name, cell := code(row[2])[0], row[3]
		if listed[name] {
			t.Errorf("%s stands twice", name)
		}
		listed[name] = true
		of, field, _ := strings.Cut(name, ".")
		if owner := newPage().owner(of); owner == nil || !reflect.ValueOf(owner).Elem().FieldByName(field).IsValid() {
			t.Errorf("there is no %s", name)
			continue
		}
		if cell == "needed" {
			if _, err := run(t, of, field, cell, omitted); err == nil || strings.Contains(err.Error(), "only after") {
				t.Errorf("%s is not needed: %v", name, err)
			}
			continue
		}
		var seen [3]string
		for _, choice := range []choice{omitted, stated, changed} {
			var err error
			if seen[choice], err = run(t, of, field, cell, choice); err != nil {
				t.Fatalf("%s, %q: %v", name, cell, err)
			}
		}
		if seen[omitted] != seen[stated] {
			t.Errorf("the default of %s is not %s", name, cell)
		}
		if seen[omitted] == seen[changed] {
			t.Errorf("another value than %s changes nothing for %s, so that nothing is shown", cell, name)
		}
	}
	for _, of := range whole {
		typ := reflect.TypeOf(newPage().owner(of)).Elem()
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() && !f.Anonymous && !listed[of+"."+f.Name] {
				t.Errorf("%s.%s has no row", of, f.Name)
			}
		}
	}
}

// The last column says what the others show: same where page, Go and file agree, more where the page has nothing.
func TestPageDefaultsAreCompared(t *testing.T) {
	for _, row := range pageTable(t, pageDefaults, 7) {
		word := pronounced(t, row, 6, "same", "better", "other", "more")
		plain := strings.NewReplacer("None", "all", "1.0", "1").Replace(row[1])
		if word == "same" && (row[3] != row[5] || plain != nothing && plain != row[3]) {
			t.Errorf("not the same: %s", strings.Join(row, " | "))
		}
		if (word == "more") && row[0] != nothing || word != "more" && word != "other" && row[0] == nothing {
			t.Errorf("%s: %s", word, strings.Join(row, " | "))
		}
	}
}
