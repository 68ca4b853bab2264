package cli

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

// editor is somebody who saves a file when something was said of the one before.
type editor struct {
	t     *testing.T
	all   bytes.Buffer
	line  string
	saves []saved
	quit  context.CancelFunc
}

// saved is what is saved when a line has come.
type saved struct{ after, file, text string }

func (e *editor) Write(p []byte) (int, error) {
	e.all.Write(p)
	e.line += string(p)
	if len(e.saves) == 0 || !strings.Contains(e.line, e.saves[0].after) || !strings.HasSuffix(e.line, "\n") {
		return len(p), nil
	}
	s := e.saves[0]
	e.line, e.saves = "", e.saves[1:]
	if s.file == "" {
		e.quit()
	} else if err := os.WriteFile(s.file, []byte(s.text), 0o600); err != nil {
		e.t.Error(err)
	}
	return len(p), nil
}

// A file is looked at as it is saved: once for each time, with its data, whether it is right or wrong, until the context ends.
func TestWatch(t *testing.T) {
	folder(t)
	const text = "problem: cup\ncoords: {t: [0, 1]}\nparams: {k: 1}\nfields: {T: {net: mlp, hidden: [4]}}\ndata: {cup: {file: cup.csv}}\n" +
		"constraints:\n  law: {residual: T_t = -k*T}\n  seen: {residual: T = T_data, on: cup}\noptimizer: {adam: {}, steps: 100000}\n"
	if err := os.WriteFile("cup.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("cup.csv", []byte("t,T\n0,1\n1,0.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, quit := context.WithTimeout(t.Context(), time.Minute)
	defer quit()
	e := &editor{t: t, quit: quit, saves: []saved{
		{"  k = ", "cup.yaml", strings.Replace(text, "T_t", "T_z", 1)},
		{"is not a function", "cup.yaml", "problem: ["}, // not even YAML
		{"cup.yaml:1", "cup.yaml", text},
		{"  k = ", "cup.csv", "t,T\n0,1\n1,0.5\n0.5,0.7\n"},
		{"  k = ", "cup.csv", "t,T\n0,one\n"},
		{"cup.csv", "cup.csv", "t,T\n0,1\n1,0.5\n"},
		{"  k = ", "", ""},
	}}
	e.saves[1].after = "T_z"
	now := time.Unix(0, 0)
	code := Run(ctx, []string{"watch", "cup.yaml", "--for", "2s"}, Streams{Out: e, Err: e, Now: func() time.Time { now = now.Add(time.Second); return now }})
	if code != exitOK || len(e.saves) > 0 {
		t.Fatalf("exit %d, %d saves are left: %s", code, len(e.saves), e.all.String())
	}
	if n := strings.Count(e.all.String(), "cup.yaml: ok at "); n != 4 {
		t.Errorf("%d looks at what was right:\n%s", n, e.all.String())
	}
	if !strings.Contains(e.all.String(), "  seen  loss ") || !strings.Contains(e.all.String(), " 3 steps in ") {
		t.Error(e.all.String())
	}
	for _, c := range []struct{ args, want string }{{"watch nowhere.yaml", "there is no such file"}, {"watch tiny.yaml --for 0s", "take a time above 0"}} {
		if r := call(t, strings.Fields(c.args)...); r.code != exitUsage || !strings.Contains(r.err, c.want) {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
}

// On a terminal a look begins at the top of an empty screen, with a picture.
func TestWatchOnTerminal(t *testing.T) {
	folder(t)
	ctx, quit := context.WithTimeout(t.Context(), time.Minute)
	defer quit()
	e := &editor{t: t, quit: quit, saves: []saved{{"u over x →", "", ""}}}
	now := time.Unix(0, 0)
	code := Run(ctx, []string{"watch", "tiny.yaml"}, Streams{
		Out: e, Err: e, Now: func() time.Time { now = now.Add(time.Second); return now }, Terminal: func() (int, int) { return 80, 30 },
	})
	if code != exitOK || !strings.HasPrefix(e.all.String(), "\x1b[H\x1b[2J\x1b[3Jtiny.yaml: ok at ") {
		t.Errorf("exit %d: %q", code, e.all.String())
	}
}
