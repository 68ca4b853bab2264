package pdetest

import (
	"cmp"
	"slices"
	"strings"
)

// nearest returns the k names that are most like name. Likeness is the edit distance, less two for each letter of
// the longest common beginning: "burgers1d" should find "burgers_cole_hopf" before "laplace".
func nearest(name string, names []string, k int) []string {
	score := func(s string) int { return editDistance(name, s) - 2*commonPrefix(name, s) }
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(score(a), score(b)) })
	return sorted[:min(k, len(sorted))]
}

func commonPrefix(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// editDistance is Levenshtein's: the least number of insertions, deletions and replacements that turn a into b.
// Row i of the table holds the distances of a[:i] to every beginning of b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
