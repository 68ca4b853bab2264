package known

import (
	"cmp"
	"slices"
	"strings"

	edits "github.com/crux-pinn/crux/internal/nearest"
)

// nearest returns the k names that are most like name: those of the least edit distance, where two edits are forgiven for
// each letter of the longest piece that both have in common. So "burgers1d" finds "burgers_cole_hopf", which is
// farther than "heat1d" by edits alone.
func nearest(name string, names []string, k int) []string {
	name = strings.ToLower(name)
	score := func(s string) int { return edits.Distance([]rune(name), []rune(s)) - 2*commonLength(name, s) }
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(score(a), score(b)) })
	return sorted[:min(k, len(sorted))]
}

// commonLength is the length of the longest piece that a and b have in common. After row i of the table, run[j] is the
// length of the longest common end of a[:i] and b[:j].
func commonLength(a, b string) int {
	run, longest := make([]int, len(b)+1), 0
	for i := range len(a) {
		for j := len(b); j > 0; j-- { // downwards, since run[j-1] must still be that of the row before
			if a[i] != b[j-1] {
				run[j] = 0
				continue
			}
			run[j] = run[j-1] + 1
			longest = max(longest, run[j])
		}
	}
	return longest
}
