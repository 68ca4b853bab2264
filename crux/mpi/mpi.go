// Package mpi joins the processes that mpirun has started, for crux.Options.Team.
//
// It needs the build tag mpi, and an MPI with the standard ABI of MPI 5, such as MPICH 5, which is found when a program runs: no C
// compiler is needed. Without the tag, which makes a program depend on the C library of the machine, [Open] says so.
//
//	world, err := mpi.Open()
//	…
//	solver, err := crux.New(problem, crux.Options{Team: world})
//	…
//	err = world.Close(0)
//	world.Exit(0)
package mpi

import (
	"errors"
	"os"
	"strconv"
)

// Launched is which of how many processes this is, as whoever has started it says in its environment: mpirun of MPICH and of Open MPI,
// Slurm. It is 0 of 1 for a program that was started alone.
func Launched() (rank, size int) {
	for _, names := range [][2]string{
		{"PMI_RANK", "PMI_SIZE"}, // MPICH, Intel MPI, Slurm with PMI2
		{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
		{"PMIX_RANK", "SLURM_STEP_NUM_TASKS"}, // Slurm with PMIx
	} {
		r, errRank := strconv.Atoi(os.Getenv(names[0]))
		n, errSize := strconv.Atoi(os.Getenv(names[1]))
		if errRank == nil && errSize == nil && r >= 0 && r < n {
			return r, n
		}
	}
	return 0, 1
}

// ErrApart says that ranks do not make the same calls any more: one has ended, or they have come to different things.
var ErrApart = errors.New("the ranks do not do the same any more")

// ErrNotBuilt says that a program has been built without the tag mpi.
var ErrNotBuilt = errors.New("mpi: this program is built without MPI; build it with go build -tags mpi")
