package crux

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime/debug"

	"github.com/crux-pinn/crux/optim"
)

// Memory is about what the methods of the solver take in a run, as far as they keep more than vectors and matrices of layers. The
// programs that evaluate the losses have their buffers beside that, some megabytes whatever the number of points, and the process itself
// takes about 30 MB.
//
// An error says why the method cannot train this problem; it is the one of Solve. One of its reasons is more memory than the machine
// has, or GOMEMLIMIT allows, which is known on Linux only, but for GOMEMLIMIT; the demands are returned all the same.
func (s *Solver) Memory(_ context.Context) ([]optim.Demand, error) {
	if s.closed {
		return nil, errClosed
	}
	err := s.prepare()
	return s.MethodInfo().Memory, err
}

// prepare makes the method ready for its first step.
func (s *Solver) prepare() error {
	err := s.plan.method.Init(s.plan.params())
	if err == nil {
		info := s.MethodInfo()
		err = cmp.Or(info.Err, affordable(info.Memory))
	}
	if err != nil {
		return fmt.Errorf("crux: problem %q: %w", s.problem.Name, err)
	}
	return nil
}

// affordable is an error where the demands are more than there is memory.
func affordable(demands []optim.Demand) error {
	var all optim.Demand
	for i, d := range demands {
		if all.Bytes += d.Bytes; i > 0 {
			all.Method += " and "
		}
		all.Method += d.Method
	}
	if limit := min(machineMemory(), debug.SetMemoryLimit(-1)); all.Bytes > limit {
		return fmt.Errorf("%s of memory, more than the %.1f GB there are; "+
			"take a smaller network, fewer points where there are fewer residuals than parameters, "+
			"or a method that keeps less, such as soap or lbfgs", all, float64(limit)/1e9)
	}
	return nil
}

// unknownMemory is the size of a machine of which it is not known.
const unknownMemory = math.MaxInt64

// MachineMemory is the memory of the machine, or of the container, in bytes; ok is false where it is not known.
func MachineMemory() (bytes int64, ok bool) {
	bytes = machineMemory()
	return bytes, bytes != unknownMemory
}
