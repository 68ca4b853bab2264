package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// history is what history.csv holds: numbers by step.
type history struct {
	steps   []float64
	names   []string    // of the columns after the first
	columns [][]float64 // by column and step; NaN where nothing was recorded
}

// readHistory reads a history; one that is not there is empty. A last line that is not whole is left out.
func readHistory(path string) (*history, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &history{}, nil
	}
	if err != nil {
		return nil, fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
	}
	defer f.Close() //nolint:errcheck // it was only read
	table := csv.NewReader(f)
	table.ReuseRecord = true
	head, err := table.Read()
	if errors.Is(err, io.EOF) {
		return &history{}, nil
	}
	if err != nil || len(head) < 2 || head[0] != "epoch" {
		return nil, fail(exitUsage, fmt.Errorf("%s is not the history of a run", path))
	}
	h := &history{names: append([]string{}, head[1:]...), columns: make([][]float64, len(head)-1)}
	for {
		cells, err := table.Read()
		if err != nil {
			return h, nil //nolint:nilerr // the end, perhaps in the middle of a line that is being written
		}
		step, err := strconv.ParseFloat(cells[0], 64)
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("%s is not the history of a run: %w", path, err))
		}
		h.steps = append(h.steps, step)
		for i := range h.columns {
			v, err := strconv.ParseFloat(cells[i+1], 64)
			if err != nil {
				v = math.NaN()
			}
			h.columns[i] = append(h.columns[i], v)
		}
	}
}

// column is the numbers of a name; nil if there are none.
func (h *history) column(name string) []float64 {
	for i, n := range h.names {
		if n == name {
			return h.columns[i]
		}
	}
	return nil
}
