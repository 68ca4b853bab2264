package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// axis is a key of a problem file with the values that a sweep gives it.
type axis struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

func (x axis) String() string { return x.Key + "=" + strings.Join(x.Values, ",") }

// maxRuns bounds a batch; nobody waits for so many.
const maxRuns = 10_000

// readGrid reads what --grid says, "key=value,value" once for each axis. set are the paths that --set gives values.
func readGrid(texts, set []string) ([]axis, error) {
	var grid []axis
	for _, text := range texts {
		x, err := readAxis(text)
		if err != nil {
			return nil, fail(exitUsage, fmt.Errorf("--grid %s: %w", text, err))
		}
		grid = append(grid, x)
	}
	for i, x := range grid {
		for _, y := range grid[:i] {
			if within(x.Key, y.Key) || within(y.Key, x.Key) {
				return nil, fail(exitUsage, fmt.Errorf("--grid %s and --grid %s change the same value; give one of them", y, x))
			}
		}
		for _, s := range set {
			if path, _, _ := strings.Cut(s, "="); within(x.Key, path) {
				return nil, fail(exitUsage, fmt.Errorf("--set %s and --grid %s change the same value; give one of them", s, x))
			}
		}
	}
	n := 1
	for _, x := range grid {
		if n *= len(x.Values); n > maxRuns {
			return nil, fail(exitUsage, fmt.Errorf("the grid has more than %d combinations; give fewer values", maxRuns))
		}
	}
	return grid, nil
}

// within reports whether path is key or a part of its value.
func within(key, path string) bool {
	path = strings.TrimSpace(path)
	return key == path || strings.HasPrefix(path, key+".")
}

func readAxis(text string) (axis, error) {
	const example = "write it as optimizer.0.adam.lr=1e-3,3e-3"
	key, list, ok := strings.Cut(text, "=")
	if key = strings.TrimSpace(key); !ok || key == "" {
		return axis{}, errors.New("a key with its values is missing; " + example)
	}
	values, err := splitValues(list)
	if err != nil {
		return axis{}, err
	}
	for i, v := range values {
		if v == "" {
			return axis{}, fmt.Errorf("value %d of %d is empty; %s", i+1, len(values), example)
		}
		if slices.Contains(values[:i], v) {
			return axis{}, fmt.Errorf("the value %s is there twice; leave one out", v)
		}
	}
	return axis{key, values}, nil
}

// splitValues splits at the commas that are in no bracket and no quotes.
func splitValues(list string) ([]string, error) {
	var values []string
	var open []rune // closing brackets that are due
	quote := rune(0)
	from := 0
	for i, r := range list {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' && strings.TrimSpace(list[from:i]) == "": // x' is no quotation
			quote = r
		case r == '[' || r == '{' || r == '(':
			open = append(open, map[rune]rune{'[': ']', '{': '}', '(': ')'}[r])
		case r == ']' || r == '}' || r == ')':
			if len(open) == 0 || open[len(open)-1] != r {
				return nil, fmt.Errorf("%q closes no bracket; a comma between values must be outside brackets", r)
			}
			open = open[:len(open)-1]
		case r == ',' && len(open) == 0:
			values, from = append(values, strings.TrimSpace(list[from:i])), i+1
		}
	}
	switch {
	case len(open) > 0:
		return nil, fmt.Errorf("%q is missing; a comma between values must be outside brackets", open[len(open)-1])
	case quote != 0:
		return nil, fmt.Errorf("a closing %c is missing", quote)
	}
	return append(values, strings.TrimSpace(list[from:])), nil
}

// combinations are all choices of one value for each axis; the last axis varies fastest. Without an axis there is one.
func combinations(grid []axis) [][]string {
	all := [][]string{nil}
	for _, x := range grid {
		var next [][]string
		for _, c := range all {
			for _, v := range x.Values {
				next = append(next, append(slices.Clone(c), v))
			}
		}
		all = next
	}
	return all
}

// assignments are the overrides "key=value" of a combination.
func assignments(grid []axis, values []string) []string {
	sets := make([]string, len(grid))
	for i, x := range grid {
		sets[i] = x.Key + "=" + values[i]
	}
	return sets
}
