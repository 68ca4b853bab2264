package cli

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// records are the callbacks that write down what a run measures, and those that measure what every run is judged by: the unknown
// numbers always, the fields for dashboards.
type records struct {
	all   []crux.Callback
	wandb *callbacks.WandB       // nil if not asked for
	board *callbacks.TensorBoard // nil if not asked for
}

func newRecords(p *problemfile.Problem, s *crux.Solver, dir string) *records {
	r := &records{wandb: p.WandB, board: p.TensorBoard, all: []crux.Callback{
		&callbacks.CSV{Path: filepath.Join(dir, historyFile), Interval: p.Results.Interval(p.Steps)},
		&callbacks.JSONL{Path: filepath.Join(dir, metricsFile), Interval: p.Results.Interval(p.Steps)},
		&callbacks.Arrays{Dir: filepath.Join(dir, arraysDir)},
		&callbacks.Points{Path: filepath.Join(dir, pointsFile)},
	}}
	if b := p.TensorBoard; b != nil {
		b.Dir = insideOf(dir, cmp.Or(b.Dir, boardDir))
		r.all = append(r.all, b)
	}
	if w := p.WandB; w != nil {
		w.Dir, w.Name, w.Config = insideOf(dir, w.Dir), cmp.Or(w.Name, filepath.Base(dir)), config(p.Resolved)
		r.all = append(r.all, w)
	}
	if len(p.Params)+len(p.Derived) > 0 {
		r.all = append(r.all, &numbersFound{p, p.Results.Interval(p.Steps)})
	}
	if len(p.Shown) > 0 {
		r.all = append(r.all, &shown{problem: p})
	}
	if r.board != nil || r.wandb != nil {
		r.all = append(r.all, judges(p, s)...)
	}
	return r
}

// insideOf is a path in a run directory, unless it is absolute.
func insideOf(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// config is the resolved file as W&B compares runs by it: whatever reads as a number is one.
func config(resolved []byte) map[string]any {
	var m map[string]any
	if yaml.Unmarshal(resolved, &m) != nil {
		return nil // a run without settings is better than none
	}
	for _, k := range []string{"wandb", "tensorboard"} {
		delete(m, k)
	}
	return numbers(m).(map[string]any)
}

func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = numbers(x)
		}
	case []any:
		for i, x := range v {
			v[i] = numbers(x)
		}
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return fmt.Sprint(v)
		}
	}
	return v
}

// warn says which files had to be repaired when the run continued.
func (r *records) warn(w io.Writer) {
	for _, c := range r.all {
		if log, ok := c.(interface{ Repaired() string }); ok && log.Repaired() != "" {
			fmt.Fprintf(w, "crux: warning: %s\n", log.Repaired()) //nolint:errcheck
		}
	}
}

// hints say how to open what a run recorded, and what is not in it.
func (r *records) hints(w io.Writer) {
	note := func(n int, what string) {
		if n > 0 {
			fmt.Fprintf(w, "%s: %d images were left out, those there are lie evenly over the run; "+ //nolint:errcheck
				"all are drawn with %s: {images: all} in the problem file\n", what, n, what)
		}
	}
	if r.board != nil {
		note(r.board.Skipped(), "tensorboard")
		fmt.Fprintf(w, "tensorboard --logdir %s\n", r.board.Dir) //nolint:errcheck
	}
	if r.wandb != nil {
		note(r.wandb.Skipped(), "wandb")
		if d := r.wandb.RunDir(); d != "" {
			fmt.Fprintf(w, "wandb sync %s\n", d) //nolint:errcheck
		}
	}
}
