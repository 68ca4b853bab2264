package team

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// add is the sum along the tree, written once more, without ranks and without memory.
func add(x [][]float64, lo, hi int) []float64 {
	if hi-lo == 1 {
		return slices.Clone(x[lo])
	}
	m := 1
	for 2*m < hi-lo {
		m *= 2
	}
	a, b := add(x, lo, lo+m), add(x, lo+m, hi)
	for i := range a {
		a[i] += b[i]
	}
	return a
}

// together runs a function on every rank.
func together(t *testing.T, size int, do func(t Team) error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, l := range Local(size) {
		wg.Go(func() {
			if err := do(l); err != nil {
				t.Errorf("rank %d: %v", l.Rank(), err)
				l.Leave()
			}
		})
	}
	wg.Wait()
}

// Short sums take one message and long ones several; the bits are those of one process for any number of ranks.
func TestSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 7, 6000, pieceLen + 11} {
		for _, leaves := range []int{5, 8, 13} {
			if n > pieceLen && leaves != 5 {
				continue
			}
			x := make([][]float64, leaves)
			for i := range x {
				x[i] = make([]float64, n)
				for k := range x[i] {
					x[i][k] = rng.NormFloat64() * math.Exp(8*rng.NormFloat64())
				}
			}
			want := add(x, 0, leaves)
			for size := 1; size <= 5; size++ {
				t.Run(fmt.Sprintf("%d numbers of %d leaves on %d ranks", n, leaves, size), func(t *testing.T) {
					together(t, size, func(l Team) error {
						var mine [][]float64
						for _, c := range Cover(leaves, Range(leaves, l.Rank(), size)) {
							mine = append(mine, add(x, c.Lo, c.Hi))
						}
						got := make([]float64, n)
						if err := new(Summer[float64]).Sum(l, leaves, got, mine); err != nil {
							return err
						}
						if !slices.Equal(got, want) {
							t.Errorf("rank %d has other bits", l.Rank())
						}
						return nil
					})
				})
			}
		}
	}
}

func TestRows(t *testing.T) {
	const points, leaves, width = 29, 6, 3
	together(t, 4, func(l Team) error {
		own := Range(leaves, l.Rank(), l.Size())
		rows := make([]float32, points*width)
		for k := Leaf(points, leaves, own.Lo) * width; k < Leaf(points, leaves, own.Hi)*width; k++ {
			rows[k] = float32(k)
		}
		if err := Rows(l, leaves, points, width, rows); err != nil {
			return err
		}
		for k, v := range rows {
			if v != float32(k) {
				return fmt.Errorf("entry %d is %v", k, v)
			}
		}
		return nil
	})
}

// Nodes of the tree and their parents belong together, and covers have each leaf once.
func TestTree(t *testing.T) {
	for leaves := 1; leaves <= 40; leaves++ {
		for lo := range leaves {
			for hi := lo + 1; hi <= leaves; hi++ {
				at := lo
				for _, c := range Cover(leaves, Node{lo, hi}) {
					if c.Lo != at {
						t.Fatalf("%v of %d leaves: %v does not begin at %d", Node{lo, hi}, leaves, c, at)
					}
					at = c.Hi
					if c == (Node{0, leaves}) {
						continue
					}
					p, s := Parent(leaves, c)
					if l, r := p.Children(); (c != l || s != r) && (c != r || s != l) {
						t.Fatalf("%d leaves: %v has the parent %v and the sibling %v", leaves, c, p, s)
					}
					if p.Lo >= lo && p.Hi <= hi {
						t.Fatalf("%v of %d leaves: %v is not the largest node", Node{lo, hi}, leaves, c)
					}
				}
				if at != hi {
					t.Fatalf("%v of %d leaves: the cover ends at %d", Node{lo, hi}, leaves, at)
				}
			}
		}
	}
}

// Ranks that make different calls end with an error instead of waiting for ever.
func TestApart(t *testing.T) {
	var wg sync.WaitGroup
	for _, l := range Local(2) {
		wg.Go(func() {
			err := l.Gather(make([]byte, 4), []int{2, 3 + l.Rank()})
			if err == nil {
				err = l.Gather(make([]byte, 4), []int{2, 4})
			}
			if err == nil {
				t.Errorf("rank %d has noticed nothing", l.Rank())
			}
		})
	}
	wg.Wait()
}
