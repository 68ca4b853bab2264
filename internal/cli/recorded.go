package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/report"
)

// recorded is what the files of a run say, without its networks being built: its report, or what there is of one as long as it has not
// ended.
type recorded struct {
	dir    string
	report *report.Report
	ended  bool      // there is a result
	date   time.Time // when it began; of runs of before there were origins, when it last wrote
}

// The states of a run without a result.
const (
	running = "running"
	broken  = "broken off" // no step has been recorded for a while
)

// alive is how long ago the last step of a run that is running may have been recorded. Records are written within a second, but a step
// of a large problem, or a measurement beside it, takes its time.
const alive = 2 * time.Minute

// readRun reads a run directory.
func (a *app) readRun(dir string) (*recorded, error) {
	if err := isRun(dir); err != nil {
		return nil, err
	}
	origin, err := readOrigin(dir)
	if err != nil {
		return nil, err
	}
	r := &recorded{dir: dir}
	path := filepath.Join(dir, resultFile)
	switch r.report, err = report.Read(path); {
	case err == nil:
		r.ended = true
		r.report.RunDir = &dir // where it is now
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fail(exitUsage, err)
	default:
		if r.report, err = a.unended(dir, origin); err != nil {
			return nil, err
		}
	}
	if r.report.Origin == nil {
		r.report.Origin = origin
	}
	if o := r.report.Origin; o != nil {
		r.date = o.Began
	} else if info, err := os.Stat(dir); err == nil {
		r.date = info.ModTime()
	}
	return r, nil
}

// unended is the report of a run without a result: what the problem and the last line of its records say.
func (a *app) unended(dir string, origin *report.Origin) (*report.Report, error) {
	path := filepath.Join(dir, problemFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
	}
	var p struct {
		Problem string `yaml:"problem"`
		Seed    uint64 `yaml:"seed"`
	}
	if err := yaml.Unmarshal(text, &p); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s is not the problem of a run: %w", path, err))
	}
	r := &report.Report{
		Problem: p.Problem, Seed: p.Seed, Status: notBegun, Reason: "no step has been recorded",
		Seconds: report.Number(math.NaN()), Loss: report.Number(math.NaN()), RunDir: &dir,
	}
	row, err := lastRecord(filepath.Join(dir, metricsFile))
	if err != nil || row == nil {
		return r, err
	}
	step, _ := row.Get("epoch")
	r.Steps, r.Status = int(step), running
	r.Loss, _ = row.Get("loss")
	for _, v := range row {
		if name, ok := strings.CutPrefix(v.Name, "loss/"); ok {
			r.Losses.Add(name, v.Value)
		}
		if name, ok := strings.CutPrefix(v.Name, "show/"); ok {
			r.Shown.Add(name, v.Value)
		}
		if name, ok := strings.CutPrefix(v.Name, "param/"); ok {
			r.Params.Add(name, v.Value)
		}
	}
	stamp, _ := row.Get("time")
	last := time.UnixMilli(int64(1e3 * stamp))
	if origin != nil && len(origin.Commands) == 1 {
		r.Seconds = report.Number(last.Sub(origin.Began).Seconds())
	}
	ago := a.Now().Sub(last)
	r.Reason = fmt.Sprintf("the last step was recorded %s ago", duration(max(0, ago)))
	if ago > alive {
		r.Status = broken
		r.Reason += "; continue with: crux resume " + dir
	}
	return r, nil
}

// lastRecord is the last whole line of a metrics file; nil if there is none. Only its end is read.
func lastRecord(path string) (report.Numbers, error) {
	const tail = 1 << 18 // longer than any line
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return nil, fail(exitFailed, err)
	}
	b, err := io.ReadAll(io.NewSectionReader(f, max(0, info.Size()-tail), tail))
	if err != nil {
		return nil, fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
	}
	end := bytes.LastIndexByte(b, '\n') // the last one may be half written
	if end < 0 {
		return nil, nil
	}
	line := b[bytes.LastIndexByte(b[:end], '\n')+1 : end]
	var row report.Numbers
	if err := json.Unmarshal(line, &row); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s does not end with a record: %w", path, err))
	}
	return row, nil
}
