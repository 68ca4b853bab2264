package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"
)

// History is what history.csv holds: numbers by step.
type History struct {
	Steps   []float64
	Names   []string    // of the columns after the first
	Columns [][]float64 // by column and step; NaN where nothing was recorded
}

// ReadHistory reads a history; one that is not there is empty. A last line that is not whole is left out.
func ReadHistory(path string) (*History, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &History{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	table := csv.NewReader(f)
	table.ReuseRecord = true
	head, err := table.Read()
	if errors.Is(err, io.EOF) {
		return &History{}, nil
	}
	if err != nil || len(head) < 2 || head[0] != "epoch" {
		return nil, fmt.Errorf("%s is not the history of a run", path)
	}
	h := &History{Names: append([]string{}, head[1:]...), Columns: make([][]float64, len(head)-1)}
	for {
		cells, err := table.Read()
		if err != nil {
			return h, nil //nolint:nilerr // the end, perhaps in the middle of a line that is being written
		}
		step, err := strconv.ParseFloat(cells[0], 64)
		if err != nil {
			return nil, fmt.Errorf("%s is not the history of a run: %w", path, err)
		}
		h.Steps = append(h.Steps, step)
		for i := range h.Columns {
			v, err := strconv.ParseFloat(cells[i+1], 64)
			if err != nil {
				v = math.NaN()
			}
			h.Columns[i] = append(h.Columns[i], v)
		}
	}
}

// Column is the numbers of a name; nil if there are none.
func (h *History) Column(name string) []float64 {
	for i, n := range h.Names {
		if n == name {
			return h.Columns[i]
		}
	}
	return nil
}
