package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/schema"
)

// batchFile says what runs there are in the directory of a batch. Each run has a directory of its own in it, with a
// problem.yaml from the beginning.
const batchFile = "runs.json"

// batchFormat names the layout of the file.
const batchFormat = "crux.runs/1"

// manifest is what batchFile holds.
type manifest struct {
	Schema  int     `json:"schema"` // 0 is a directory of before there were versions
	Format  string  `json:"format"`
	Problem string  `json:"problem"` // its name
	Grid    []axis  `json:"grid"`    // of a sweep; none if runs differ in their seeds alone
	Runs    []entry `json:"runs"`
}

// entry is a run of a batch.
type entry struct {
	Name        string   `json:"run"` // its directory
	Values      []string `json:"values,omitempty"`
	Combination int      `json:"combination"` // from 0; runs of one differ in their seeds alone
	Seed        uint64   `json:"seed"`
}

// batch is several runs of one problem in one directory.
type batch struct {
	manifest
	dir   string
	runs  []*member
	first *problemfile.Problem // of the first run, as planned; nil if the batch comes from a directory
}

// member is a run of a batch and what is known of it.
type member struct {
	entry
	problem []byte         // problem.yaml; nil if it is only in the directory
	report  *report.Report // nil as long as there is none
	records *records       // of the part that this process ran; nil if it did not
	err     error
}

// The states of a run that no solver gives.
const (
	notBegun   = "not begun"
	unreadable = "failed"
)

func (m *member) status() string {
	switch {
	case m.report != nil:
		return m.report.Status
	case m.err != nil:
		return unreadable
	}
	return notBegun
}

// done reports whether there is nothing left to do for a run: it would diverge a second time as well.
func (m *member) done() bool { return report.Counts(m.status()) || m.status() == "diverged" }

// title is a run with its values.
func (b *batch) title(e entry) string {
	if len(e.Values) == 0 {
		return e.Name
	}
	return fmt.Sprintf("%s (%s)", e.Name, strings.Join(assignments(b.Grid, e.Values), ", "))
}

// create makes the directory of a batch, as newRunDir does.
func (b *batch) create(out string) error {
	dir, err := newRunDir(out, b.Problem)
	if err != nil {
		return err
	}
	b.dir = dir
	return b.write()
}

// openOrCreate makes the directory of a batch, or continues the same batch in it.
func (b *batch) openOrCreate(dir string) error {
	b.dir = dir
	if !exists(filepath.Join(dir, batchFile)) {
		return b.create(dir)
	}
	old, err := readManifest(dir)
	if err != nil {
		return err
	}
	other := func(format string, args ...any) error {
		return fail(exitUsage, fmt.Errorf("%s holds other runs: %s; results overwrite nothing, so give another directory with --out", dir, fmt.Sprintf(format, args...)))
	}
	switch {
	case old.Problem != b.Problem:
		return other("of problem %s, not %s", old.Problem, b.Problem)
	case !reflect.DeepEqual(old.Grid, b.Grid):
		return other("its grid is %s, not %s", gridText(old.Grid), gridText(b.Grid))
	case !reflect.DeepEqual(old.Runs, b.manifest.Runs):
		return other("%d with the seeds %s, not %d with %s", len(old.Runs), seedsText(old.Runs), len(b.manifest.Runs), seedsText(b.manifest.Runs))
	}
	for _, m := range b.runs {
		path := filepath.Join(dir, m.Name, problemFile)
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist): // it did not come so far
		case err != nil:
			return fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
		case !bytes.Equal(text, m.problem) && !bytes.Equal(text, bytes.Replace(m.problem, []byte("schema: 1\n"), nil, 1)): // as files once were
			return other("%s is not what this command line makes of the problem file; %s", path, firstDifference(text, m.problem))
		}
	}
	return b.write()
}

// write writes what is there from the beginning: the manifest, and the problem of each run.
func (b *batch) write() error {
	text, err := report.JSON(b.manifest)
	if err != nil {
		return fail(exitFailed, err)
	}
	if err := saveBytes(b.dir, batchFile, text); err != nil {
		return fail(exitFailed, fmt.Errorf("%w; give another directory with --out", err))
	}
	for _, m := range b.runs {
		dir := filepath.Join(b.dir, m.Name)
		if exists(filepath.Join(dir, problemFile)) {
			continue
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fail(exitFailed, fmt.Errorf("cannot make the run directory %s: %w; give another with --out", dir, ckpt.Cause(err)))
		}
		if err := saveBytes(dir, problemFile, m.problem); err != nil {
			return fail(exitFailed, err)
		}
	}
	return nil
}

// openBatch opens the directory of a batch.
func openBatch(dir string) (*batch, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	b := &batch{manifest: *m, dir: dir}
	for _, e := range m.Runs {
		b.runs = append(b.runs, &member{entry: e})
	}
	return b, nil
}

func readManifest(dir string) (*manifest, error) {
	path := filepath.Join(dir, batchFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
	}
	m := &manifest{}
	err = json.Unmarshal(b, m)
	if err == nil && schema.Check(m.Schema) != nil {
		return nil, fail(exitUsage, fmt.Errorf("read %s: %w", path, schema.Check(m.Schema)))
	}
	if err == nil && m.Format != batchFormat {
		err = fmt.Errorf("its format is %q, not %q", m.Format, batchFormat)
	}
	for _, e := range m.Runs {
		if err == nil && (!filepath.IsLocal(e.Name) || len(e.Values) != len(m.Grid)) {
			err = fmt.Errorf("its run %q does not fit", e.Name)
		}
	}
	if err == nil && len(m.Runs) == 0 {
		err = errors.New("it has no runs")
	}
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s does not say what runs there are (%w); give another directory", path, err))
	}
	return m, nil
}

func gridText(grid []axis) string {
	if len(grid) == 0 {
		return "none"
	}
	var s []string
	for _, x := range grid {
		s = append(s, "--grid '"+x.String()+"'")
	}
	return strings.Join(s, " ")
}

// seedsText are the seeds of the first combination.
func seedsText(runs []entry) string {
	var s []string
	for _, e := range runs {
		if e.Combination == 0 {
			s = append(s, fmt.Sprint(e.Seed))
		}
	}
	return strings.Join(s, ", ")
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(old, now []byte) string {
	a, b := strings.Split(string(old), "\n"), strings.Split(string(now), "\n")
	for i := range max(len(a), len(b)) {
		var x, y string
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d is %q there and would be %q", i+1, strings.TrimSpace(x), strings.TrimSpace(y))
		}
	}
	return "they are equal"
}
