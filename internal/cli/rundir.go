package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/files/npy"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

// The files of a run directory.
const (
	problemFile    = "problem.yaml"           // the problem with overrides and defaults written out
	historyFile    = "history.csv"            // losses and scalars of every step, by column
	metricsFile    = "metrics.jsonl"          // the same by line, with times and weights
	arraysDir      = "trackers"               // arrays of each tracker
	dataDir        = "data"                   // copies of the files that the problem reads
	pointsFile     = "points.npz"             // where the points of training were, if they have moved
	boardDir       = "tensorboard"            // event files, if asked for
	parametersFile = "parameters.safetensors" // at the end
	solutionFile   = "solution.npz"           // fields on their grids, with references and errors, unless the file turns it off
	resultFile     = report.Name              // what --json prints
	originFile     = "origin.json"            // when, where and from what the run was begun
	attemptsDir    = "attempts"               // the other ways that have been tried, each with these files

	checkpointFolder = "checkpoints" // states with which the run can continue
)

// runFiles are all of these.
var runFiles = []string{
	problemFile, dataDir, checkpointFolder, historyFile, metricsFile, arraysDir, pointsFile, boardDir,
	parametersFile, solutionFile, resultFile,
}

// newRunDir makes the directory of a run. With out it must not exist or be empty; without, it is runs/NAME-1, or the
// first number after that is free. Nothing is ever overwritten. This process is its owner.
func (a *app) newRunDir(out, name string) (string, *owner, error) {
	if a.team != nil && a.team.Rank() > 0 {
		out = a.team.dir
	}
	if out != "" {
		if err := os.MkdirAll(out, 0o755); err != nil {
			if info, err := os.Lstat(out); err == nil && info.Mode()&os.ModeSymlink != 0 && !exists(out) {
				return "", nil, fail(exitFailed, fmt.Errorf("%s is a link to nowhere; remove it, or give another directory with --out", out))
			}
			return "", nil, fail(exitFailed, fmt.Errorf("cannot make the run directory %s: %w; give another with --out", out, ckpt.Cause(err)))
		}
		o, err := a.own(out)
		if err != nil {
			return "", nil, err
		}
		entries, err := os.ReadDir(out)
		switch {
		case err != nil:
			err = fail(exitFailed, fmt.Errorf("cannot use the run directory %s: %w", out, ckpt.Cause(err)))
		case len(entries) > 1: // the owner is one
			err = fail(exitUsage, fmt.Errorf("the directory %s is not empty; results overwrite nothing, so give another with --out", out))
		}
		if err != nil {
			o.release()
		}
		return out, o, err
	}
	if err := os.MkdirAll("runs", 0o755); err != nil {
		return "", nil, fail(exitFailed, fmt.Errorf("cannot make the directory runs: %w; give another with --out", ckpt.Cause(err)))
	}
	const most = 1_000_000 // bounds the search; nobody keeps so many runs in one folder
	for i := 1; i <= most; i++ {
		dir := filepath.Join("runs", fileName(name)+"-"+strconv.Itoa(i))
		err := os.Mkdir(dir, 0o755) // fails if it exists: two runs that start together get two directories
		if err == nil {
			o, err := a.own(dir)
			return dir, o, err
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", nil, fail(exitFailed, fmt.Errorf("cannot make the run directory %s: %w; give another with --out", dir, ckpt.Cause(err)))
		}
	}
	return "", nil, fail(exitFailed, fmt.Errorf("there are %d runs of %s; give a directory with --out", most, name))
}

// fileName is a problem's name with everything replaced that file systems or shells take amiss.
func fileName(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '.', r > 127:
			return r
		}
		return '-'
	}, name)
	if s = strings.TrimLeft(s, "-."); s == "" {
		return "run"
	}
	return s
}

// saveBytes writes one file of a run.
func saveBytes(dir, name string, b []byte) error {
	return ckpt.WriteFile(filepath.Join(dir, name), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// saveProblem writes what a run solves: the files that it reads, unless they are there already, and the problem.
func saveProblem(dir string, text []byte, files []problemfile.File) error {
	for _, f := range files {
		to := filepath.Join(dir, filepath.FromSlash(f.Kept))
		if f.Kept == "" || exists(to) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return fmt.Errorf("make %s: %w", filepath.Dir(to), ckpt.Cause(err))
		}
		b, err := os.ReadFile(f.Path)
		if err != nil {
			return fmt.Errorf("read %s: %w", f.Path, ckpt.Cause(err))
		}
		if err := saveBytes(dir, f.Kept, b); err != nil {
			return err
		}
	}
	return saveBytes(dir, problemFile, text)
}

// saveSolution writes the sheets of a solution.
func saveSolution(dir string, sol *solution) error {
	return ckpt.WriteFile(filepath.Join(dir, solutionFile), func(w io.Writer) error {
		return npy.WriteZip(w, sol.arrays())
	})
}

// makeFolder makes a folder that results go to, unless it is there.
func makeFolder(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fail(exitFailed, fmt.Errorf("cannot make the folder %s: %w", path, ckpt.Cause(err)))
	}
	return nil
}

// decimal is the shortest text that reads back as the same number.
func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
