package cli

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// affinity names the cores on which this process may run.
func affinity() string {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return ""
	}
	return fmt.Sprint(set)
}
