package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// block is a place on a terminal that overwrites itself.
type block struct {
	w     io.Writer
	size  func() (cols, rows int) // of the terminal; nil if it is none
	lines []int                   // how many characters those on the screen have
}

// A terminal that knows them shows what comes between these two at once, so that nobody sees half of a block; others do not mind. Between
// them there is no cursor, which would run over the block; it is back after each drawing, so it is there whatever ends the process, a panic
// or a kill among them.
const (
	together = "\x1b[?2026h\x1b[?25l"
	apart    = seen + "\x1b[?2026l"
	seen     = "\x1b[?25h" // of the cursor
)

// draw replaces the block on the screen. Lines are cut at its right edge and the block at its height: what wrapped or
// scrolled could not be overwritten.
func (p *block) draw(lines []string) {
	cols, rows := p.size()
	if rows > 2 && len(lines) > rows-1 {
		lines = lines[:rows-1]
	}
	back := p.back()
	p.lines = p.lines[:0]
	var b strings.Builder
	for _, l := range lines {
		if cols > 0 {
			l = shortenedTo(l, cols-1)
		}
		p.lines = append(p.lines, width(l))
		b.WriteString(l + "\n")
	}
	io.WriteString(p.w, together+back+b.String()+apart) //nolint:errcheck // progress that cannot be shown is no reason to fail
}

// back moves to where the block begins, and removes it. A terminal that has become narrower has wrapped its lines. The cursor need not be
// at the left: a terminal shows Ctrl-C as ^C.
func (p *block) back() string {
	cols, _ := p.size()
	up := 0
	for _, n := range p.lines {
		up++
		if cols > 0 && n > cols {
			up += (n - 1) / cols
		}
	}
	if up == 0 {
		return "\r\x1b[J"
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", up)
}

// clear removes the block from the screen.
func (p *block) clear() {
	if len(p.lines) > 0 {
		io.WriteString(p.w, p.back()) //nolint:errcheck
		p.lines = p.lines[:0]
	}
}

// width is how many characters of a line are seen.
func width(line string) (n int) {
	for _, part := range visible(line) {
		if part[0] != '\x1b' {
			n += utf8.RuneCountInString(part)
		}
	}
	return n
}

// cut leaves so many characters of a line, and all of what sets its colours.
func cut(line string, n int) string {
	var b strings.Builder
	for _, part := range visible(line) {
		if part[0] != '\x1b' {
			r := []rune(part)
			part = string(r[:min(n, len(r))])
			n -= min(n, len(r))
		}
		b.WriteString(part)
	}
	return b.String()
}

// shortenedTo is cut with an ellipsis where something is left out.
func shortenedTo(line string, n int) string {
	if width(line) <= n || n < 1 {
		return cut(line, n)
	}
	return cut(line, n-1) + "…"
}

// visible divides a line into texts and the sequences between them that set colours: from the escape to the letter m.
func visible(line string) (parts []string) {
	for line != "" {
		k := strings.IndexByte(line, '\x1b')
		if k == 0 {
			k = strings.IndexByte(line, 'm') + 1
		}
		if k <= 0 {
			k = len(line)
		}
		parts, line = append(parts, line[:k]), line[k:]
	}
	return parts
}
