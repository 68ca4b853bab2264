package problemfile

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/files/tree"
)

// plain is a problem into which the example of any key fits, with what additions say for it.
const plain = `
problem: keys
coords: {x: [0, 1], y: [0, 1]}
constants: {nu: 0.01/pi, beta: 30}
fields: {u: {hidden: [4]}}
constraints:
  pde: {residual: u_xx + beta*u_yy, points: 16}
  bc: {residual: u - 1, on: x, points: 8}
optimizer: [{adam: {}, steps: 10}]
`

// star is what stands in a file for the last step of a path of the table: for a star, and for a part that several keys share.
var star = map[string]string{
	"coords.*": "x", "constants.*": "nu", "curriculum.*": "beta", "params.*": "lambda1", "define.*": "lambda2", "show.*": "mass", "grid.*": "x", "units.*": "x", "reference.*": "u", "expect.*": "loss", "fields.*": "u",
	"fields.*.periodic.*": "x", "fields.*.output.*": "u", "domain.box.*": "x", "domain.extrude.along.*": "z", "regions.*": "hole", "materials.*": "steel", "materials.*.*": "k", "interfaces.*": "steel-air", "data.*": "measurements", "data.*.params.*": "nu", "data.*.columns.*": "u",
	"tables.*": "k", "tables.*.of.*": "x",
	"constraints.*": "pde", "constraints.*.residual.*": "mass", "constraints.*.weight.*": "mass", "constraints.*.scale.*": "mass", "constraints.*.sigma.*": "mass", "optimizer.*": "0",
	"optimizer.*.groups.*": "0", "optimizer.*.lr": "adam.lr", "changes.*": "1000", "weights.scheduled.*": "bc",
	"changes": "optimizer.0.adam.lr.piecewise.changes", "net": "fields",
}

// placeOf is the path of a key in a file, by its path in the table.
func placeOf(path string) string {
	var at []string
	steps := strings.Split(path, ".")
	for i, s := range steps {
		to, ok := star[strings.Join(steps[:i+1], ".")]
		switch {
		case ok:
			s = to
		case i == 1 && steps[0] == "net":
			s = "u"
		}
		at = append(at, s)
	}
	return strings.Join(at, ".")
}

const (
	inTime   = "coords={t: [0, 1], x: [0, 1]}|constraints={pde: {residual: u_t - beta*u_xx, points: 16}, ic: {residual: u - 1, on: initial, points: 8}}"
	inSpace  = "coords={x: [0, 1], y: [0, 1], z: [0, 1]}|grid=5"
	anyShape = "constraints={pde: {residual: u_xx + u_yy, points: 16}, bc: {residual: u - 1, on: boundary, points: 8}}"
	mass     = "constraints.pde.residual={mass: u_xx, other: u_x}"
	lambda1  = "params={lambda1: 0.5}|constraints.pde.residual=u_xx - lambda1"
	sampled  = inTime + "|data.measurements={builtin: burgers_cole_hopf, params: {nu: nu}, n: 20}"
	layered  = "materials={steel: {where: x < 0.5, k: 45}, air: {k: 3}}|constraints.pde.residual=div(k*grad(u))"
	noPoints = "constraints.pde={residual: u_xx + beta*u_yy}"
	noMethod = "optimizer=[{steps: 10}]"
	grouped  = lambda1 + "|optimizer=[{groups: [{params: [lambda1]}, {adam: {}}], steps: 10}]"
	solution = inTime + "|reference={u: {builtin: burgers_cole_hopf, params: {nu: nu}}}"
	cloud    = "reference={u: {file: reference.csv}}"
	table    = "reference={u: {file: table.npy, columns: [x, y, u]}}"
)

// additions are changes of plain, by the keys that need them: a key and all below it, or with a dot at the end what is below alone.
var additions = []struct{ path, sets string }{
	{"time", inTime},
	{"constants", "constraints.pde.residual=u_xx"},
	{"params", lambda1},
	{"params.*.", "params={lambda1: {init: 0.5}}"},
	{"define", "params={s: 1}|constraints.pde.residual=u_xx - s"},
	{"tables", "constraints.pde.residual=u_xx - k"},
	{"tables.*.", "tables={k: {file: k.csv, of: x}}"},
	{"tables.*.of.", "tables.k.of={x: x}"},
	{"define.*.", "define={lambda2: {expr: exp(s)}}"},
	{"domain", anyShape},
	{"domain.disk.", "domain={disk: {center: [0.5, 0.5], radius: 0.2}}"},
	{"domain.file", inSpace},
	{"domain.cylinder", inSpace},
	{"domain.cone", inSpace},
	{"domain.torus", inSpace},
	{"domain.extrude", inSpace},
	{"domain.revolve", inSpace},
	{"domain.transform.axis", inSpace + "|domain={transform: {shape: {ball: {center: [0.5, 0.5, 0.5], radius: 0.1}}, rotate: 5}}"},
	{"domain.cylinder.", "domain={cylinder: {from: [0.5, 0.5, 0], to: [0.5, 0.5, 1], radius: 0.5}}"},
	{"domain.cone.", "domain={cone: {from: [0.5, 0.5, 0], to: [0.5, 0.5, 1], radii: [0.5, 0]}}"},
	{"domain.torus.", "domain={torus: {center: [0.5, 0.5, 0.5], axis: [0, 0, 1], radius: 0.3, tube: 0.1}}"},
	{"domain.extrude.", "domain={extrude: {shape: {polygon: [[0, 0], [1, 0], [0, 1]]}, along: {z: [0, 1]}}}"},
	{"domain.revolve.", "domain={revolve: {shape: {polygon: [[0, 0], [0.5, 0], [0, 1]]}, through: [0.5, 0.5, 0], axis: [0, 0, 1]}}"},
	{"domain.transform.shape", "domain={transform: {scale: 0.1}}"},
	{"domain.transform.scale", "domain={transform: {shape: {disk: {center: [0.5, 0.5], radius: 0.2}}}}"},
	{"domain.transform.rotate", "domain={transform: {shape: {disk: {center: [0.5, 0.5], radius: 0.2}}}}"},
	{"domain.transform.shift", "domain={transform: {shape: {disk: {center: [0.5, 0.5], radius: 0.2}}}}"},
	{"domain.file.", "domain={file: {path: sink.stl}}"},
	{"regions.*.", "regions={hole: {on: boundary, where: x < 0.5}}"},
	{"materials.", layered},
	{"materials.*.where", "materials.steel={k: 45}"},
	{"materials.*.shape", "materials.steel={k: 45}"},
	{"interfaces", layered},
	{"interfaces.flux", "constraints.pde.residual=nu*laplacian(u)"},
	{"interfaces.*.", layered},
	{"eigen", "params={E: 1}|constraints={pde: {residual: u_xx + u_yy + E*u}, bc: {residual: u, on: boundary}, norm: {residual: \"integral(integral(u(x = s, y = r)^2, s, 0, 1), r, 0, 1) = 1\"}}"},
	{"grid.", "grid={x: 11, y: 11}"},
	{"hard", inTime},
	{"hard.conditions", "constraints.bc={residual: u - 1, on: x, points: 8}"},
	{"hard.onset", "hard={conditions: [ic]}"},
	{"steps", "optimizer.0.steps=1000"},
	{"windows", inTime},
	{"windows.coord", "windows={count: 2}"},
	{"windows.onset", "windows={count: 2}"},
	{"curriculum.*.", "curriculum={beta: {from: 10, lessons: 3}}"},
	{"reference.*.builtin", solution},
	{"reference.*.params", solution},
	{"reference.*.field", solution},
	{"reference.*.column", cloud},
	{"reference.*.columns", table},
	{"reference.*.of", cloud},
	{"reference.*.sha256", cloud},
	{"early_stopping.", "early_stopping={patience: 2000}"},
	{"net.", "fields.u={}"},
	{"fields.*.harmonics", "fields.u.periodic={x: 2}"},
	{"data.*.builtin", sampled},
	{"data.*.n", sampled},
	{"data.*.noise", sampled},
	{"data.*.seed", sampled},
	{"data.*.params", sampled},
	{"data.*.of", "data.measurements={file: measurements.csv}"},
	{"data.*.sha256", "data.measurements={file: measurements.csv}"},
	{"data.*.columns", "data.measurements={file: table.npy}"},
	{"data.*.columns.", "data.measurements={file: measurements.csv}"},
	{"data.*.missing", "data.measurements={file: measurements.csv}"},
	{"constraints.*.residual.", mass + "|fields.v={}"},
	{"constraints.*.weight", "scale=none"}, // as with a weight residuals stay in their own units
	{"constraints.*.scale", "scale=none"},
	{"constraints.*.sigma", "data={measurements: {file: measurements.csv}}|constraints.pde={residual: u - u_data, on: measurements}"},
	{"constraints.*.sigma.", "constraints.pde={residual: {mass: u - u_data}, on: measurements}"},
	{"constraints.*.weight.", mass},
	{"constraints.*.scale.", mass},
	{"constraints.*.grid", noPoints},
	{"constraints.*.quadrature", noPoints},
	{"constraints.*.at", noPoints},
	{"constraints.*.point_weights", inTime},
	{"constraints.*.resample.rad.", "constraints.pde.resample={rad: {interval: 1}}"},
	{"constraints.*.resample.rar_d.", "constraints.pde.resample={rar_d: {interval: 1}}"},
	{"constraints.*.resample.r3.", "constraints.pde.resample={r3: {interval: 1}}"},
	{"constraints.*.resample.rad.residual", mass},
	{"constraints.*.resample.rar_d.residual", mass},
	{"constraints.*.resample.r3.residual", mass},
	{"optimizer.*.groups", noMethod + "|" + lambda1},
	{"optimizer.*.groups.*.", grouped},
	{"optimizer.*.groups.*.params", "optimizer.0.groups.0={adam: {}}"},
	{"optimizer.*.groups.*.clip", "optimizer.0.groups.0.adam={}"},
	{"optimizer.*.sgd.nesterov", "optimizer.0.sgd={momentum: 0.5}"},
	{"trackers.input_sensitivity.where", "trackers={input_sensitivity: {on: interior}}"},
	{"trackers.input_sensitivity.points", "trackers={input_sensitivity: {on: interior}}"},
	{"trackers.input_sensitivity.sampler", "trackers={input_sensitivity: {on: interior, points: 9}}"},
	{"trackers.ntk_spectrum.where", "trackers={ntk_spectrum: {on: interior}}"},
	{"trackers.ntk_spectrum.points", "trackers={ntk_spectrum: {on: interior}}"},
	{"trackers.ntk_spectrum.sampler", "trackers={ntk_spectrum: {on: interior, points: 9}}"},
	{"weights.scheduled.*.piecewise.from", "weights.scheduled.bc.piecewise={changes: {1000: 10}}"},
	{"optimizer.*.lr.piecewise.lr", "optimizer.0.adam.lr.piecewise={changes: {1000: 1e-4}}"},
}

// setsFor are the changes of plain for a key of a part.
func setsFor(p *part, k key) []string {
	path := tree.Join(p.path, k.name)
	var list []string
	if method, ok := strings.CutPrefix(path, "optimizer.*."); ok { // instead of Adam
		name, _, _ := strings.Cut(method, ".")
		if slices.ContainsFunc(methodKeys, func(k key) bool { return k.name == name }) {
			list = append(list, noMethod)
		}
	}
	for _, f := range additions {
		if path == f.path || strings.HasPrefix(path, f.path) && (strings.HasSuffix(f.path, ".") || path[len(f.path)] == '.') {
			list = append(list, strings.Split(f.sets, "|")...)
		}
	}
	if kind, ok := strings.CutPrefix(p.path, "net."); ok {
		list = append(list, "fields.u.net="+kind)
	}
	return list
}

// inWords are values that say the same as defaults in words, by the key or by the words.
var inWords = map[string]string{
	"those of the phases": "1000", "those of the phase": "10", "time": "t", "the field's own": "u", "the problem's": "0", "the first": "mass",
	"0, or auto where the method chooses itself": "0", "ten times the points": "160", "a tenth": "2", "ten times the first": "160", "those that are left": `["**"]`,
	"the slopes of the first field": `"[u_x, u_y]"`, "the first field": "u", "the first constraint": "pde", "all": `"**"`,
	"auto where neither optimizer nor steps is said, otherwise best": "best", "its size, or 1 where a weight or a scale is given": "1",
	"domain.file.sha256":                     "78c3658d5132f7f5d228aa2cac3ea2e3273a06421cb2c168fec307cd0cf629e9",
	"data.*.sha256":                          "caa0361bd67d718359898421b5712e655f252274cbdd2bdcbc34745c4747db25",
	"reference.*.sha256":                     "0543c7bff58710edfba760594d95b8b68eadfc55dc3c83ac4beeb70dc218b828",
	"tables.*.sha256":                        "20a6fc3317d4d8d8020b42ee57b3f3c99ca56545d3b7e903604ea061bd549a2b",
	"error for coordinates, otherwise clamp": "error",
	"fields.*.of":                            "[x, y]", "data.*.of": "[x, y]", "reference.*.of": "[x, y]",
	"trackers.residual_stats.constraints": "[pde, bc]", "trackers.hessian_spectrum.constraints": "[pde, bc]",
}

const (
	directory = "the directory is known when the run begins"
	byAuto    = "package auto finds the number, and TestSameInGo compares it"
	named     = "a name without a number is a mistake"
	masked    = "a result says whether there was a mask"
	condition = "with it there is a condition of its own, of which TestLayers knows solutions"
	scheme    = "schemes are chosen as point_weights are, which have cases"
)

// unasked are defaults that TestEveryKey cannot ask for, and why.
var unasked = map[string]string{
	"wandb.name": directory, "wandb.dir": directory, "tensorboard.dir": directory,
	"constraints.*.points": byAuto, "trackers.input_sensitivity.points": byAuto, "trackers.ntk_spectrum.points": byAuto,
	"interfaces.flux": condition, "interfaces.*.resistance": condition, "interfaces.*.jump": condition, "interfaces.*.source": condition,
	"constraints.*.weight.*": named, "constraints.*.scale.*": named, "weights.scheduled.*": named,
	"trackers.hessian_spectrum.mask": masked, "trackers.loss_landscape.mask": masked,
	"trackers.hessian_spectrum.probes": "no number says that Lanczos has made the product already",
}

// unmistaken are keys without a malformed file, and why.
var unmistaken = map[string]string{
	"reference.*.columns":   "it is read as data.*.columns is, which have cases",
	"weights.gradient_norm": scheme, "weights.ntk": scheme, "weights.relobralo": scheme, "weights.softadapt": scheme, "weights.dwa": scheme,
	"weights.rlw": scheme, "weights.uncertainty": scheme,
}

// Every key of the table has an example, which is read; a completion of --set; a place in the schema; a malformed file; and a default with
// which a file comes to the same as without the key, as far as two steps tell. TestDefaultsAreThoseOfGo compares defaults with those of structs.
func TestEveryKey(t *testing.T) {
	folder, properties, mistakes := filesForKeys(t), schemaProperties(t), placesOfMistakes(t)
	seen := map[string]bool{}
	for _, p := range parts {
		if p.example == "" {
			t.Errorf("%s: no example", p.path)
		}
		for _, k := range p.keys {
			path := tree.Join(p.path, k.name)
			if seen[path] || k.means == "" {
				t.Errorf("%s is twice in the table, or lacks a meaning", path)
			}
			seen[path] = true
			at, sets := placeOf(path), setsFor(&p, k)
			read := func(value string) *Problem {
				q, err := Parse("keys.yaml", []byte(plain), folder, append(sets[:len(sets):len(sets)], at+"="+value))
				if err != nil {
					t.Errorf("%s: %s: %v", path, value, err)
				}
				return q
			}
			if q := read(cmp.Or(k.shown(), k.written())); q != nil {
				if !slices.Contains(Paths(q.Resolved), at) {
					t.Errorf("%s: --set %s is not completed", path, at)
				}
				if _, err := Parse("resolved.yaml", q.Resolved, folder, nil); err != nil {
					t.Errorf("%s: the resolved file: %v", path, err)
				}
			}
			if !properties[path] {
				t.Errorf("%s: the schema has no such property", path)
			}
			if unmistaken[path] == "" && !slices.ContainsFunc(mistakes, func(at []string) bool { return k.at(&p, at) }) {
				t.Errorf("%s: testdata/malformed has no mistake at it", path)
			}
			if words := strings.Trim(k.def, "()"); words != "" && unasked[path] == "" {
				value := cmp.Or(inWords[path], inWords[words], words)
				without, with := read(""), read(value)
				if without == nil || with == nil {
					continue
				}
				if a, b := twoSteps(t, without), twoSteps(t, with); a != b {
					t.Errorf("%s: without it a file comes to\n%s\nwith %s to\n%s", path, a, value, b)
				}
			}
		}
	}
	for _, left := range []map[string]string{unasked, unmistaken} {
		for path := range left {
			if !seen[path] {
				t.Errorf("%s is no key", path)
			}
		}
	}
}

// filesForKeys makes a folder with the files that examples name.
func filesForKeys(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var table bytes.Buffer
	if err := npy.Write(&table, npy.Array{Shape: []int{1, 3}, Data: []float64{0.5, 0.5, 1}}); err != nil {
		t.Fatal(err)
	}
	write("table.npy", table.Bytes())
	write("measurements.csv", []byte("x,y,u\n0.5,0.5,1\n"))
	write("reference.csv", []byte("x,y,u\n0.5,0.5,1\n0.25,0.5,2\n"))
	write("k.csv", []byte("x,k\n0,1\n0.5,4\n1,2\n"))
	write("sink.stl", []byte(sink))
	return dir
}

// sink is a tetrahedron with a name for its floor.
var sink = "solid floor\n" + facet("0 0 0", "0 1 0", "1 0 0") + "endsolid\nsolid walls\n" +
	facet("0 0 0", "1 0 0", "0 0 1") + facet("0 0 0", "0 0 1", "0 1 0") + facet("1 0 0", "0 1 0", "0 0 1") + "endsolid\n"

func facet(a, b, c string) string {
	return fmt.Sprintf("facet normal 0 0 0\nouter loop\nvertex %s\nvertex %s\nvertex %s\nendloop\nendfacet\n", a, b, c)
}

// schemaProperties are the properties of the schema, by their paths in the table.
func schemaProperties(t *testing.T) map[string]bool {
	t.Helper()
	b, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Defs map[string]struct {
			Properties           map[string]any
			AdditionalProperties any
		} `json:"$defs"`
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, p := range parts {
		of := s.Defs[defOf(p.path)]
		if strings.HasPrefix(p.path, "net.") {
			of = s.Defs["fields.*"]
		}
		for _, k := range p.keys {
			_, other := of.AdditionalProperties.(map[string]any)
			found[tree.Join(p.path, k.name)] = of.Properties[k.name] != nil || k.name == "*" && other
		}
	}
	return found
}

// placesOfMistakes are the paths at which the messages of testdata/malformed point.
func placesOfMistakes(t *testing.T) (list [][]string) {
	t.Helper()
	texts, err := filepath.Glob("../../testdata/malformed/*.txt")
	if err != nil || len(texts) == 0 {
		t.Fatal(texts, err)
	}
	place := regexp.MustCompile(`(?m)^\w+\.yaml:\d+:\d+: ([\w.-]+): `)
	for _, path := range texts {
		for _, c := range cases.Read(t, path) {
			for _, m := range place.FindAllStringSubmatch(c.Want, -1) {
				list = append(list, strings.Split(m[1], "."))
			}
		}
	}
	return list
}

// at reports whether a path of a file is that of a key, or of something in its value that is no key of the table.
func (k key) at(p *part, path []string) bool {
	of := p.path
	if strings.HasPrefix(of, "net.") {
		of = "fields.*"
	}
	if of == "changes" {
		of = "optimizer.*.lr.piecewise.changes"
	}
	path = slices.DeleteFunc(slices.Clone(path), func(s string) bool { // shapes are made of shapes
		return s != k.name && slices.Contains([]string{"union", "intersection", "difference"}, s)
	})
	whole := strings.Split(tree.Join(of, k.name), ".")
	if k.form.is == settings || k.form.part != "" {
		return leadsTo(path, whole)
	}
	for n := range path {
		if leadsTo(path[:n+1], whole) {
			return true
		}
	}
	return false
}

// twoSteps is what a problem says in numbers, and what two steps make of it.
func twoSteps(t *testing.T, p *Problem) string {
	t.Helper()
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	run := *p
	run.Checkpoint = nil
	res, err := s.Solve(t.Context(), 2, run.Callbacks("")...)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%x %x %x %d %d %v %v", res.Loss, res.Losses, res.Weights, p.Steps, p.Options.Workers, p.WandB, p.TensorBoard)
	if c := p.Checkpoint; c != nil {
		text += fmt.Sprint(" ", c.Interval, c.Every, c.Keep)
	}
	for _, f := range p.Fields {
		text += fmt.Sprint(" ", f.Grid.Len())
	}
	for _, r := range p.References {
		text += fmt.Sprintf(" %+v", r)
	}
	for _, tr := range p.Trackers {
		text += fmt.Sprintf(" %v", reflect.ValueOf(tr.Tracker).MethodByName("Result").Call(nil)[0].Interface())
	}
	return text
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
		_, err := Parse("keys.yaml", []byte(plain), "", []string{path + "={foo: 1}"})
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
