//go:build !linux

package crux

// machineMemory is the memory of the machine.
func machineMemory() int64 { return unknownMemory }
