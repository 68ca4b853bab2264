// Package nearest finds the valid name that a mistyped one was probably meant to be.
package nearest

import (
	"slices"
	"strings"
)

// Name returns the entry of valid that is nearest to word in edit distance (insertions, deletions, replacements and
// swaps of neighbours), or "" when none is near: a third of the letters of word may be wrong, and one of two may. A single
// letter is only near to itself in the other case. Of equally near names one of the same length is preferred, then the
// first in alphabetical order; a name that differs only in case is nearest of all.
func Name(word string, valid []string) string {
	w := []rune(word)
	limit := max(1, len(w)/3)
	if len(w) < 2 {
		limit = 0
	}
	best, bestDist, bestResized := "", limit, true
	for _, v := range slices.Sorted(slices.Values(valid)) {
		d := Distance(w, []rune(v))
		if strings.EqualFold(word, v) {
			d = 0
		}
		resized := len(v) != len(word)
		if d < bestDist || d == bestDist && bestResized && (best == "" || !resized) {
			best, bestDist, bestResized = v, d, resized
		}
	}
	return best
}

// Distance is the optimal string alignment distance: with rows i−2, i−1 and i of the usual table,
//
//	d(i, j) = min(d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + [a_i ≠ b_j], d(i−2, j−2) + 1 if a swap matches).
func Distance(a, b []rune) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			replace := prev[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(prev[j+1]+1, row[j]+1, replace)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
