package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/crux-pinn/crux/internal/linalg"
	"github.com/crux-pinn/crux/internal/report"
)

// key says which run of which comparison a trial is.
type key struct {
	comparison, problem, variant string
	seed                         uint64
	settings                     string // a hash
}

// trial is what one run ended with.
type trial struct {
	commit, status string
	steps          int
	seconds        float64 // of the processor, over all cores
	err            float64 // relative L2, of the worst field; NaN if there is none
}

type trials map[key]trial

var trialsHead = []string{"comparison", "problem", "variant", "seed", "settings", "commit", "status", "steps", "cpu_seconds", "rel_l2"}

func record(k key, t trial) []string {
	return []string{
		k.comparison, k.problem, k.variant, strconv.FormatUint(k.seed, 10), k.settings, t.commit, t.status, strconv.Itoa(t.steps),
		strconv.FormatFloat(t.seconds, 'f', 1, 64), strconv.FormatFloat(t.err, 'e', 2, 64),
	}
}

// readTrials reads what is known. A file that is not there holds nothing.
func readTrials(file string) (trials, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return trials{}, nil
	}
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(lines) == 0 || !slices.Equal(lines[0], trialsHead) {
		return nil, fmt.Errorf("%s: its first line is not %s", file, strings.Join(trialsHead, ","))
	}
	all := trials{}
	for i, l := range lines[1:] {
		seed, err1 := strconv.ParseUint(l[3], 10, 64)
		steps, err2 := strconv.Atoi(l[7])
		seconds, err3 := strconv.ParseFloat(l[8], 64)
		e, err4 := strconv.ParseFloat(l[9], 64)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+2, err)
		}
		all[key{l[0], l[1], l[2], seed, l[4]}] = trial{l[5], l[6], steps, seconds, e}
	}
	return all, nil
}

// writeTrials writes the trials of the comparisons in their order. Those that belong to none of them any more are left out.
func writeTrials(file string, list []comparison, done trials) error {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.Write(trialsHead)
	for _, c := range list {
		for r := range c.runs() {
			k := c.key(r)
			if t, ok := done[k]; ok {
				err = errors.Join(err, w.Write(record(k, t)))
			}
		}
	}
	w.Flush()
	if err := errors.Join(err, w.Error()); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// of are the trials of all seeds of one problem with one variant, as far as there are any.
func (all trials) of(c *comparison, p, v choice) []trial {
	var list []trial
	for _, seed := range evidenceSeeds {
		if t, ok := all[c.key(run{p, v, seed})]; ok {
			list = append(list, t)
		}
	}
	return list
}

// spreadOver is the spread of a number over trials. NaN counts as the largest.
func spreadOver(list []trial, of func(trial) float64) report.Spread {
	var values []float64
	for _, t := range list {
		values = append(values, of(t))
	}
	slices.SortFunc(values, func(a, b float64) int { return cmp.Compare(-b, -a) }) // which puts NaN last
	at := func(q float64) report.Number { return report.Number(linalg.Percentile(values, q)) }
	return report.Spread{Min: at(0), Median: at(0.5), Max: at(1)}
}
