package problemfile

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// Each key has a meaning, an example, a default that its own form accepts, and a part of the table where it is a mapping.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range parts {
		if p.example == "" || seen[p.path] {
			t.Errorf("%s: example %q, twice: %t", p.path, p.example, seen[p.path])
		}
		seen[p.path] = true
		names := p.names()
		for i, k := range p.keys {
			at := tree.Join(p.path, k.name)
			if k.means == "" || k.valued() == "" || slices.Contains(names[:i], k.name) {
				t.Errorf("%s lacks a meaning or an example, or stands there twice", at)
			}
			l := &loader{src: tree.NewSource(at, nil)}
			if text := k.written(); text != "" && k.form.is > settings {
				s := &section{loader: l, n: &tree.Node{}}
				if _, ok := l.value(k, s.defaultOf(k, text)); !ok {
					t.Errorf("%s: the default is refused: %v", at, l.errs)
				}
			}
			if k.form.is == settings || k.form.part != "" {
				k.in(&p)
			}
		}
	}
}

// Files that have every key read without a mistake, so every key of the table is asked for somewhere: done reports others.
func TestEveryKeyIsRead(t *testing.T) {
	found := map[string]bool{}
	for _, c := range []struct {
		file string
		sets []string
	}{
		{"all", nil},
		{"all", []string{"weights={gradient_norm: {ema: 0.5, skip_zero: false, max_ratio: 10}}"}},
		{"all", []string{"trackers=[]", "weights={gradient_norm: {interval: 20}}"}},
		{"march", []string{"weights={ntk: {ema: 0.5, plain: true, points: 20, interval: 30}}"}},
		{"march", []string{"weights={relobralo: {alpha: 0.5, rho: 0.4, temperature: 0.2, seed: 7}}", "windows={count: 2, coord: t, onset: 0.2}"}},
		{"march", []string{"weights={softadapt: {temperature: 0.2}}", "windows={times: [0.2, 0.5]}"}},
		{"march", []string{"weights={dwa: {temperature: 0.2}}", "curriculum={nu: {from: 10, lessons: 3, ramp: geometric}}"}},
		{"march", []string{"weights={rlw: {seed: 7}}", "hard={conditions: [ic], onset: 0.1}"}},
		{"march", []string{"weights={uncertainty: {rate: 0.2}}"}},
		{"march", []string{"weights={scheduled: {pde: {cosine: {from: 10, end: 1, steps: 20}}}}"}},
		{"march", []string{"weights={scheduled: {pde: {piecewise: {from: 1, changes: {10: 20}}}}}"}},
		{"march", []string{"weights={scheduled: {pde: {exponential: {from: 3, factor: 0.8, steps: 10, staircase: true, floor: 0.1}}}}"}},
		{"march", []string{"weights={scheduled: {pde: {warmup_cosine: {from: 10, end: 1, warmup: 10, steps: 20}}}}"}},
		{"shape", nil},
	} {
		p, err := Load("testdata/keys/"+c.file+".yaml", c.sets)
		if err != nil {
			t.Errorf("%s %v: %v", c.file, c.sets, err)
			continue
		}
		given, err := os.ReadFile("testdata/keys/" + c.file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{given, p.Resolved} {
			root, errs := tree.Read(tree.NewSource(c.file, text), text)
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			note(root, "", found)
		}
	}
	for _, p := range parts {
		for _, k := range p.keys {
			elsewhere := k.name == "*" || strings.HasPrefix(p.path, "net.") || k.form.part != "" && p.path == "optimizer.*.groups.*"
			if !elsewhere && !found[tree.Join(p.path, k.name)] {
				t.Errorf("no file here has %s.%s", p.path, k.name)
			}
		}
	}
}

// note notes the keys of a mapping and of all below it, by their parts of the table.
func note(n *tree.Node, path string, found map[string]bool) {
	for _, p := range parts {
		if !leadsTo(strings.Split(path, "."), strings.Split(p.path, ".")) {
			continue
		}
		for _, e := range n.Entries {
			found[tree.Join(p.path, e.Key)] = true
		}
	}
	for i, it := range n.Items {
		note(it, tree.Join(path, strconv.Itoa(i)), found)
	}
	for _, e := range n.Entries {
		below := tree.Join(path, e.Key)
		if slices.Contains([]string{"union", "intersection", "difference"}, e.Key) {
			below = path // shapes are made of shapes
		}
		note(e.Value, below, found)
	}
}

// leadsTo reports whether a path of a file is one of the table, in which the places of lists may be left out.
func leadsTo(path, pattern []string) bool {
	if len(path) == 0 {
		return len(pattern) == 0
	}
	if len(pattern) > 0 && (pattern[0] == "*" || pattern[0] == path[0]) && leadsTo(path[1:], pattern[1:]) {
		return true
	}
	_, err := strconv.Atoi(path[0])
	return err == nil && leadsTo(path[1:], pattern)
}

// A mapping that takes one of several names tells all of them.
func TestUnknownOfSeveral(t *testing.T) {
	for path, want := range map[string]string{
		"weights": "scheduled", "trackers": "loss_landscape", "constraints.pde.resample": "rar_d", "constraints.pde.point_weights": "rba",
	} {
		_, err := Load("testdata/keys/march.yaml", []string{path + "={foo: 1}"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// To read a key that the table lacks is a mistake of the reader.
func TestUnknownKeyOfTheReader(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "no pateince") {
			t.Errorf("panic: %v", r)
		}
	}()
	l := &loader{src: tree.NewSource("x", nil)}
	l.section(&tree.Node{Kind: tree.Mapping}, "early_stopping").get("pateince")
}
