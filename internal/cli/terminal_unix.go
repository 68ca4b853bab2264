//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// terminal returns a function that asks for the size of the terminal behind a file, or nil when there is none, when it
// cannot move its cursor (TERM=dumb) or when nobody watches it (CI is set).
func terminal(f *os.File) func() (cols, rows int) {
	if t := os.Getenv("TERM"); t == "" || t == "dumb" || os.Getenv("CI") != "" {
		return nil
	}
	size := func() (cols, rows int) {
		w, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
		if err != nil {
			return 0, 0
		}
		return int(w.Col), int(w.Row)
	}
	if c, r := size(); c == 0 || r == 0 {
		return nil
	}
	return size
}
