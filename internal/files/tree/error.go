package tree

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a file, with the place where it was made.
type Error struct {
	File       string // as given to Load; "--set optimizer.0.steps=x" for an override
	Line       int    // 1-based; 0 when the mistake has no place, such as a file that cannot be read
	Column     int    // 1-based, counted in letters
	Path       string // where in the file's structure, such as "constraints.pde.residual"; "" at the top
	Message    string // what is wrong
	Suggestion string // the way out, such as "did you mean points?"; may be ""
	Excerpt    string // the line and a caret under the column; "" without a place
}

// Error is the mistake on one line, the place first, and the excerpt below it.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", e.Line, e.Column)
	}
	b.WriteString(": ")
	if e.Path != "" {
		b.WriteString(e.Path + ": ")
	}
	b.WriteString(e.Message)
	if e.Suggestion != "" {
		b.WriteString("; " + e.Suggestion)
	}
	if e.Excerpt != "" {
		b.WriteString("\n" + e.Excerpt)
	}
	return b.String()
}

// Errors are all mistakes of a file, in the order of their places.
type Errors []*Error

// shown is how many mistakes an error tells: who has more begins with the first ones.
const shown = 50

// Error is the mistakes, one after the other.
func (es Errors) Error() string {
	var s []string
	for _, e := range es[:min(len(es), shown)] {
		s = append(s, e.Error())
	}
	if more := len(es) - shown; more > 0 {
		s = append(s, fmt.Sprintf("and %d more mistakes", more))
	}
	return strings.Join(s, "\n")
}

// Unwrap gives errors.Is and errors.As access to the mistakes.
func (es Errors) Unwrap() []error {
	list := make([]error, len(es))
	for i, e := range es {
		list[i] = e
	}
	return list
}

// Source is a text in which places are named: the file, or one override.
type Source struct {
	Name  string
	lines []string
}

// NewSource is a text under the name by which messages call it.
func NewSource(name string, text []byte) *Source {
	return &Source{name, strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), "\n")}
}

// Place is a letter of a source.
type Place struct {
	src       *Source
	Line, col int // 1-based; 0 when unknown
}

// Start is its first letter.
func (s *Source) Start() Place { return Place{s, 1, 1} }

// widest is the number of letters of a line that an excerpt shows.
const widest = 160

// excerpt shows the line and a caret under the column. Of a long line it shows the part around the caret.
func (p Place) excerpt() string {
	if p.src == nil || p.Line < 1 {
		return ""
	}
	p.Line = min(p.Line, len(p.src.lines)) // an error at the end may be placed behind it
	line := []rune(p.src.lines[p.Line-1])
	col := min(max(p.col, 1), len(line)+1)
	if len(line) > widest {
		from := max(0, min(col-1-widest/2, len(line)-widest))
		line, col = line[from:min(len(line), from+widest)], col-from
	}
	pad := slices.Repeat([]rune{' '}, col-1)
	for i := range pad {
		if line[i] == '\t' {
			pad[i] = '\t'
		}
	}
	number := fmt.Sprintf("%5d", p.Line)
	return fmt.Sprintf("%s | %s\n%s | %s^", number, string(line), strings.Repeat(" ", len(number)), string(pad))
}

// Locate gives a mistake its place: that of a source, or one without a place in the main one.
func (e *Error) Locate(at Place, main *Source) {
	e.File, e.Line, e.Column, e.Excerpt = main.Name, at.Line, at.col, at.excerpt()
	if at.src != nil {
		e.File = at.src.Name
	}
}

// Sorted puts mistakes in the order of the file and drops repetitions.
func Sorted(es Errors) Errors {
	slices.SortStableFunc(es, func(a, b *Error) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
}
