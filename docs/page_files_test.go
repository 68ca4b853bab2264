package docs_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	yaml "github.com/goccy/go-yaml"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// pageProblem is a small problem in a file with all trackers, and pageBare without any.
const (
	pageBare = `
problem: page
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {net: mlp, hidden: [6, 6]}}
constraints:
  pde: {residual: "laplacian(u) + 1", points: 300}
  bc: {residual: u, on: boundary, points: 20}
optimizer: [{adam: {lr: 1e-3}, steps: 10}]
early_stopping: {patience: 2000}
`
	pageProblem = pageBare + `
trackers:
  gradient_norms: {}
  cos_similarity: {}
  gradient_alignment: {}
  residual_stats: {}
  input_sensitivity: {}
  ntk_spectrum: {}
  hessian_spectrum: {}
  loss_landscape: {}
  error: {}
`
)

// filed is a problem file with what belongs to a path of the table.
func filed(path string) (file string) {
	switch {
	case strings.HasPrefix(path, "weights.ntk"):
		return pageBare + "weights: {ntk: {}}\n"
	case strings.HasPrefix(path, "weights."):
		return pageBare + "weights: {gradient_norm: {}}\n"
	}
	return pageProblem
}

// fullPath is a path of the table from the top of the file.
func fullPath(path string) string {
	if slices.Contains(problemfile.TrackerNames(), strings.Split(path, ".")[0]) {
		return "trackers." + path
	}
	return path
}

// built are the values that a file makes, by type.
func built(p *problemfile.Problem, of string) any {
	all := append([]any{p.Options.Weights, p.Checkpoint}, anys(p.Trackers)...)
	for _, c := range p.Stopping {
		all = append(all, c)
	}
	for _, v := range all {
		if v != nil && reflect.TypeOf(v).Elem().Name() == strings.TrimPrefix(of, "New") {
			return v
		}
	}
	return nil
}

func anys(list []problemfile.Tracker) (out []any) {
	for _, t := range list {
		out = append(out, t.Tracker)
	}
	return out
}

// The default of every key in a file is what the resolved file says; where it says nothing, the option is left to Go's default.
func TestPageDefaultsInFiles(t *testing.T) {
	listed := map[string]bool{}
	for _, row := range pageTable(t, pageDefaults, 7) {
		if row[4] == nothing {
			continue
		}
		path, cell := fullPath(code(row[4])[0]), row[5]
		if listed[path] {
			t.Errorf("%s stands twice", path)
		}
		listed[path] = true
		section, key := path[:strings.LastIndexByte(path, '.')], path[strings.LastIndexByte(path, '.')+1:]
		if !slices.Contains(knownKeys(t, section), key) {
			t.Errorf("there is no %s", path)
		}
		if cell == "needed" {
			_, err := problemfile.Parse("p.yaml", []byte(filed(path)), ".", []string{section + "={}"})
			if err == nil || !strings.Contains(err.Error(), key+" is missing") {
				t.Errorf("%s is not needed: %v", path, err)
			}
			continue
		}
		p, err := problemfile.Parse("p.yaml", []byte(filed(path)), ".", nil)
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := lookUp(t, p.Resolved, path); ok {
			if v != cell {
				t.Errorf("the default of %s is %s, not %s", path, v, cell)
			}
			continue
		}
		if row[2] == nothing {
			continue // what a file alone has, and leaves open
		}
		of, field, _ := strings.Cut(code(row[2])[0], ".")
		option := reflect.ValueOf(built(p, of)).Elem().FieldByName(field)
		switch {
		case !option.IsZero() && fmt.Sprint(option) != cell:
			t.Errorf("the default of %s is %v, not %s", path, option, cell)
		case option.IsZero() && cell != row[3] && cell != "none" && cell != "filter":
			t.Errorf("the default of %s is that of Go, %s, not %s", path, row[3], cell)
		}
	}
	for _, tracker := range problemfile.TrackerNames() {
		for _, key := range knownKeys(t, "trackers."+tracker) {
			if !listed["trackers."+tracker+"."+key] {
				t.Errorf("trackers.%s.%s has no row", tracker, key)
			}
		}
	}
	for _, scheme := range []string{"gradient_norm", "ntk"} {
		for _, key := range knownKeys(t, "weights."+scheme) {
			if !listed["weights."+scheme+"."+key] {
				t.Errorf("weights.%s.%s has no row", scheme, key)
			}
		}
	}
}

// knownKeys are the keys of a section, as the message on one that is unknown lists them.
func knownKeys(t *testing.T, section string) []string {
	t.Helper()
	_, err := problemfile.Parse("p.yaml", []byte(filed(section+".")), ".", []string{section + ".qqqqqqqqqqqqqqqq=1"})
	if err == nil {
		t.Fatalf("%s takes any key", section)
	}
	_, list, ok := strings.Cut(err.Error(), "there are ")
	if !ok {
		t.Fatalf("%s: %v", section, err)
	}
	list, _, _ = strings.Cut(list, "\n")
	return strings.Split(list, ", ")
}

// lookUp finds what the resolved file has at a path.
func lookUp(t *testing.T, resolved []byte, path string) (value string, ok bool) {
	t.Helper()
	var at any
	if err := yaml.Unmarshal(resolved, &at); err != nil {
		t.Fatal(err)
	}
	for _, key := range strings.Split(path, ".") {
		m, _ := at.(map[string]any)
		if at, ok = m[key]; !ok {
			return "", false
		}
	}
	return fmt.Sprint(at), true
}
