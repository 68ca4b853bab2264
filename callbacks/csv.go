package callbacks

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"math"
	"os"
	"slices"
	"strconv"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// CSV writes one line for every step, with one column for each key: epoch, loss, loss/NAME of each constraint, all scalars
// of trackers, and weight/NAME if a scheme balances them. A cell is empty where nothing was recorded. Trackers all fire at step 0, so that
// the columns are known then; a key that comes later makes the file be rewritten with one column more.
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
	begun, commas := false, 0
	return c.goOn(r, c, c.Path, c.Interval, "CSV", func(line []byte) (step int, ok bool) {
		if begun {
			first, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(","))
			step, err := strconv.Atoi(string(first))
			return step, err == nil && bytes.Count(line, []byte(",")) == commas && isNumbers(line)
		}
		c.columns, c.empty = nil, true
		head, err := csv.NewReader(bytes.NewReader(line)).Read()
		if err != nil || head[0] != "epoch" {
			return 0, false
		}
		commas = len(head) - 1
		if begun = true; r.Epoch() > 0 && line[len(line)-1] == '\n' {
			c.columns, c.empty = head[1:], false
		}
		return -1, true
	})
}

// isNumbers reports whether a line has only letters of which numbers are made.
func isNumbers(line []byte) bool {
	return len(bytes.Trim(line, "0123456789+-.,einfa\r\n")) == 0
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

// widen rewrites the file with more columns.
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
