package cli

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// What export --go and --c write is, value and derivatives, what crux eval computes: conditions built in, inputs at jumps, materials, windows,
// systems, shapes and unknown numbers included.
func TestExportSource(t *testing.T) {
	root, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	windows := "problem: decay\ncoords: {t: [0, 2]}\nfields: {y: {net: mlp, hidden: [5]}}\nconstraints: {ode: {residual: y_t + y, points: 20}, ic: {residual: y = 1, on: initial}}\n" +
		"windows: 3\noptimizer: [{adam: {}, steps: 2}]\n"
	wall := "problem: wall\ncoords: {x: [0, 1], t: [0, 1]}\nmaterials: {steel: {where: x < 0.5, k: 10}, wood: {k: 1}}\n" +
		"fields: {T: {net: mlp, hidden: [6]}, v: {net: mlp, hidden: [4]}}\nconstraints:\n" +
		"  heat: {residual: \"T_t = diff(k*T_x, x)\", points: 60}\n  left: {residual: T = 1, on: {x: 0}}\n  right: {residual: T = 0, on: {x: 1}}\n" +
		"  ic: {residual: T = 1 - x, on: initial}\n  vv: {residual: v_t = -v*T, points: 40}\n  v0: {residual: v = 1, on: initial}\n" +
		"windows: 2\noptimizer: [{adam: {}, steps: 2}]\n"
	own := map[string]string{"decay.yaml": windows, "wall.yaml": wall}
	for name, text := range own {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var goMain, cMain, goImports, cFiles []string
	var want []float64
	for _, path := range []string{
		"problems/perforated_poisson.yaml", "problems/volterra.yaml", "problems/inverse_parameter.yaml", "unseen/schrodinger.yaml", "issues/laplace_step.yaml", "decay.yaml", "wall.yaml",
	} {
		dir := strings.TrimSuffix(filepath.Base(path), ".yaml")
		args := []string{"solve", filepath.Join(root, path), "--quiet", "--out", dir, "--steps", "2"}
		if own[path] != "" { // two steps in each window
			args = []string{"solve", path, "--quiet", "--out", dir}
		}
		if r := call(t, args...); r.code != exitOK {
			t.Fatalf("%s: %+v", path, r)
		}
		p, err := problemfile.Load(filepath.Join(dir, problemFile), nil)
		if err != nil {
			t.Fatal(err)
		}
		name := sourceName(p.Name)
		for _, language := range []string{"go", "c"} {
			if r := call(t, "export", dir, "--"+language, "-o", language+"/"+name); r.code != exitOK {
				t.Fatalf("%s: %+v", path, r)
			}
		}
		goImports, cFiles = append(goImports, strconv.Quote("sample/"+name)), append(cFiles, filepath.Join("c", name, name+".c"))
		cMain = append([]string{fmt.Sprintf("#include \"%s/%s.h\"", name, name)}, cMain...)
		for _, u := range p.Params {
			goMain = append(goMain, fmt.Sprintf("\tfmt.Printf(\"%%.17g\\n\", %s.%s())", name, exported(u.Path())))
			cMain = append(cMain, fmt.Sprintf("\tprintf(\"%%.17g\\n\", %s_%s());", name, u.Path()))
			_, values := readTable(t, call(t, "eval", dir, "--expr", u.Path(), "--grid", "2").out)
			want = append(want, values[0][len(p.Coords)])
		}
		for _, u := range p.Fields {
			for _, share := range []float64{0.13, 0.62} {
				var at, x []string
				eval := []string{"eval", dir, "--expr", u.Name}
				for i, c := range u.Coords {
					lo, hi := p.Bounds(c)
					v := decimal(lo + (hi-lo)*(share+0.11*float64(i)))
					at, x = append(at, c.Name()+"="+v), append(x, v)
					eval = append(eval, "--expr", u.Name+"_"+c.Name())
				}
				r := call(t, append(eval, "--at", strings.Join(at, ","))...)
				if r.code != exitOK {
					t.Fatalf("%+v", r)
				}
				_, values := readTable(t, r.out)
				want = append(want, values[0][len(x):]...)
				list := strings.Join(x, ", ")
				goMain = append(goMain, fmt.Sprintf("\t{\n\t\tv, g := %s.%sGradient(%s)\n\t\tfmt.Printf(\"%%.17g\\n\", v)\n\t\tfor _, d := range g {\n\t\t\tfmt.Printf(\"%%.17g\\n\", d)\n\t\t}\n\t}", name, exported(u.Name), list))
				cMain = append(cMain, fmt.Sprintf("\t{ double g[%d]; printf(\"%%.17g\\n\", %s_%s_gradient(%s, g)); for (int i = 0; i < %d; i++) printf(\"%%.17g\\n\", g[i]); }", len(x), name, u.Name, list, len(x)))
			}
		}
	}
	split := len(cFiles)
	for name, text := range map[string]string{
		"go/go.mod": "module sample\n\ngo 1.21\n", "go/main.go": "package main\n\nimport (\n\t\"fmt\"\n" + strings.Join(goImports, "\n") + "\n)\n\nfunc main() {\n" + strings.Join(goMain, "\n") + "\n}\n",
		"c/main.c": "#include <stdio.h>\n" + strings.Join(cMain[:split], "\n") + "\nint main(void) {\n" + strings.Join(cMain[split:], "\n") + "\n\treturn 0;\n}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	check := func(t *testing.T, c *exec.Cmd) {
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		got := strings.Fields(string(out))
		if len(got) != len(want) || len(got) < 30 {
			t.Fatalf("%d numbers, want %d", len(got), len(want))
		}
		for i, s := range got {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil || !(math.Abs(v-want[i]) <= 1e-12*max(1, math.Abs(want[i]))) {
				t.Errorf("number %d is %s, want %v", i, s, want[i])
			}
		}
	}
	t.Run("go", func(t *testing.T) {
		c := exec.Command("go", "run", ".")
		c.Dir = "go"
		c.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		check(t, c)
	})
	t.Run("c", func(t *testing.T) {
		if _, err := exec.LookPath("cc"); err != nil {
			t.Skip("there is no C compiler")
		}
		if out, err := exec.Command("cc", append(append([]string{"-std=c99", "-Ic", "-o", "sample", "c/main.c"}, cFiles...), "-lm")...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		check(t, exec.Command("./sample"))
	})
}

// exported is the name of a function of ASCII letters in Go.
func exported(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[n:]
}
