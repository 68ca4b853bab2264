package draw

import (
	"fmt"
	"regexp"
	"strings"

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
	return pageColours.Replace(text), nil
}

var (
	svgSize     = regexp.MustCompile(`<svg width="[^"]*" height="[^"]*" viewBox=`)
	background  = regexp.MustCompile(`<path d="[^"]*" style="fill:#FFFFFF" />\n?`)
	pageColours = strings.NewReplacer(
		"fill:#282828", "fill:var(--ink)", "stroke:#282828", "stroke:var(--ink)",
		"stroke:#E1E1E1", "stroke:var(--pale)", "fill:#E1E1E1", "fill:var(--pale)",
		"font-family:Liberation Sans,Arial,Helvetica,sans-serif;font-variant:normal;font-weight:normal;font-style:normal;", "",
	)
)
