package main

import (
	"os"
	"strings"
	"testing"
)

// The tables of the gallery are what the page on accuracy gives now, and each picture is there.
func TestGallery(t *testing.T) {
	t.Chdir("../../..")
	all, err := pages["accuracy"].read()
	if err != nil {
		t.Fatal(err)
	}
	for page, made := range map[string]func(rows) string{"docs/gallery.md": hung, "README.md": tiled} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), "<!-- make gallery -->\n"+made(all)+"<!-- end -->") {
			t.Errorf("%s is not what make gallery ONLY=none writes", page)
		}
	}
	for _, x := range exhibits {
		if info, err := os.Stat(exhibition + "/" + x.name + ".png"); err != nil || info.Size() > 150_000 {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}
