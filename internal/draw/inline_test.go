package draw

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// A figure in a page is one element with the page's colours and no background, and its texts are escaped.
func TestInline(t *testing.T) {
	f := &Figure{Panels: []Panel{&Curves{Title: "a<b> & c", X: "x", Lines: []Line{{Name: "<u>", X: []float64{0, 1}, Y: []float64{1, 2}}}}}}
	text, err := f.Inline(90)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, `<svg style="width:`) || strings.Contains(text, "#FFFFFF") || strings.Contains(text, "#282828") || !strings.Contains(text, "fill:var(--ink)") {
		t.Errorf("%.300s", text)
	}
	if strings.Contains(text, "<b>") || strings.Contains(text, "<u>") {
		t.Error("texts are not escaped")
	}
	// a name is as long as the place that was made for it, whatever the font
	if n := strings.Count(text, `textLength="`); n != 1 { // a number has few letters
		t.Errorf("%d lengths of texts", n)
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
