// Package imports holds the test of the import graph: who may use whom is written down here, once, as a table.
package imports

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/crux-pinn/crux"

// allowed lists, for every package, the packages of this module that it may import; a package that is not here fails the
// test until someone has thought about its place. examples/ may use what users may: everything that is not internal.
//
// Read it from the top: expressions know nothing, domains and networks know expressions, the compiler knows expressions
// and the machine below it, and only the solver knows them all. Interfaces live with their concept, so whoever adds an
// optimiser, a scheme or a sampler imports one leaf. Kernels know nothing of crux: methods may use them for their vectors.
var allowed = map[string][]string{
	"placeholder": {"internal/nearest"},
	"domain":      {"placeholder", "internal/nearest"},
	"net":         {"placeholder", "internal/nearest"},
	"optim": {
		"internal/kern", "optim/internal/kron", "optim/internal/normal", "optim/internal/saved", "optim/internal/secant", "optim/internal/vec",
	},
	"domain/exact": {"domain", "placeholder", "internal/pointwise"}, // which checks what is built in
	"weights":      {"internal/claim"},
	"compiler":     {"placeholder", "internal/graph", "internal/exec", "internal/kern"},
	"crux":         {"placeholder", "domain", "compiler", "optim", "weights", "internal/claim", "internal/exec", "internal/seed"},
	"trackers":     {"crux", "domain", "placeholder", "weights", "internal/claim", "internal/linalg"},
	"callbacks": {
		"crux", "trackers", "weights", "domain", "placeholder", "optim", "internal/claim", "internal/files/ckpt", "internal/files/npy", "internal/linalg",
		"internal/files/picture", "internal/files/tfevents", "internal/files/wandb",
	},
	"trackers/explain": {"crux", "optim", "placeholder", "trackers"},
	"cmd/crux":         {"internal/cli"},

	"internal/graph":          {"internal/kern"}, // the opcodes of pointwise programs
	"internal/exec":           {"internal/graph", "internal/kern"},
	"internal/kern":           {},
	"internal/claim":          {}, // to which run something belongs
	"internal/nearest":        {},
	"internal/seed":           {},
	"internal/linalg":         {"internal/kern"},
	"internal/files/picture":  {},
	"internal/files/tfevents": {}, // event files of TensorBoard
	"internal/files/wandb":    {}, // run directories of Weights & Biases
	"internal/known":          {"internal/nearest"},
	"internal/pointwise":      {"placeholder"}, // evaluates expressions for tests and for references in problem files
	"internal/files/ckpt":     {"crux", "internal/files/npy"},
	"internal/spec": {
		"crux", "domain", "domain/exact", "net", "optim", "placeholder", "weights", "trackers", "callbacks",
		"internal/nearest", "internal/known", "internal/pointwise", "internal/seed", "internal/files/wandb",
	},
	"internal/cli": {
		"crux", "compiler", "domain", "net", "optim", "placeholder", "weights", "trackers", "callbacks", "trackers/explain",
		"internal/files/ckpt", "internal/files/npy", "internal/spec", "internal/exec", "internal/kern", "internal/linalg",
	},

	"internal/files/npy": {},
	"internal/imports":   {},
	"optim/optimtest":    {"optim"},

	"optim/internal/vec":    {"internal/kern"},                                                           // arithmetic on vectors, alone or shared
	"optim/internal/saved":  {},                                                                          // states of methods
	"optim/internal/kron":   {"internal/kern", "internal/linalg", "optim/internal/vec"},                  // Kronecker products
	"optim/internal/normal": {"internal/kern", "internal/linalg", "internal/seed", "optim/internal/vec"}, // damped systems
	"optim/internal/secant": {"internal/kern", "optim/internal/saved", "optim/internal/vec"},
}

// Gorgonia holds the program and nothing else sees it.
var (
	gorgonia     = []string{"gorgonia.org/gorgonia", "gorgonia.org/tensor", "github.com/chewxy/hm"}
	gorgoniaUser = []string{"compiler", "internal/graph", "internal/exec"}
)

type pkg struct {
	ImportPath, Name string
	Imports          []string
	Standard         bool
}

// list asks the go command for the packages of this module with all that they depend on.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Name,Imports,Standard", module+"/...")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var ps []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range list(t) {
		name, ours := strings.CutPrefix(p.ImportPath, module+"/")
		if !ours {
			continue
		}
		seen[name] = true
		may, known := allowed[name]
		example := name == "examples" || strings.HasPrefix(name, "examples/")
		if !known && !example && name != "docs" {
			t.Errorf("package %s is not in the table; decide what it may import", name)
			continue
		}
		for _, i := range p.Imports {
			if slices.Contains(gorgonia, i) && !slices.Contains(gorgoniaUser, name) {
				t.Errorf("%s imports %s; only %q may", name, i, gorgoniaUser)
			}
			dep, ours := strings.CutPrefix(i, module+"/")
			switch {
			case !ours:
			case example:
				if strings.HasPrefix(dep, "internal/") {
					t.Errorf("%s imports %s, which its readers cannot", name, dep)
				}
			case !slices.Contains(may, dep):
				t.Errorf("%s imports %s; it may import %q", name, dep, may)
			}
		}
	}
	for _, name := range []string{"placeholder", "domain", "net", "optim", "weights", "compiler", "crux", "internal/graph", "internal/exec"} {
		if !seen[name] {
			t.Errorf("package %s is missing", name)
		}
	}
}

// Whatever the table says, it must not be a circle, and the language must not reach the machine.
func TestTableIsLayered(t *testing.T) {
	var reach func(from string, path []string) map[string]bool
	reach = func(from string, path []string) map[string]bool {
		if slices.Contains(path, from) {
			t.Fatalf("the table has a circle: %q", append(path, from))
		}
		all := map[string]bool{}
		for _, d := range allowed[from] {
			all[d] = true
			maps.Copy(all, reach(d, append(path, from)))
		}
		return all
	}
	for name := range allowed {
		reach(name, nil)
	}
	for _, leaf := range []string{"placeholder", "domain", "net", "optim", "weights"} {
		for _, machine := range []string{"compiler", "crux", "internal/exec", "internal/graph", "internal/kern"} {
			if leaf == "optim" && machine == "internal/kern" {
				continue // arithmetic on vectors, which methods need as much as the machine does
			}
			if reach(leaf, nil)[machine] {
				t.Errorf("%s may reach %s", leaf, machine)
			}
		}
	}
}
