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
	owner *owner
	first *problemfile.Problem // of the first run, as planned; nil if the batch comes from a directory

	shared bool               // other processes take runs of the same directory
	takes  func(run int) bool // whether this one may take a run; nil if it takes all
}

// member is a run of a batch and what is known of it.
type member struct {
	entry
	problem []byte // problem.yaml; nil if it is only in the directory
	files   []problemfile.File
	report  *report.Report // nil as long as there is none
	records *records       // of the part that this process ran; nil if it did not
	err     error
	missed  error // that it has come to nothing good, or not to the accuracy that was asked for
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
func (b *batch) create(a *app, out string) (err error) {
	if b.dir, b.owner, err = a.newRunDir(out, b.Problem); err != nil {
		return err
	}
	return b.write()
}

// openOrCreate makes the directory of a batch, or continues the same batch in it.
func (b *batch) openOrCreate(a *app, dir string) (err error) {
	if !exists(filepath.Join(dir, batchFile)) {
		return b.create(a, dir)
	}
	if b.owner, err = a.own(dir); err != nil {
		return err
	}
	b.dir = dir
	if err := b.fits(dir); err != nil {
		return err
	}
	return b.write()
}

// fits reports how the runs of a directory are others than those of the batch.
func (b *batch) fits(dir string) error {
	old, err := readManifest(dir)
	if err != nil {
		return err
	}
	other := func(format string, args ...any) error {
		return fail(exitUsage, fmt.Errorf("%s holds other runs: %s; results overwrite nothing, so give another directory with --out", dir,
			fmt.Sprintf(format, args...)))
	}
	if old.Schema = b.Schema; !reflect.DeepEqual(*old, b.manifest) {
		return other("%v, not %v", old, &b.manifest)
	}
	for _, m := range b.runs {
		path := filepath.Join(dir, m.Name, problemFile)
		text, err := os.ReadFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist): // it did not come so far
		case err != nil:
			return fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
		case !bytes.Equal(text, m.problem):
			return other("%s is not what this command line makes of the problem file; %s", path, firstDifference(text, m.problem))
		}
	}
	return nil
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
		err := saveProblem(dir, m.problem, m.files)
		if err != nil && !exists(filepath.Join(dir, problemFile)) { // another process may have written it
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

// String says what was asked for: the problem, its grid, and the seeds of the first combination.
func (m *manifest) String() string {
	text := m.Problem
	for _, x := range m.Grid {
		text += " --grid '" + x.String() + "'"
	}
	text += ", seeds"
	for _, e := range m.Runs {
		if e.Combination == 0 {
			text += fmt.Sprintf(" %d", e.Seed)
		}
	}
	return text
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(old, now []byte) string {
	a, b := bytes.Split(old, []byte("\n")), bytes.Split(now, []byte("\n"))
	k := 0
	for k < min(len(a), len(b))-1 && bytes.Equal(a[k], b[k]) {
		k++
	}
	return fmt.Sprintf("line %d is %q there and would be %q", k+1, bytes.TrimSpace(a[k]), bytes.TrimSpace(b[k]))
}
