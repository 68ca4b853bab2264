package cli

import (
	"os"
	"runtime"

	"golang.org/x/term"
)

// terminal returns a function that asks for the size of the terminal behind a file, or nil when there is none, when it
// cannot move its cursor (TERM=dumb) or when nobody watches it (CI is set).
func terminal(f *os.File) func() (cols, rows int) {
	kind := os.Getenv("TERM")
	if kind == "dumb" || kind == "" && runtime.GOOS != "windows" || os.Getenv("CI") != "" {
		return nil
	}
	fd := int(f.Fd())
	size := func() (cols, rows int) {
		cols, rows, err := term.GetSize(fd)
		if err != nil {
			return 0, 0
		}
		return cols, rows
	}
	if c, r := size(); c == 0 || r == 0 || !movesCursor(f) {
		return nil
	}
	return size
}

// colours is how many colours the terminal has: 0 where none are wanted (https://no-color.org), 256, or all.
func colours() int {
	const all = 1 << 24
	switch c := os.Getenv("COLORTERM"); {
	case os.Getenv("NO_COLOR") != "":
		return 0
	case c == "truecolor", c == "24bit", runtime.GOOS == "windows":
		return all
	}
	return 256
}

// Keyboard is what is typed while a run goes on. Keys come one by one and are not echoed; Ctrl-C stays a signal.
type Keyboard interface {
	Begin()        // keys come one by one from now on
	Typed() string // what was typed since the last call; it never waits
	End()          // the terminal is as it was; a second call does nothing
}
