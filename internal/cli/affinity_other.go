//go:build !linux

package cli

// affinity names the cores on which this process may run, where a system tells: not here.
func affinity() string { return "" }
