// Package imports holds the test of the import graph. Who may use whom is drawn once, in docs/design.md, and read there.
package imports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	module = "github.com/crux-pinn/crux"
	page   = "../../docs/design.md"
)

// Gorgonia holds the program and nothing else sees it.
var (
	gorgonia     = []string{"gorgonia.org/gorgonia", "gorgonia.org/tensor", "github.com/chewxy/hm"}
	gorgoniaUser = []string{"compiler", "internal/graph", "internal/exec"}
)

// room is a package with the packages of this module that it imports.
type room struct {
	name    string
	imports []string
}

// picture is the house as a page draws it: each room imports only rooms below it, and exactly those behind its arrow.
type picture []room

var drawn = regexp.MustCompile(`^ {4}(\S+) +.*$`)

// readPicture reads the first indented block of the section Packages. A line names a package, says what it is and has the last names of
// what it imports behind an arrow; lines that are indented further go on with it.
func readPicture(text string) (picture, error) {
	_, text, ok := strings.Cut(text, "\n## Packages\n")
	if !ok {
		return nil, errors.New("there is no section Packages")
	}
	var p picture
	var lists []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch m := drawn.FindStringSubmatch(line); {
		case m != nil:
			_, list, _ := strings.Cut(line, "→")
			p, lists = append(p, room{name: m[1]}), append(lists, list)
		case strings.HasPrefix(line, "     ") && len(p) > 0:
			lists[len(p)-1] += strings.TrimPrefix(strings.TrimSpace(line), "→")
		case len(p) > 0:
			return p, p.resolve(lists)
		}
	}
	return p, p.resolve(lists)
}

// resolve finds the packages that lists of last names mean.
func (p picture) resolve(lists []string) error {
	full := map[string]string{}
	for _, r := range p {
		last := path.Base(r.name)
		if strings.HasPrefix(r.name, "cmd/") {
			continue // a program, which nobody imports
		}
		if full[last] != "" {
			return fmt.Errorf("%s and %s have the same last name", full[last], r.name)
		}
		full[last] = r.name
	}
	for i, list := range lists {
		for last := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
			if full[last] == "" {
				return fmt.Errorf("%s imports %s, which has no line", p[i].name, last)
			}
			p[i].imports = append(p[i].imports, full[last])
		}
	}
	return nil
}

// compare says how the code's packages differ from the picture.
func (p picture) compare(code []room) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	place := func(name string) int { return slices.IndexFunc(p, func(r room) bool { return r.name == name }) }
	for i, r := range p {
		for _, d := range r.imports {
			if place(d) <= i {
				say("%s imports %s, which is not below it", r.name, d)
			}
		}
		if !slices.ContainsFunc(code, func(c room) bool { return c.name == r.name }) {
			say("%s is drawn, but there is no such package", r.name)
		}
	}
	for _, c := range code {
		i := place(c.name)
		if i < 0 {
			say("package %s has no line; draw it where it belongs, with what it imports", c.name)
			continue
		}
		for _, d := range c.imports {
			if !slices.Contains(p[i].imports, d) {
				say("%s imports %s, which is not drawn; leave it out, or draw it and say why", c.name, d)
			}
		}
		for _, d := range p[i].imports {
			if !slices.Contains(c.imports, d) {
				say("%s is drawn as importing %s and does not; take it out of the line", c.name, d)
			}
		}
	}
	return wrong
}

// pkg is what the go command says of a package.
type pkg struct {
	ImportPath string
	Imports    []string
}

// list asks the go command for the packages of this module.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...")
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

// The code has the edges of the picture and no others, users' examples import nothing internal, and Gorgonia is hidden.
func TestImports(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPicture(string(text))
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	var code []room
	for _, q := range list(t) {
		c := room{name: strings.TrimPrefix(q.ImportPath, module+"/")}
		example := c.name == "examples" || strings.HasPrefix(c.name, "examples/")
		for _, i := range q.Imports {
			if slices.Contains(gorgonia, i) && !slices.Contains(gorgoniaUser, c.name) {
				t.Errorf("%s imports %s; only %q may", c.name, i, gorgoniaUser)
			}
			d, ours := strings.CutPrefix(i, module+"/")
			if ours {
				c.imports = append(c.imports, d)
			}
			if example && strings.Contains(d, "internal/") {
				t.Errorf("%s imports %s, which its readers cannot", c.name, d)
			}
		}
		if !example && c.name != "docs" {
			code = append(code, c)
		}
	}
	for _, s := range p.compare(code) {
		t.Errorf("%s: %s", page, s)
	}
	for _, leaf := range []string{"placeholder", "domain", "domain/exact", "net", "optim", "weights"} {
		for _, machine := range []string{"compiler", "crux", "internal/exec", "internal/graph"} {
			if p.reaches(leaf, machine) {
				t.Errorf("%s may reach %s: the language must not know the machine", leaf, machine)
			}
		}
	}
}

// reaches reports whether one package imports another, itself or by others.
func (p picture) reaches(from, to string) bool {
	for _, r := range p {
		if r.name == from {
			return slices.ContainsFunc(r.imports, func(d string) bool { return d == to || p.reaches(d, to) })
		}
	}
	return false
}

// Each way in which picture and code can differ is found.
func TestPicture(t *testing.T) {
	const text = "\n## Packages\n\nWords.\n\n" +
		"    cmd/crux     the program  → cli\n" +
		"    internal/cli  commands\n" +
		"                 → crux,\n" +
		"                   ph\n" +
		"    crux         the solver  → ph\n" +
		"    ph           expressions\n" +
		"\nMore.\n\n    not/this     one\n"
	p, err := readPicture(text)
	if err != nil || len(p) != 4 || !slices.Equal(p[1].imports, []string{"crux", "ph"}) || !p.reaches("cmd/crux", "ph") || p.reaches("ph", "crux") {
		t.Fatalf("%v, %v", p, err)
	}
	code := func() []room {
		return []room{{"cmd/crux", []string{"internal/cli"}}, {"internal/cli", []string{"crux", "ph"}}, {"crux", []string{"ph"}}, {"ph", nil}}
	}
	if wrong := p.compare(code()); wrong != nil {
		t.Error(wrong)
	}
	for want, change := range map[string]func(c []room) []room{
		"cmd/crux imports ph, which is not drawn":                func(c []room) []room { c[0].imports = append(c[0].imports, "ph"); return c },
		"internal/cli is drawn as importing ph and does not":     func(c []room) []room { c[1].imports = c[1].imports[:1]; return c },
		"package new has no line":                                func(c []room) []room { return append(c, room{"new", nil}) },
		"ph is drawn, but there is no such package":              func(c []room) []room { return c[:3] },
		"ph imports crux, which is not drawn; leave it out, or ": func(c []room) []room { c[3].imports = []string{"crux"}; return c },
	} {
		if wrong := p.compare(change(code())); len(wrong) != 1 || !strings.HasPrefix(wrong[0], want) {
			t.Errorf("%q, want %q", wrong, want)
		}
	}
	upwards := append(picture{{"ph", []string{"crux"}}}, p[:3]...)
	if wrong := upwards.compare(code()); !slices.Contains(wrong, "crux imports ph, which is not below it") {
		t.Error(wrong)
	}
	for _, bad := range []string{"", "\n## Packages\n    a  x → b\n", "\n## Packages\n    x/a  x\n    y/a  x\n"} {
		if _, err := readPicture(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}
