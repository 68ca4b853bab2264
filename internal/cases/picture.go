package cases

import (
	"image"
	"image/png"
	"os"
	"testing"
)

// Picture compares a picture with the one of a file. Of the pixels one in a thousand may differ by more than an eighth of the whole range:
// other machines round otherwise, which moves an edge. With -rewrite it is written; look at it then.
func Picture(t *testing.T, path string, got image.Image) {
	t.Helper()
	if *Rewrite {
		writePicture(t, path, got)
		return
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // it was read
	want, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if got.Bounds() != want.Bounds() {
		t.Errorf("%s: %v instead of %v", path, got.Bounds(), want.Bounds())
		return
	}
	const share, much = 1000, 1 << 13
	differ, size := 0, got.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			r, g, b, _ := got.At(x, y).RGBA()
			wr, wg, wb, _ := want.At(x, y).RGBA()
			if max(r, wr)-min(r, wr) > much || max(g, wg)-min(g, wg) > much || max(b, wb)-min(b, wb) > much {
				differ++
			}
		}
	}
	if differ > size.X*size.Y/share {
		t.Errorf("%s: %d of %d pixels differ; if the picture is right, write it again with -rewrite", path, differ, size.X*size.Y)
	}
}

func writePicture(t *testing.T, path string, img image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, img); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
