package compiler_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/net"
	ph "github.com/crux-pinn/crux/placeholder"
)

// TestTraces holds conversations with the compiler. A case says
//
//	trace pass=NAME
//	u: 8,8 -> 1 of t x      a network with these hidden widths and outputs
//	kappa: param
//	nu: 0.01
//	RESIDUAL = text
func TestTraces(t *testing.T) {
	files, err := filepath.Glob("testdata/trace/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cases.Check(t, file, func(t *testing.T, c cases.Case) string { return converse(t, c.Text) })
		})
	}
}

func converse(t *testing.T, question string) string {
	t.Helper()
	env := ph.Env{Names: map[string]ph.Expr{}}
	g := compiler.Group{Name: "points", Columns: []string{"data"}, Normals: true, Bounds: map[*ph.Coord][2]float64{}}
	for _, name := range []string{"t", "x", "y", "s"} {
		c := ph.NewCoord(name)
		env.Names[name] = c
		g.Coords = append(g.Coords, c)
		g.Bounds[c] = [2]float64{-1, 1} // as the networks want it: no scaling in the trace
	}
	env.Names["data"] = ph.Column("data")
	var pass string
	for line := range strings.Lines(question) {
		line = strings.TrimSpace(line)
		if name, text, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			e, err := ph.ParseNamed(name, text, env)
			if err != nil {
				return err.Error() + "\n"
			}
			g.Residuals = append(g.Residuals, compiler.Residual{Name: name, Expr: e})
			continue
		}
		name, text, ok := strings.Cut(line, ": ")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "trace pass="):
			pass = strings.TrimPrefix(line, "trace pass=")
		case !ok:
			t.Fatalf("no such command: %q", line)
		case text == "param":
			env.Names[name] = ph.NewParam(name, 1)
		case strings.Contains(text, "->"):
			env.Names[name] = network(t, name, text, env)
		default:
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			env.Names[name] = ph.Const(v)
		}
	}
	var dump bytes.Buffer
	c := compiler.TraceCompiler{Dump: &dump}
	p, err := c.Compile(g)
	if err != nil {
		return err.Error() + "\n"
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(dump.String(), "# after "+pass+": ")
	if !ok {
		t.Fatalf("no pass %q", pass)
	}
	_, section, _ = strings.Cut(section, "\n")
	section, _, _ = strings.Cut(section, "# after")
	return section
}

// network reads "8,8 -> 1 of t x".
func network(t *testing.T, name, text string, env ph.Env) ph.Expr {
	widths, rest, _ := strings.Cut(text, " -> ")
	outs, coords, _ := strings.Cut(rest, " of ")
	m := net.MLP{}
	for _, w := range strings.Split(widths, ",") {
		n, err := strconv.Atoi(w)
		if err != nil {
			t.Fatal(err)
		}
		m.Hidden = append(m.Hidden, n)
	}
	if _, err := fmt.Sscan(outs, &m.Out); err != nil {
		t.Fatal(err)
	}
	var at []*ph.Coord
	for _, c := range strings.Fields(coords) {
		at = append(at, env.Names[c].(*ph.Coord))
	}
	return ph.NewField(name, m, at...)
}
