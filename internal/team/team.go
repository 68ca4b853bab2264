// Package team is what processes that work on one problem need of each other: to hand out sums and rows.
//
// All ranks of a team do the same: they have the same parameters and points, take the same decisions, and reach every call of a
// [Team] in the same order. What costs time is divided into leaves, by a rule that knows only the size of the problem, and a rank computes
// those in its [Range]. Sums over the leaves are taken along a fixed binary tree ([Node.Children]), of which a rank adds up what lies
// within its range and the others the rest, so bits do not depend on how many ranks there are.
package team

import (
	"unsafe"

	"github.com/crux-pinn/crux/internal/kern"
)

// Team is a set of processes, its ranks, as one of them sees it. All ranks make the same calls in the same order, with buffers
// divided alike; a call returns when its part of the buffers has arrived. Calls come from one goroutine at a time.
type Team interface {
	Rank() int // of this process, from 0
	Size() int

	// Gather completes a buffer of which rank r has filled the bytes from ends[r-1], or 0, to ends[r].
	Gather(buf []byte, ends []int) error

	// Exchange sends to rank r the bytes of send that end at sent[r], and receives from it those of got that end at received[r].
	Exchange(send []byte, sent []int, got []byte, received []int) error
}

// Range is the half-open range of leaves of a rank: as many as the others have, but for one.
func Range(leaves, rank, size int) Node {
	return Node{leaves * rank / size, leaves * (rank + 1) / size}
}

// Divides reports whether a team divides this many leaves. Where there is none for some rank, all of them compute everything.
func Divides(t Team, leaves int) bool { return t != nil && t.Size() > 1 && leaves >= t.Size() }

// Summer adds vectors over ranks. The zero value is ready for use; it keeps its memory.
type Summer[T kern.Float] struct {
	send, got []T
}

const (
	// Vectors that are this short, for all ranks together, are sent to everybody, who adds them up: one message takes less time than two.
	shortSum = 1 << 15
	// Others are added up in pieces, so that memory for messages stays below 16 MB for each rank of the tree that sends something.
	pieceLen = 1 << 20
)

// Sum writes the sum of all leaves' vectors to dst. mine are the sums of the nodes that cover this rank's range of the leaves, in order,
// each as long as dst.
func (s *Summer[T]) Sum(t Team, leaves int, dst []T, mine [][]T) error {
	size := t.Size()
	counts := make([]int, size) // nodes of each rank
	total := 0
	var order []Node
	for r := range size {
		at := Range(leaves, r, size)
		nodes := Cover(leaves, at)
		counts[r] = len(nodes)
		total += len(nodes)
		order = append(order, nodes...)
	}
	if n := len(dst); total*n <= shortSum {
		s.got = grown(s.got, total*n)
		ends, at := make([]int, size), 0
		for r, c := range counts {
			if r == t.Rank() {
				for k, v := range mine {
					copy(s.got[(at+k)*n:], v)
				}
			}
			at += c
			ends[r] = bytes[T](at * n)
		}
		if err := t.Gather(asBytes(s.got[:total*n]), ends); err != nil {
			return err
		}
		copy(dst, s.fold(leaves, order, s.got, n))
		return nil
	}
	for first := 0; first < len(dst); first += pieceLen {
		if err := s.piece(t, leaves, order, counts, dst, mine, first, min(first+pieceLen, len(dst))); err != nil {
			return err
		}
	}
	return nil
}

// piece is Sum for entries first … end: every rank adds up a slice of them, and hands it out.
func (s *Summer[T]) piece(t Team, leaves int, order []Node, counts []int, dst []T, mine [][]T, first, end int) error {
	size, n := t.Size(), end-first
	slice := Range(n, t.Rank(), size)
	own := slice.Hi - slice.Lo
	s.send, s.got = grown(s.send, n*len(mine)), grown(s.got, own*len(order))
	sent, received, ends := make([]int, size), make([]int, size), make([]int, size)
	at, from := 0, 0
	for r := range size {
		to := Range(n, r, size)
		for _, v := range mine {
			at += copy(s.send[at:], v[first+to.Lo:first+to.Hi])
		}
		from += counts[r] * own
		sent[r], received[r], ends[r] = bytes[T](at), bytes[T](from), bytes[T](to.Hi)
	}
	if err := t.Exchange(asBytes(s.send[:at]), sent, asBytes(s.got[:from]), received); err != nil {
		return err
	}
	copy(dst[first+slice.Lo:first+slice.Hi], s.fold(leaves, order, s.got, own))
	return t.Gather(asBytes(dst[first:end]), ends)
}

// fold adds up the nodes' vectors of length n, which lie in x one after the other, along the tree.
func (s *Summer[T]) fold(leaves int, order []Node, x []T, n int) []T {
	next := 0
	var sum func(at Node) []T
	sum = func(at Node) []T {
		if order[next] == at {
			next++
			return x[(next-1)*n:][:n]
		}
		left, right := at.Children()
		a := sum(left)
		kern.AddTo(a, sum(right))
		return a
	}
	return sum(Node{0, leaves})
}

// Rows hands out rows of width entries that the ranks have computed for their ranges of the leaves, points being divided among these as
// by [Leaf].
func Rows[T kern.Float](t Team, leaves, points, width int, rows []T) error {
	ends := make([]int, t.Size())
	for r := range ends {
		ends[r] = bytes[T](Leaf(points, leaves, Range(leaves, r, len(ends)).Hi) * width)
	}
	return t.Gather(asBytes(rows[:points*width]), ends)
}

// Leaf is the first of the points that belong to a leaf; that of the last one's successor is their number.
func Leaf(points, leaves, leaf int) int { return points * leaf / leaves }

func grown[T kern.Float](x []T, n int) []T {
	if cap(x) < n {
		return kern.AlignedSlice[T](n)
	}
	return x[:n]
}

func bytes[T kern.Float](n int) int { return n * int(unsafe.Sizeof(T(0))) }

func asBytes[T kern.Float](x []T) []byte {
	if len(x) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), bytes[T](len(x)))
}
