package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

// Findings of the attack that have no other test; internal/tools/torture/attack.md lists all.

// A reference that is not a number somewhere says where, and data where nothing is trained are refused.
func TestReferenceIsNoNumber(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("p.yaml", []byte(plain("u_xx + 1", "reference: {u: log(x - 2)}\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "solve", "p.yaml", "-q", "--out", "d"); !strings.Contains(r.out, "the reference of u is NaN at x = 0, so nothing can be compared") {
		t.Errorf("%+v", r)
	}
	// One point without a value is left out.
	pole := []byte(plain("u_xx + 1", "reference: {u: 1/x}\n"))
	if err := os.WriteFile("p.yaml", pole, 0o644); err != nil {
		t.Fatal(err)
	}
	const infinite = "the reference of u is +Inf at x = 0, so the error leaves out 1 of 101 points"
	if r := call(t, "solve", "p.yaml", "-q", "--out", "pole"); !strings.Contains(r.out, infinite) {
		t.Errorf("%+v", r)
	}
	hole := []byte(plain("u_xx + 1", "reference: {u: sin(x)/x}\n"))
	if err := os.WriteFile("p.yaml", hole, 0o644); err != nil {
		t.Fatal(err)
	}
	r := call(t, "solve", "p.yaml", "-q", "--out", "hole", "--json")
	var got struct {
		Errors map[string]struct {
			RelL2  *float64 `json:"rel_l2"`
			Points int
		}
		Warnings []string
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatal(err, r)
	}
	if e := got.Errors["u"]; e.RelL2 == nil || !(*e.RelL2 > 0) || e.Points != 100 {
		t.Errorf("%+v", e)
	}
	if want := "the reference of u is NaN at x = 0, so the error leaves out 1 of 101 points"; !slices.Contains(got.Warnings, want) {
		t.Errorf("%q", got.Warnings)
	}
	if err := os.WriteFile("d.csv", []byte("x,u\n5,0.1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r = call(t, "validate", "p.yaml", "--set", "constraints.d={residual: u - u_data, on: {data: d.csv}}")
	if r.code != exitUsage || !strings.Contains(r.err, "point 1: x = 5 lies outside the axis from 0 to 1") {
		t.Errorf("%+v", r)
	}
}

// Names lead nowhere: what a problem is called is part of a path under runs, or refused.
func TestNamesStayInside(t *testing.T) {
	folder(t)
	if err := os.Mkdir("here", 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir("here")
	for _, name := range []string{"../../x", "/etc/x", "a/../../b", "..", ".", "$(id)", strings.Repeat("a", 300), "a\u202eb", "-q"} {
		named := strings.Replace(string(text), "problem: tiny", "problem: \""+name+"\"", 1)
		if err := os.WriteFile("p.yaml", []byte(named), 0o644); err != nil {
			t.Fatal(err)
		}
		if r := call(t, "solve", "p.yaml", "-q", "--steps", "1"); r.code != exitOK && (r.err == "" || r.code > exitUsage) {
			t.Errorf("%q: %+v", name, r)
		}
	}
	for dir, want := range map[string]string{".": "p.yaml runs", "..": "here tiny.yaml", "../..": ""} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		if got := strings.Join(names, " "); want != "" && got != want {
			t.Errorf("%s has %s", dir, got)
		}
	}
}

// A run directory that somebody removes under a run ends the run with an error that names it, and nothing is written elsewhere.
func TestRemovedRunDirectory(t *testing.T) {
	folder(t)
	end := solving(t, "d")
	if err := os.Rename("d", "away"); err != nil {
		t.Skip("the system does not move what is open: ", err)
	}
	r := end()
	for _, says := range []string{"write d/checkpoints", "d/history.csv was removed or replaced", "write d/parameters.safetensors"} {
		if !strings.Contains(filepath.ToSlash(r.err), says) {
			t.Errorf("%s is not said: %+v", says, r)
		}
	}
	quietly(t, "eval", "away", "--at", "x=0.5")
	if files, _ := filepath.Glob("*"); strings.Join(files, " ") != "away tiny.yaml" {
		t.Errorf("there are %v", files)
	}
}

// A link to nowhere in the place of a run directory is no run directory, and stays.
func TestLinkToNowhere(t *testing.T) {
	folder(t)
	if err := os.Symlink("nowhere", "d"); err != nil {
		t.Skip(err)
	}
	if r := call(t, "solve", "tiny.yaml", "-q", "--out", "d"); r.code == exitOK || !strings.Contains(r.err, "d is a link to nowhere") {
		t.Errorf("%+v", r)
	}
	if _, err := os.Readlink("d"); err != nil {
		t.Error(err)
	}
}

// The version names the commit, and whether there were changes to it.
func TestCommit(t *testing.T) {
	settings := []debug.BuildSetting{
		{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: "0123456789abcdef0123"}, {Key: "vcs.modified", Value: "false"},
	}
	if got := commitOf(settings); got != "commit 0123456789ab, " {
		t.Errorf("%q", got)
	}
	settings[2].Value = "true"
	if got := commitOf(settings); got != "commit 0123456789ab with changes, " {
		t.Errorf("%q", got)
	}
	if got := commitOf(nil); got != "" {
		t.Errorf("%q", got)
	}
}
