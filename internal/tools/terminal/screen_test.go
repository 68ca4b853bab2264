package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
)

// What a program writes over is gone, colours are those of the terminal, and each frame is visible for its own time.
func TestDraw(t *testing.T) {
	s := newScreen()
	var frames []frame
	io.WriteString(s, "\xe2\x96") //nolint:errcheck // a third of a letter is shown when it is whole
	io.WriteString(s, "\x80\r\n") //nolint:errcheck
	for k, text := range []string{"step 1 <a>\r\n", "\x1b[?2026h\r\x1b[1A\x1b[Jstep 2\r\n\x1b[?2026l", "\x1b[38;5;196m\x1b[48;5;21m▀▀\x1b[0m end\r\n"} {
		if _, err := io.WriteString(s, text); err != nil {
			t.Fatal(err)
		}
		f := s.look()
		f.at = time.Duration(k) * 2 * time.Second
		frames = append(frames, f)
	}
	if frames[0].same(frames[1]) || !frames[1].same(frames[1]) {
		t.Error("frames that differ are the same")
	}
	svg := string(draw("$ crux", frames))
	if err := xml.Unmarshal([]byte(svg), new(struct{ XMLName xml.Name })); err != nil {
		t.Fatal(err)
	}
	for k, want := range []string{"step 1 &lt;a&gt;", "step 2", "(?s)#ff0000.* end"} {
		group := regexp.MustCompile(fmt.Sprintf(`(?s)<g id="f%d".*?</g>`, k)).FindString(svg)
		if !regexp.MustCompile(want).MatchString(group) || k > 0 && strings.Contains(group, "step 1") {
			t.Errorf("frame %d: want %s in\n%s", k, want, group)
		}
	}
	if !strings.Contains(svg, "#0000ff") || !strings.Contains(svg, "@keyframes k1{0%{visibility:hidden}20.000%{visibility:visible}40.000%{visibility:hidden}}") {
		t.Error(svg)
	}
}

func TestKeys(t *testing.T) {
	list, err := parseKeys("3s:p,1500ms:?")
	if err != nil || len(list) != 2 || list[1] != (key{1500 * time.Millisecond, "?"}) {
		t.Errorf("%v %v", list, err)
	}
	for _, s := range []string{"p", "soon:p"} {
		if _, err := parseKeys(s); err == nil {
			t.Errorf("%s is read", s)
		}
	}
}
