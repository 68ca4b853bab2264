//go:build amd64 && !purego

package kern

import "unsafe"

// opCode is the operation's number in runSteps, from 0, or −1.
func opCode(op Op) int32 { return stepCode[op] - 1 }

func constOpCode(op ConstOp) int32 { return constStepCode[op] - 1 }

func runnerOf[T Float](run func(steps *T, count int, slots **T, n int) int) func(steps []Step[T], slots []*T, n int) int {
	return func(steps []Step[T], slots []*T, n int) int {
		return run((*T)(unsafe.Pointer(&steps[0])), len(steps), &slots[0], n)
	}
}
