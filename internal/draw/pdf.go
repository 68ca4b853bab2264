package draw

import (
	"image"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	gfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// pdf is gonum's canvas with two corrections: that one writes text in a code page without minus signs and Greek letters, and draws
// images upside down. Here letters are drawn as outlines, so that every reader shows them, and a file needs no font.
type pdf struct{ *vgpdf.Canvas }

// FillString implements vg.Canvas.
func (c pdf) FillString(f gfont.Face, at vg.Point, s string) {
	const ppem = 2048 // of the outlines, before they are scaled
	var b sfnt.Buffer
	unit := f.Font.Size / ppem
	var path vg.Path
	for _, r := range s {
		i, err := f.Face.GlyphIndex(&b, r)
		if err != nil {
			continue
		}
		outline, err := f.Face.LoadGlyph(&b, i, fixed.I(ppem), nil)
		if err != nil {
			continue
		}
		to := func(p fixed.Point26_6) vg.Point {
			return vg.Point{X: at.X + unit*vg.Length(p.X)/64, Y: at.Y - unit*vg.Length(p.Y)/64}
		}
		for _, seg := range outline {
			switch seg.Op {
			case sfnt.SegmentOpMoveTo:
				if len(path) > 0 {
					path.Close()
				}
				path.Move(to(seg.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(to(seg.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(to(seg.Args[0]), to(seg.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(to(seg.Args[0]), to(seg.Args[1]), to(seg.Args[2]))
			}
		}
		if advance, err := f.Face.GlyphAdvance(&b, i, fixed.I(ppem), font.HintingNone); err == nil {
			at.X += unit * vg.Length(advance) / 64
		}
	}
	if len(path) > 0 {
		path.Close()
		c.Fill(path)
	}
}

// DrawImage implements vg.Canvas.
func (c pdf) DrawImage(r vg.Rectangle, img image.Image) {
	b := img.Bounds()
	turned := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	for y := range b.Dy() {
		for x := range b.Dx() {
			turned.Set(x, b.Dy()-1-y, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	c.Canvas.DrawImage(r, turned)
}
