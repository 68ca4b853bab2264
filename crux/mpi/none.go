//go:build !mpi

package mpi

import "os"

// World is all processes that were started together, as one of them sees it.
type World struct{}

// Open returns ErrNotBuilt.
func Open() (*World, error) { return nil, ErrNotBuilt }

// Rank is which of them this is.
func (*World) Rank() int { return 0 }

// Size is how many there are.
func (*World) Size() int { return 1 }

// Gather is that of crux.Team.
func (*World) Gather([]byte, []int) error { return ErrNotBuilt }

// Exchange is that of crux.Team.
func (*World) Exchange([]byte, []int, []byte, []int) error { return ErrNotBuilt }

// Library names the MPI that was found.
func (*World) Library() string { return "" }

// Close ends this process's part.
func (*World) Close(int) error { return ErrNotBuilt }

// Exit ends this process.
func (*World) Exit(code int) { os.Exit(code) }

// Abort ends all processes.
func (*World) Abort(int) {}
