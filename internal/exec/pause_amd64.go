//go:build amd64 && !purego

package exec

// pause tells the processor that this is a loop of looking, so that it spends less on it.
//
//go:noescape
func pause()
