package draw

import (
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Inline draws the figure as an svg element of an HTML page. It has no background, and its text and axes have the colours of the page:
// those of the CSS variables --ink and --pale. dpi is the resolution of images in it.
func (f *Figure) Inline(dpi int) (string, error) {
	w, h := f.size()
	c := vgsvg.New(w, h)
	if err := f.draw(c, float64(dpi)); err != nil {
		return "", err
	}
	var b strings.Builder
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	text := svgText.Replace(b.String())
	if i := strings.Index(text, "<svg"); i >= 0 {
		text = text[i:]
	}
	text = svgSize.ReplaceAllString(text, fmt.Sprintf(`<svg style="width:%.0fpt" viewBox=`, float64(w)))
	text = background.ReplaceAllString(text, "")
	text = texts.ReplaceAllStringFunc(text, measured)
	return pageColours.Replace(text), nil
}

// measured is a text element with the length for which it was placed. The font of the page is another one, perhaps a wider one, in
// which what ends at an axis would run over it. Of a few letters the difference is not seen.
func measured(element string) string {
	const few = 3
	parts := texts.FindStringSubmatch(element)
	size, err := strconv.ParseFloat(parts[2], 64)
	words := html.UnescapeString(parts[3])
	if err != nil || utf8.RuneCountInString(words) <= few {
		return element
	}
	width := float64(style(vg.Length(size)).Width(words))
	return fmt.Sprintf(`<text textLength="%.1f" lengthAdjust="spacingAndGlyphs"`, width) + parts[1] + ">" + parts[3] + "</text>"
}

var (
	texts       = regexp.MustCompile(`<text([^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)</text>`)
	svgSize     = regexp.MustCompile(`<svg width="[^"]*" height="[^"]*" viewBox=`)
	background  = regexp.MustCompile(`<path d="[^"]*" style="fill:#FFFFFF" />\n?`)
	pageColours = strings.NewReplacer(
		"fill:#282828", "fill:var(--ink)", "stroke:#282828", "stroke:var(--ink)",
		"stroke:#E1E1E1", "stroke:var(--pale)", "fill:#E1E1E1", "fill:var(--pale)",
		"font-family:Liberation Sans,Arial,Helvetica,sans-serif;font-variant:normal;font-weight:normal;font-style:normal;", "",
	)
)
