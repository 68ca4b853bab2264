//go:build !unix

package cli

import "os"

// terminal is nil: progress comes line by line.
func terminal(*os.File) func() (cols, rows int) { return nil }
