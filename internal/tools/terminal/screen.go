package main

import (
	"bytes"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hinshun/vt10x"
)

// screen is a terminal that is looked at while a program writes on it.
type screen struct {
	vt10x.Terminal
	rest []byte // of a letter that has not come whole: vt10x takes whole ones
}

func newScreen() *screen { return &screen{Terminal: vt10x.New(vt10x.WithSize(columns, rows))} }

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	text := append(s.rest, p...)
	whole := len(text)
	for k := 1; k <= min(utf8.UTFMax-1, len(text)); k++ {
		if from := len(text) - k; utf8.RuneStart(text[from]) {
			if !utf8.FullRune(text[from:]) {
				whole = from
			}
			break
		}
	}
	s.rest = bytes.Clone(text[whole:])
	_, err := s.Terminal.Write(text[:whole])
	return len(p), err
}

// frame is what stands on a screen at a time.
type frame struct {
	at    time.Duration
	lines [][]vt10x.Glyph // without what is empty at their ends
}

func (s *screen) look() frame {
	s.Lock()
	defer s.Unlock()
	var f frame
	for y := range rows {
		var line []vt10x.Glyph
		for x := range columns {
			line = append(line, s.Cell(x, y))
		}
		for n := len(line); n > 0 && blank(line[n-1]); n-- {
			line = line[:n-1]
		}
		f.lines = append(f.lines, line)
	}
	for n := len(f.lines); n > 0 && len(f.lines[n-1]) == 0; n-- {
		f.lines = f.lines[:n-1]
	}
	return f
}

func blank(g vt10x.Glyph) bool {
	return (g.Char == ' ' || g.Char == 0) && g.BG == vt10x.DefaultBG
}

func (f frame) same(g frame) bool {
	return slices.EqualFunc(f.lines, g.lines, slices.Equal[[]vt10x.Glyph])
}

// The measures of a character, in pixels, and the time for which the last frame stands.
const (
	wide, high = 8, 18
	margin     = 12
	ink        = "#d8dee9" // the colour of letters
	rest       = 6 * time.Second
)

// draw is the recording as SVG: one group for each frame, of which the style shows one at a time, over and over.
func draw(prompt string, frames []frame) []byte {
	most := 0
	for _, f := range frames {
		most = max(most, len(f.lines))
	}
	end := frames[len(frames)-1].at + rest
	width, height := columns*wide+2*margin, (most+1)*high+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %[1]d %[2]d\" width=\"%[1]d\" height=\"%[2]d\">\n", width, height)
	b.WriteString("<style>\n.f{visibility:hidden;animation-iteration-count:infinite;animation-timing-function:step-end}\n" +
		"text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;fill:" + ink + "}\n")
	share := func(d time.Duration) float64 { return 100 * d.Seconds() / end.Seconds() }
	for k, f := range frames {
		until := end
		if k+1 < len(frames) {
			until = frames[k+1].at
		}
		from := share(f.at)
		if k == 0 {
			from = 0
		}
		fmt.Fprintf(&b, "@keyframes k%d{0%%{visibility:hidden}%.3f%%{visibility:visible}%.3f%%{visibility:hidden}}\n", k, from, share(until))
		fmt.Fprintf(&b, "#f%d{animation-name:k%d;animation-duration:%.2fs}\n", k, k, end.Seconds())
	}
	// what shows no animations has the last frame
	fmt.Fprintf(&b, "@media (prefers-reduced-motion){.f{animation:none}#f%d{visibility:visible}}\n</style>\n", len(frames)-1)
	fmt.Fprintf(&b, "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#20242c\"/>\n", width, height)
	write(&b, 0, 0, prompt, "")
	for k, f := range frames {
		fmt.Fprintf(&b, "<g id=\"f%d\" class=\"f\">\n", k)
		f.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// draw draws runs of characters in one colour, behind them the grounds. Half blocks are grounds too: letters of a font need not touch.
func (f frame) draw(b *bytes.Buffer) {
	grounds := map[string]string{} // paths by colour
	ground := func(from, to, y, height int, fill string) {
		if fill == "" {
			fill = ink
		}
		grounds[fill] += fmt.Sprintf("M%d %dh%dv%dh-%dz", margin+from*wide, y, (to-from)*wide, height, (to-from)*wide)
	}
	var text bytes.Buffer
	for k, line := range f.lines {
		y := margin + (k+1)*high
		for x := 0; x < len(line); {
			g, from := line[x], x
			var run strings.Builder
			for ; x < len(line) && line[x].FG == g.FG && line[x].BG == g.BG && (line[x].Char == '▀') == (g.Char == '▀'); x++ {
				run.WriteRune(max(' ', line[x].Char))
			}
			if g.BG != vt10x.DefaultBG {
				ground(from, x, y, high, colour(g.BG))
			}
			if g.Char == '▀' {
				ground(from, x, y, high/2, colour(g.FG))
			} else if strings.TrimSpace(run.String()) != "" {
				write(&text, from, k+1, run.String(), colour(g.FG))
			}
		}
	}
	for _, fill := range slices.Sorted(maps.Keys(grounds)) {
		fmt.Fprintf(b, "<path fill=\"%s\" d=\"%s\"/>\n", fill, grounds[fill])
	}
	b.Write(text.Bytes())
}

func write(b *bytes.Buffer, x, y int, text, fill string) {
	if fill != "" {
		fill = fmt.Sprintf(" style=\"fill:%s\"", fill)
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" textLength=\"%d\"%s>%s</text>\n",
		margin+x*wide, margin+y*high+high*3/4, len([]rune(text))*wide, fill,
		html.EscapeString(text))
}

// colour is one of the 256 of a terminal, or a default: "" for that of text.
func colour(c vt10x.Color) string {
	if c >= vt10x.DefaultFG {
		return ""
	}
	plain := []string{
		"#000000", "#bf616a", "#a3be8c", "#ebcb8b", "#81a1c1", "#b48ead", "#88c0d0", "#e5e9f0",
		"#4c566a", "#bf616a", "#a3be8c", "#ebcb8b", "#81a1c1", "#b48ead", "#8fbcbb", "#eceff4",
	}
	switch {
	case c < 16:
		return plain[c]
	case c < 232:
		level := func(v vt10x.Color) int { return []int{0, 95, 135, 175, 215, 255}[v%6] }
		c -= 16
		return fmt.Sprintf("#%02x%02x%02x", level(c/36), level(c/6), level(c))
	}
	grey := 8 + 10*(c-232)
	return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
}
