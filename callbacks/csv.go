package callbacks

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// CSV writes one line for every step, with one column for each key: epoch, loss, loss/NAME of each constraint, all scalars
// of trackers, and weight/NAME if a scheme balances them. A cell is empty where nothing was recorded. Trackers all fire at step 0, so that the columns are known
// then; a key that comes later makes the file be written anew with one column more.
//
// It begins, continues and ends its file as [JSONL] does.
type CSV struct {
	Path     string // of the file; its folder exists. Needed
	Interval int    // steps between lines, where there are only losses; 0 means 1

	appended
	columns []string // after epoch
	empty   bool     // whether not even the first line is written
}

// OnSolveBegin implements crux.Callback.
func (c *CSV) OnSolveBegin(_ context.Context, r *crux.Run) error {
	return c.goOn(r, c, c.Path, c.Interval, c.resume)
}

// resume does what JSONL's does.
func (c *CSV) resume(epoch int) (last int, err error) {
	f, err := openRegular(c.Path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	c.columns, c.empty, last = nil, true, -1
	table := csv.NewReader(f)
	table.ReuseRecord = true
	foreign := func(what string) error {
		return fmt.Errorf("%s is not a file of CSV: %s; give another Path", c.Path, what)
	}
	head, err := table.Read()
	switch {
	case errors.Is(err, io.EOF):
		return last, nil
	case err != nil || head[0] != "epoch":
		return 0, foreign("it does not begin with a line epoch,…")
	case epoch == 0:
		return last, f.Truncate(0)
	}
	size := table.InputOffset()
	if whole, err := endsLine(f, size); err != nil || !whole {
		return last, errors.Join(err, f.Truncate(0))
	}
	c.columns, c.empty = slices.Clone(head[1:]), false
	for {
		cells, err := table.Read()
		if err != nil { // the end, perhaps in the middle of a line
			break
		}
		at, err := strconv.Atoi(cells[0])
		if err != nil {
			return 0, foreign(fmt.Sprintf("a line begins with %.40q", cells[0]))
		}
		end := table.InputOffset()
		if whole, err := endsLine(f, end); at >= epoch || err != nil || !whole {
			break
		}
		last, size = at, end
	}
	return last, f.Truncate(size)
}

// endsLine reports whether the byte before an offset ends a line: the last number of a file may be cut short.
func endsLine(f io.ReaderAt, end int64) (bool, error) {
	var b [1]byte
	_, err := f.ReadAt(b[:], end-1)
	return b[0] == '\n', err
}

// write implements medium.
func (c *CSV) write(r *row) error {
	known := len(c.columns)
	for _, key := range r.keys {
		if !slices.Contains(c.columns, key) {
			c.columns = append(c.columns, key)
		}
	}
	if c.empty {
		if err := c.writeHead(c.out); err != nil {
			return err
		}
		c.empty = false
	} else if len(c.columns) > known {
		if err := c.widen(known); err != nil {
			return err
		}
	}
	b := strconv.AppendInt(c.line[:0], int64(r.epoch), 10)
	for i, key := range c.columns {
		b = append(b, ',')
		k := i // keys come in the order of columns, mostly
		if k >= len(r.keys) || r.keys[k] != key {
			k = slices.Index(r.keys, key)
		}
		if k >= 0 {
			b = appendNumber(b, r.values[k])
		}
	}
	c.line = append(b, '\n')
	_, err := c.out.Write(c.line)
	return err
}

func (c *CSV) writeHead(w io.Writer) error {
	t := csv.NewWriter(w)
	if err := t.Write(append([]string{"epoch"}, c.columns...)); err != nil {
		return err
	}
	t.Flush()
	return t.Error()
}

// appendNumber is the shortest text that reads back as the same number.
func appendNumber(b []byte, v float64) []byte {
	if math.IsNaN(v) {
		return append(b, "nan"...)
	}
	if math.IsInf(v, 0) {
		if v < 0 {
			b = append(b, '-')
		}
		return append(b, "inf"...)
	}
	return strconv.AppendFloat(b, v, 'g', -1, 64)
}

// widen writes the file anew with more columns.
func (c *CSV) widen(known int) error {
	if err := c.close(nil); err != nil {
		return err
	}
	if err := c.copyWider(known); err != nil {
		return err
	}
	return c.open()
}

func (c *CSV) copyWider(known int) error {
	f, err := os.Open(c.Path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	table := csv.NewReader(f)
	table.ReuseRecord = true
	return ckpt.WriteFile(c.Path, func(w io.Writer) error {
		if err := c.writeHead(w); err != nil {
			return err
		}
		if _, err := table.Read(); err != nil { // the old head
			return err
		}
		t := csv.NewWriter(w)
		more := make([]string, len(c.columns)-known)
		for {
			cells, err := table.Read()
			if errors.Is(err, io.EOF) {
				t.Flush()
				return t.Error()
			}
			if err != nil {
				return err
			}
			if err := t.Write(append(cells, more...)); err != nil {
				return err
			}
		}
	})
}
