package docs_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
)

// sizes are what the letters of the table's shapes stand for in the run with these trackers.
var sizes = map[string]int{"S": 8, "N": 3, "K": 2, "n": 9, "k": 4, "m": 6, "g": 5, "b": 7, "b+1": 8, "c": 2, "d": 2, "P": 67, "2": 2}

func (p *page) sized() []trackers.Tracker {
	on := p.other.Count(sizes["n"])
	return []trackers.Tracker{
		&trackers.GradientNorms{Interval: 1}, &trackers.CosSimilarity{Interval: 1}, &trackers.GradientAlignment{Interval: 1},
		&trackers.ResidualStats{Interval: 1, Constraints: []string{"pde", "bc"}, Bins: sizes["b"]},
		&trackers.InputSensitivity{Interval: 1, Expr: ph.Jacobian(p.u, on.Coords()...), On: on},
		&trackers.NTKSpectrum{Interval: 1, Grad: ph.ParamGrad(p.u, nil), On: on, TopK: sizes["k"]},
		&trackers.HessianSpectrum{Interval: 1, K: sizes["k"], Iters: sizes["m"]},
		&trackers.LossLandscape{Interval: 1, Grid: sizes["g"]},
	}
}

func typeName(v any) string { return reflect.TypeOf(v).Elem().Name() }

// Every array of every tracker has a row with its shape, and every row has its array.
func TestPageResults(t *testing.T) {
	p := newPage()
	list := p.sized()
	record(t, p, list, sizes["S"])
	arrays := map[string]string{}
	for _, tr := range list {
		for _, a := range tr.Arrays() {
			name := typeName(tr) + " " + a.Name
			arrays[name] = fmt.Sprint(a.Shape)
			_, whole := a.Data.([]int64)
			if want := a.Name == "epochs" || a.Name == "indices"; whole != want {
				t.Errorf("%s holds %T", name, a.Data)
			}
		}
	}
	listed := map[string]bool{}
	for _, row := range pageTable(t, pageResults, 5) {
		name := strings.Join(code(row[2]), " ")
		listed[name] = true
		var shape []int
		for _, letter := range strings.Split(strings.Trim(row[3], "()"), ", ") {
			size, ok := sizes[letter]
			if !ok {
				t.Errorf("%s: no size for %q", name, letter)
			}
			shape = append(shape, size)
		}
		if got := arrays[name]; got != fmt.Sprint(shape) {
			t.Errorf("%s has the shape %s, the table says %s, %v", name, got, row[3], shape)
		}
		word := pronounced(t, row, 4, "same", "better", "other", "more")
		page := strings.Join(code(row[0]), " ")
		if word == "same" && (row[1] != row[3] || !strings.HasSuffix(page, " "+code(row[2])[1])) || (word == "more") != (row[0] == nothing) {
			t.Errorf("%s: %s", word, strings.Join(row, " | "))
		}
	}
	for name := range arrays {
		if !listed[name] {
			t.Errorf("%s has no row", name)
		}
	}
}

// record lets trackers measure at every step, and returns the folder of a W&B run.
func record(t *testing.T, p *page, list []trackers.Tracker, steps int) string {
	t.Helper()
	s, err := crux.New(p.problem, crux.Options{Seed: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	dir := t.TempDir()
	var cs []crux.Callback
	for _, tr := range list {
		cs = append(cs, tr)
	}
	if _, err := s.Solve(context.Background(), steps, append(cs, &callbacks.WandB{Dir: dir})...); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Every key that a run with all trackers writes to W&B has a row, with its kind, and every row has its keys.
func TestPageKeys(t *testing.T) {
	p := newPage()
	files, err := filepath.Glob(filepath.Join(record(t, p, p.sized(), 1), "wandb", "*", "*.wandb"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	run, err := os.ReadFile(files[0])
	if err != nil || len(run) > 32<<10 {
		t.Fatalf("%d bytes, %v: beyond 32 KiB the framing cuts through keys", len(run), err)
	}
	// an item of history is the key, a field's number and length, and the value as JSON
	items := regexp.MustCompile(`(?s)explainability/([a-z0-9_/]+)[^a-z0-9_/].{1,4}?(\{"_type": ?"([a-z-]+)"|-?[0-9])`)
	kinds := map[string]string{}
	for _, m := range items.FindAllSubmatch(run, -1) {
		kinds[string(m[1])] = map[string]string{"": "", "image-file": ", image", "histogram": ", histogram"}[string(m[3])]
	}
	found := map[string]bool{}
	for _, row := range pageTable(t, pageKeys, 3) {
		pattern, kind, _ := strings.Cut(strings.TrimPrefix(row[1], "`"), "`")
		expr := regexp.MustCompile(`\\\{([^}]*)\\\}`).ReplaceAllStringFunc(regexp.QuoteMeta(pattern), func(s string) string {
			if names := strings.Split(strings.Trim(s, `\{}`), ","); len(names) > 1 {
				return "(" + strings.Join(names, "|") + ")"
			}
			if s == `\{name\}` || s == `\{other\}` {
				return "([a-z][a-z0-9]*)"
			}
			return "([0-9]+)"
		})
		key := regexp.MustCompile("^" + expr + "$")
		matched := false
		for k, of := range kinds {
			if !key.MatchString(k) {
				continue
			}
			matched, found[k] = true, true
			if of != kind {
				t.Errorf("%s is%s in W&B, the table says%s", k, of, kind)
			}
			if at := key.FindStringSubmatch(k); strings.Contains(pattern, "{i}_{j}") {
				i, _ := strconv.Atoi(at[1])
				j, _ := strconv.Atoi(at[2])
				if i >= j {
					t.Errorf("%s is not above the diagonal", k)
				}
			}
		}
		if !matched {
			t.Errorf("no key for %s; there are %v", row[1], slices.Sorted(maps.Keys(kinds)))
		}
		word := pronounced(t, row, 2, "same", "better", "more")
		if word == "same" && code(row[0])[0] != pattern || (word == "more") != (row[0] == nothing) {
			t.Errorf("not the same: %s", strings.Join(row, " | "))
		}
	}
	for k := range kinds {
		if !found[k] {
			t.Errorf("%s has no row", k)
		}
	}
	if len(kinds) < 30 {
		t.Errorf("%d keys were read", len(kinds))
	}
}
