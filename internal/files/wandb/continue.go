package wandb

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNone says that there is no run to continue.
var ErrNone = errors.New("wandb: no run to continue")

// Continue reopens the newest run below dir/wandb.
func Continue(dir string, step int) (*Run, error) {
	list, err := filepath.Glob(filepath.Join(quoteMeta(dir), "wandb", "offline-run-*"))
	if err != nil {
		return nil, err
	}
	slices.Sort(list) // by time
	for _, d := range slices.Backward(list) {
		r, err := Reopen(d, step)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return r, err
		}
	}
	return nil, ErrNone
}

// Reopen opens the run of a directory to continue at a step. What its log holds from that step on, and that it had ended, is cut away; what
// it holds about that very step is kept until the step is written again. A run that has been uploaded by "wandb sync" is not continued,
// because the server has the rest already: that is ErrNone.
func Reopen(dir string, step int) (*Run, error) {
	r := &Run{Dir: dir, ID: dir[strings.LastIndexByte(dir, '-')+1:], summary: map[string][]byte{}, news: map[string]bool{}}
	if _, err := os.Stat(r.path()); err != nil {
		return nil, err
	}
	if _, err := os.Stat(r.path() + ".synced"); err == nil {
		return nil, ErrNone
	}
	return r, r.reopen(step)
}

// quoteMeta makes a path stand for itself in a pattern.
func quoteMeta(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(s)
}

func (r *Run) reopen(step int) error {
	raw, err := os.ReadFile(r.path())
	if err != nil {
		return err
	}
	known := false
	end, err := scan(raw, func(record []byte) bool {
		if run, _, ok := field(record, fieldRun); ok {
			known = true
			if start, _, ok := field(run, 17); ok {
				_, sec, _ := field(start, 1)
				_, nanos, _ := field(start, 2)
				r.start = time.Unix(int64(sec), int64(nanos))
			}
		}
		if h, _, ok := field(record, fieldHistory); ok {
			at, _, _ := field(h, 2)
			_, n, _ := field(at, 1)
			if n == uint64(step) {
				r.held, r.heldStep = items(h), step
			}
			if n >= uint64(step) {
				return false
			}
			for _, i := range items(h) { // the summary may be cut away
				r.summary[i.Key], r.news[i.Key] = i.JSON, true
			}
		}
		if _, _, ok := field(record, fieldExit); ok {
			return false
		}
		r.num++
		return true
	})
	if err != nil && !errors.Is(err, errDamaged) || !known {
		return fmt.Errorf("wandb: %s is not the log of a run; move it away", r.path())
	}
	if r.file, err = os.OpenFile(r.path(), os.O_WRONLY, 0o644); err != nil {
		return err
	}
	if err := errors.Join(r.file.Truncate(int64(end)), seek(r.file, int64(end))); err != nil {
		return errors.Join(err, r.file.Close())
	}
	r.out = bufio.NewWriterSize(r.file, 1<<16)
	r.log = log{w: r.out, at: int64(end)}
	r.shown = time.Now()
	return nil
}

func seek(f *os.File, at int64) error {
	_, err := f.Seek(at, 0)
	return err
}
