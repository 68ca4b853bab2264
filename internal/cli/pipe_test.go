//go:build unix

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A pipe in the place of a file is not waited for: nobody may ever write into it. One that a shell has made is read.
func TestPipes(t *testing.T) {
	folder(t)
	for _, name := range []string{"p.yaml", "d.csv"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Skip("pipes have no names here: ", err)
		}
	}
	if r := call(t, "validate", "p.yaml"); r.code != exitUsage || !strings.Contains(r.err, "p.yaml:1:1: the file is empty") {
		t.Errorf("%+v", r)
	}
	for _, set := range []string{"constraints.data={residual: u - u_data, on: {data: d.csv}}", "reference.u={file: d.csv}"} {
		if r := call(t, "validate", "tiny.yaml", "--set", set); r.code != exitUsage || !strings.Contains(r.err, "d.csv is a folder, a pipe or a device") {
			t.Errorf("%s: %+v", set, r)
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close() //nolint:errcheck
	text, err := os.ReadFile("tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	go func() { write.Write(text); write.Close() }() //nolint:errcheck // what is read says so
	if name := fmt.Sprintf("/dev/fd/%d", read.Fd()); exists(name) {
		if r := call(t, "validate", name); r.code != exitOK {
			t.Errorf("%+v", r)
		}
	}
}

// Nor is one in the place of a file of a run: a checkpoint or parameters are taken from elsewhere, and without the rest the run is not read.
func TestPipesInRun(t *testing.T) {
	folder(t)
	quietly(t, "solve", "tiny.yaml", "-q", "--set", "checkpoint={interval: 5}", "--out", "d")
	want := quietly(t, "eval", "d", "--at", "x=0.5")
	newest := latest(t, "d").Path
	for _, path := range []string{newest, filepath.Join("d", parametersFile)} {
		moved(t, path)
	}
	r := call(t, "eval", "d", "--at", "x=0.5")
	if r.code != exitOK || !strings.Contains(r.err, "not a regular file") || !strings.Contains(r.err, "taking the checkpoint of step 5") {
		t.Errorf("%+v", r)
	}
	if r := call(t, "resume", "d", "-q", "--steps", "11"); r.code != exitOK || !strings.Contains(r.err, newest+": not a regular file") {
		t.Errorf("%+v", r)
	}
	quietly(t, "solve", "tiny.yaml", "-q", "--steps", "11", "--out", "whole")
	sameEval(t, "d", "whole")
	if got := quietly(t, "eval", "d", "--at", "x=0.5"); got == want {
		t.Error("the run has not gone on")
	}
	for _, name := range []string{resultFile, originFile, problemFile} {
		back := moved(t, filepath.Join("d", name))
		call(t, "ls", ".") // which ends
		for _, command := range []string{"eval d --at x=0.5", "show d", "resume d -q --steps 12", "report d"} {
			if r := call(t, strings.Fields(command)...); r.code != exitUsage || !strings.Contains(r.err, name+" is a folder, a pipe or a device") {
				t.Errorf("%s: %s: %+v", name, command, r)
			}
		}
		back()
	}
	quietly(t, "resume", "d", "-q", "--steps", "12")
}

// moved puts a pipe in the place of a file, until back is called.
func moved(t *testing.T, path string) (back func()) {
	t.Helper()
	if err := os.Rename(path, path+"-away"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("pipes have no names here: ", err)
	}
	return func() {
		if err := os.Rename(path+"-away", path); err != nil {
			t.Fatal(err)
		}
	}
}
