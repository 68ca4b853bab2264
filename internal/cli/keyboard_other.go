//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package cli

import "os"

// movesCursor is false: progress comes line by line.
func movesCursor(*os.File) bool { return false }

// newKeyboard is nil: there are no keys.
func newKeyboard(*os.File) Keyboard { return nil }
