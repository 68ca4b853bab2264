package cases

import (
	"image"
	"image/color"
	"path/filepath"
	"testing"
)

// A picture is the same up to a few pixels, and not with a line through it.
func TestPicture(t *testing.T) {
	if *Rewrite {
		t.Skip("writes pictures")
	}
	path := filepath.Join(t.TempDir(), "a.png")
	img := image.NewGray(image.Rect(0, 0, 50, 40))
	writePicture(t, path, img)
	img.Set(3, 3, color.White)
	Picture(t, path, img)
	for x := range 50 {
		img.Set(x, 20, color.White)
	}
	other := &testing.T{}
	Picture(other, path, img)
	if !other.Failed() {
		t.Error("a line through the picture was not seen")
	}
}
