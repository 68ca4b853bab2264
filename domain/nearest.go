package domain

import (
	"fmt"
	"strings"
)

// didYouMean returns `did you mean "…"? ` for the nearest of the names, or nothing when none is near.
func didYouMean(name string, names []string) string {
	best, bestDist := "", max(len(name)/2, 1)+1
	for _, s := range names {
		if d := editDistance(strings.ToLower(name), strings.ToLower(s)); d < bestDist {
			best, bestDist = s, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q? ", best)
}

// editDistance is the least number of insertions, deletions and replacements that turn a into b (Levenshtein 1966).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diag, row[j+1] = row[j+1], min(diag+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
