package callbacks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// JSONL writes one JSON object in one line for every step: what was recorded there, under the keys of the recorders,
//
//	{"epoch":100,"time":1753900000.123,"loss":0.5,"loss/pde":1,"loss/bc":0,"explainability/gradient_alignment":0.2}
//
// with the step, the wall time in seconds since 1970, losses, weight/NAME if a scheme balances them, and all scalars of trackers.
// Numbers that are not finite are null. The last line holds the losses at the final parameters.
//
// A run that begins at step 0 starts the file over; one that JSONL has not written is never touched. A run that continues, in the same
// process or after a restart, continues in the file: lines from the step with which it continues are cut. Where lines are missing or
// damaged, losses are filled in from the solver's history, the file as it was is kept under its name with .damaged, and Repaired says so.
//
// The file is written on a goroutine of its own, within a second, and before each [Checkpoint]. An error of the disk does not end the run:
// Solve returns it beside the result.
type JSONL struct {
	Path     string // of the file; its folder exists. Needed
	Interval int    // steps between lines, where there are only losses; 0 means 1

	appended
	names map[string][]byte // of keys, as they stand in the file: `,"loss":`
}

// OnSolveBegin implements crux.Callback.
func (c *JSONL) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return c.goOn(r, c, c.Path, c.Interval, "JSONL", epochOf)
}

// lineStart is how every line begins, followed by the step.
const lineStart = `{"epoch":`

// openRegular opens a file for reading and cutting; a device could be endless.
func openRegular(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file; move it away", path)
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
}

func epochOf(line []byte) (int, bool) {
	rest, ok := bytes.CutPrefix(line, []byte(lineStart))
	if !ok || !json.Valid(line) {
		return 0, false
	}
	end := bytes.IndexAny(rest, ",}")
	if end < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(string(rest[:end]))
	return n, err == nil && n >= 0
}

// write implements medium.
func (c *JSONL) write(r *row) error {
	b := c.line[:0]
	b = append(b, lineStart...)
	b = strconv.AppendInt(b, int64(r.epoch), 10)
	if !r.at.IsZero() {
		b = append(b, `,"time":`...)
		b = strconv.AppendFloat(b, unix(r.at), 'f', 3, 64)
	}
	for i, key := range r.keys {
		name, err := c.name(key)
		if err != nil {
			return err
		}
		b = append(b, name...)
		if v := r.values[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			b = append(b, "null"...)
		} else {
			b = strconv.AppendFloat(b, v, 'g', -1, 64)
		}
	}
	c.line = append(b, "}\n"...)
	_, err := c.out.Write(c.line)
	return err
}

// name is a key with what stands around it.
func (c *JSONL) name(key string) ([]byte, error) {
	if name, ok := c.names[key]; ok {
		return name, nil
	}
	quoted, err := json.Marshal(key)
	if err != nil {
		return nil, err
	}
	if c.names == nil {
		c.names = map[string][]byte{}
	}
	name := append(append([]byte{','}, quoted...), ':')
	c.names[key] = name
	return name, nil
}

// appended is the sink of a file that grows at its end.
type appended struct {
	sink
	path     string
	repaired string
	file     *os.File
	out      *bufio.Writer
	line     []byte
}

// Repaired says what was missing in the file, or damaged, when the latest run continued in it; "" if nothing was.
func (a *appended) Repaired() string { return a.repaired }

// catchUp writes all steps before one: what a checkpoint contains is in the file before the checkpoint is.
func (a *appended) catchUp(step int) {
	if a.under != nil && a.under.epoch < step {
		a.complete()
	}
	a.drain()
}

// goOn prepares for a run, and cuts the file before the step at which it begins. kind is what the file is; at returns the step of a line,
// −1 of a head.
func (a *appended) goOn(r *crux.Run, to medium, path string, every int, kind string, at func(line []byte) (step int, ok bool)) error {
	if path == "" {
		return errors.New("no Path; give the file to write")
	}
	if err := a.take(r); err != nil {
		return err
	}
	a.path = path
	a.repaired = ""
	_, missing := os.Stat(path)
	last, err := a.cut(r.Epoch(), kind, at)
	if err != nil {
		return err
	}
	// a run that continues behind windows of another one has no steps of its own yet
	if errors.Is(missing, fs.ErrNotExist) && len(r.Solver().History().Epochs) > 0 {
		a.repaired = a.path + " was not there; its losses have been filled in from the checkpoint"
	}
	if err := a.begin(to, every); err != nil {
		return err
	}
	a.backfill(r, last)
	return nil
}

// cut leaves the lines before a step, none before step 0. It returns the last step that is left, −1 if there is none.
func (a *appended) cut(epoch int, kind string, at func(line []byte) (step int, ok bool)) (last int, err error) {
	f, err := openRegular(a.path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	last = -1
	size := int64(0) // of what is left
	for b := bufio.NewReaderSize(f, 1<<16); ; {
		line, readErr := b.ReadBytes('\n')
		if readErr != nil && !errors.Is(readErr, io.EOF) {
			return 0, readErr
		}
		step, ok := at(line)
		ok = ok && (step < 0 || step > last)
		if !ok && (size == 0 && len(line) > 0 || readErr == nil) {
			if epoch == 0 {
				return 0, fmt.Errorf("%s is not a file of %s: it has a line %.40q; move it away", a.path, kind, line)
			}
			if err := a.setAside(f, last); err != nil {
				return 0, err
			}
			break
		}
		if readErr != nil || step >= epoch { // the end, perhaps in the middle of a line
			break
		}
		last, size = step, size+int64(len(line))
	}
	if epoch == 0 { // also of a head
		size = 0
	}
	return last, f.Truncate(size)
}

// setAside keeps a file of which the line after a step is damaged.
func (a *appended) setAside(f *os.File, last int) error {
	kept := a.path + ".damaged"
	where := "at its beginning"
	if last >= 0 {
		where = fmt.Sprintf("after step %d", last)
	}
	a.repaired = fmt.Sprintf("%s was damaged %s; from there on its losses have been filled in from the checkpoint, "+
		"and the file as it was is %s", a.path, where, kept)
	return ckpt.WriteFile(kept, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(f, 0, math.MaxInt64))
		return err
	})
}

// open implements medium.
func (a *appended) open() error {
	f, err := os.OpenFile(a.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	a.file, a.out = f, bufio.NewWriterSize(f, 1<<16)
	return nil
}

// flush implements medium.
func (a *appended) flush() error { return a.out.Flush() }

// close implements medium.
func (a *appended) close(*crux.Result) error {
	if a.file == nil { // it could not be opened again
		return nil
	}
	err := a.out.Flush()
	if mine, _ := a.file.Stat(); err == nil {
		if there, statErr := os.Stat(a.path); statErr != nil || !os.SameFile(mine, there) {
			err = fmt.Errorf("%s was removed or replaced while it was written", a.path)
		}
	}
	err = errors.Join(err, a.file.Close())
	a.file, a.out = nil, nil
	return err
}
