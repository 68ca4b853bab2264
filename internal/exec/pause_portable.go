//go:build !amd64 || purego

package exec

import "runtime"

// pause lets others have the processor for a moment.
func pause() { runtime.Gosched() }
