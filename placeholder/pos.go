package placeholder

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Pos is the place where an expression was written: a line of Go, or a column of a text.
type Pos struct {
	File string // Go file, or the name under which a text was parsed; "" when only the text is known
	Line int    // 1-based; 0 when unknown
	Col  int    // 1-based column, counted in letters; 0 in Go code
	Text string // the parsed text; "" in Go code

	stack callStack // Go only: resolved when it is asked for
}

// String is "main.go:21", or "residual:1:7" for text, or "" when nothing is known.
func (p Pos) String() string {
	p = p.Resolve()
	switch {
	case p.Text != "" && p.File != "":
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	case p.Text != "":
		return fmt.Sprintf("%d:%d", p.Line, p.Col)
	case p.File != "":
		return fmt.Sprintf("%s:%d", filepath.Base(p.File), p.Line)
	}
	return ""
}

// Caret shows the text with a caret under the position, or "" when there is no text.
func (p Pos) Caret() string {
	if p.Text == "" || p.Col < 1 {
		return ""
	}
	lines := strings.Split(p.Text, "\n")
	line := []rune(lines[min(max(p.Line, 1), len(lines))-1])
	pad := slices.Repeat([]rune{' '}, min(p.Col-1, len(line)))
	for i := range pad {
		if line[i] == '\t' {
			pad[i] = '\t' // a tab is as wide above as below
		}
	}
	return string(line) + "\n" + string(pad) + "^"
}

// callStack holds the innermost callers of a constructor: enough to leave this module's own building code.
type callStack [10]uintptr

// Resolve fills File and Line of a position in Go code: the innermost caller outside the packages that build expressions.
func (p Pos) Resolve() Pos {
	if p.File != "" || p.Text != "" || p.stack[0] == 0 {
		return p
	}
	frames := runtime.CallersFrames(p.stack[:]) // which passes 0 over
	for {
		f, more := frames.Next()
		if !builder(f.Function, f.File) {
			p.File, p.Line = f.File, f.Line
			return p
		}
		if !more {
			return p
		}
	}
}

const module = "github.com/crux-pinn/crux/"

// builder reports whether a function belongs to the packages whose code builds expressions for the user.
func builder(function, file string) bool {
	if strings.HasSuffix(file, "_test.go") {
		return false
	}
	return strings.HasPrefix(function, module+"placeholder.") || strings.HasPrefix(function, module+"net.") ||
		strings.HasPrefix(function, module+"domain.")
}

func caller() Pos {
	var p Pos
	runtime.Callers(3, p.stack[:])
	return p
}
