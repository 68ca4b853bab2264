package cli

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/schema"
	ph "github.com/crux-pinn/crux/placeholder"
)

// oldRun copies a run of testdata/runs, which has one of each schema: 30 steps of poisson1d with a small network. That of 0 is of before
// there were schemas.
func oldRun(t *testing.T, version int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/runs", strconv.Itoa(version)))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What crux has written it opens still. Who has to change a file so that this fails makes it a new schema, and adds a run of it.
func TestOldRuns(t *testing.T) {
	for version := range schema.Version + 1 {
		dir := oldRun(t, version)
		r := call(t, "eval", dir, "--grid", "11")
		if r.code != exitOK || r.err != "" {
			t.Fatalf("eval: %+v", r)
		}
		_, rows := readTable(t, r.out)
		on, err := domain.ReadNPZ(filepath.Join(dir, solutionFile), ph.NewCoord("x"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := on.Draw(nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, u := range c.Columns["u"] { // kernels of processors differ in the last bits
			if math.Abs(rows[i][1]-u) > 1e-12 {
				t.Errorf("schema %d: u at point %d is %v, and was %v", version, i, rows[i][1], u)
			}
		}
		if r := call(t, "explain", dir); r.code != exitOK || r.err != "" || !strings.Contains(r.out, "step 30") {
			t.Errorf("explain: %+v", r)
		}
		if r := call(t, "resume", dir, "--steps", "32"); r.code != exitOK || !strings.Contains(r.out, "32 steps") || !strings.Contains(r.err, "from step 30") {
			t.Errorf("resume: %+v", r)
		}
	}
}

// Files of a newer crux are refused with one error that says so.
func TestNewerRuns(t *testing.T) {
	for _, c := range []struct{ file, said, written, commands string }{
		{problemFile, "schema: 1\n", "schema: 2\n", "eval explain resume"},
		{resultFile, `"schema": 1`, `"schema": 2`, "eval explain resume"},
		{parametersFile, `"schema":"1"`, `"schema":"2"`, "eval explain"}, // resume takes the checkpoint
		{filepath.Join(checkpointFolder, "checkpoint-000000030.safetensors"), `"schema":"1"`, `"schema":"2"`, "eval explain resume"},
	} {
		dir := oldRun(t, 1)
		path := filepath.Join(dir, c.file)
		b, err := os.ReadFile(path)
		if err != nil || bytes.Count(b, []byte(c.said)) != 1 {
			t.Fatalf("%s: %v, %q", c.file, err, b)
		}
		if err := os.WriteFile(path, bytes.Replace(b, []byte(c.said), []byte(c.written), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		for command := range strings.FieldsSeq(c.commands) {
			refused(t, c.file, call(t, command, dir))
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, batchFile), []byte(`{"schema": 2, "of": "runs"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"eval", "explain", "resume"} {
		refused(t, batchFile, call(t, command, dir))
	}
}

func refused(t *testing.T, file string, r outcome) {
	t.Helper()
	if r.code != exitUsage || r.out != "" || strings.Count(r.err, "reads schemas up to 1; take a newer crux") != 1 || !strings.Contains(r.err, file) {
		t.Errorf("%s: %+v", file, r)
	}
}
