package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
)

// spread is the median and the range of some numbers.
type spread struct{ median, lo, hi float64 }

func spreadOf(x []float64) spread {
	x = slices.Clone(x)
	slices.Sort(x)
	n := len(x)
	return spread{(x[(n-1)/2] + x[n/2]) / 2, x[0], x[n-1]}
}

func (s spread) String() string { return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.lo, s.hi) }

// interleave runs ours, theirs, ours, theirs, … and returns the ratios theirs/ours of each round and the times of ours.
func (c config) interleave(ours, theirs func(reps int) (float64, error)) (ratio, seconds spread, err error) {
	a, err := reps(ours, c.seconds)
	if err != nil {
		return ratio, seconds, err
	}
	b, err := reps(theirs, c.seconds)
	if err != nil {
		return ratio, seconds, err
	}
	var ratios, times []float64
	for range c.rounds {
		x, err := ours(a)
		if err != nil {
			return ratio, seconds, err
		}
		y, err := theirs(b)
		if err != nil {
			return ratio, seconds, err
		}
		ratios, times = append(ratios, y/x), append(times, x)
	}
	return spreadOf(ratios), spreadOf(times), nil
}

// reps is how often a side repeats its work to take the given number of seconds; finding out warms it up.
func reps(run func(int) (float64, error), seconds float64) (int, error) {
	if _, err := run(2); err != nil {
		return 0, err
	}
	t, err := run(3)
	return min(max(int(seconds/t), 2), 1000), err
}

// difference is max|a−b| / max|a|, with b read from a file.
func difference(a []float64, file string) (float64, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close() //nolint:errcheck // only read
	b := make([]float64, len(a))
	if err := binary.Read(bufio.NewReaderSize(f, 1<<20), binary.LittleEndian, b); err != nil {
		return 0, fmt.Errorf("the peer's answer: %w", err)
	}
	var diff, scale float64
	for i := range a {
		diff = math.Max(diff, math.Abs(a[i]-b[i]))
		scale = math.Max(scale, math.Abs(a[i]))
	}
	if math.IsNaN(diff) || scale == 0 {
		return math.Inf(1), nil
	}
	return diff / scale, nil
}

// processor is the machine's name for its processor, where it has one.
func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "processor unknown"
	}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}
