package problemfile

import "github.com/crux-pinn/crux/internal/files/tree"

// Results says how much a run writes.
type Results struct {
	Rows     int  // of losses in history.csv and metrics.jsonl, at most
	Solution bool // whether solution.npz is written
}

// Interval is the number of steps between two rows of a run with the given number of steps: with the first and the last row, no more than
// Rows are written.
func (r Results) Interval(steps int) int {
	if steps < r.Rows {
		return 1
	}
	return (steps + max(1, r.Rows-1) - 1) / max(1, r.Rows-1)
}

// results reads results: {rows: 1000, solution: false}.
func (b *builder) results(n *tree.Node) {
	s := b.section(n, "results")
	b.p.Results = Results{only[int](s, "rows"), only[bool](s, "solution")}
	s.done()
}
