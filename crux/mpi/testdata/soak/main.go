// Command soak joins the ranks, adds up vectors of many lengths, checks every sum, and leaves: what the test of package mpi starts again
// and again.
package main

import (
	"fmt"
	"os"

	"github.com/crux-pinn/crux/crux/mpi"
	"github.com/crux-pinn/crux/internal/team"
)

func main() {
	if err := soak(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func soak() error {
	w, err := mpi.Open()
	if err != nil {
		return err
	}
	const leaves = 13
	var s team.Summer[float64]
	for k := range 60 {
		n := 1 + k*k*37
		var mine [][]float64
		for _, c := range team.Cover(leaves, team.Range(leaves, w.Rank(), w.Size())) {
			v := make([]float64, n)
			for i := range v {
				v[i] = float64((c.Hi - c.Lo) * (i + k))
			}
			mine = append(mine, v)
		}
		sum := make([]float64, n)
		if err := s.Sum(w, leaves, sum, mine); err != nil {
			return err
		}
		for i, v := range sum {
			if v != float64(leaves*(i+k)) {
				return fmt.Errorf("rank %d: entry %d of %d is %v, not %d", w.Rank(), i, n, v, leaves*(i+k))
			}
		}
	}
	if err := w.Close(0); err != nil {
		return err
	}
	w.Exit(0)
	return nil
}
