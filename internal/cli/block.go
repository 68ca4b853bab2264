package cli

import (
	"fmt"
	"io"
	"strings"
)

// block is a place on a terminal that overwrites itself.
type block struct {
	w      io.Writer
	size   func() (cols, rows int) // of the terminal; nil if it is none
	height int                     // lines on the screen
}

// draw replaces the block on the screen. Lines are cut at its right edge and the block at its height: what wrapped or
// scrolled could not be overwritten.
func (p *block) draw(lines []string) {
	cols, rows := p.size()
	if rows > 2 && len(lines) > rows-1 {
		lines = lines[:rows-1]
	}
	var b strings.Builder
	if p.height > 0 {
		fmt.Fprintf(&b, "\x1b[%dA", p.height)
	}
	b.WriteString("\x1b[J")
	for _, l := range lines {
		r := []rune(l)
		if cols > 0 && len(r) >= cols {
			r = r[:cols-1]
		}
		b.WriteString(string(r) + "\n")
	}
	p.height = len(lines)
	io.WriteString(p.w, b.String()) //nolint:errcheck // progress that cannot be shown is no reason to fail
}

// clear removes the block from the screen.
func (p *block) clear() {
	if p.height > 0 {
		fmt.Fprintf(p.w, "\x1b[%dA\x1b[J", p.height) //nolint:errcheck
		p.height = 0
	}
}
