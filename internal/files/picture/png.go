package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"
)

// png encodes the image: ISO/IEC 15948, one byte for each pixel, with a palette. Every row is stored as its difference to the one
// above (filter type 2), of which little is left in drawings: that is several times as fast as image/png, which stores rows as they are.
func (c canvas) png() (data []byte, width, height int, err error) {
	width, height = c.Rect.Dx(), c.Rect.Dy()
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(width)), uint32(height))
	chunk(&b, "IHDR", append(head, 8, 3, 0, 0, 0)) // 8 bits, palette, deflate, filters by row, not interlaced
	var colours []byte
	for _, k := range c.Palette {
		r, g, bl, _ := k.RGBA()
		colours = append(colours, byte(r>>8), byte(g>>8), byte(bl>>8))
	}
	chunk(&b, "PLTE", colours)
	pixels, err := c.deflated()
	if err != nil {
		return nil, 0, 0, err
	}
	chunk(&b, "IDAT", pixels)
	chunk(&b, "IEND", nil)
	return b.Bytes(), width, height, nil
}

func (c canvas) deflated() ([]byte, error) {
	width := c.Rect.Dx()
	rows := make([]byte, 0, (1+width)*c.Rect.Dy())
	above := make([]byte, width)
	for y := range c.Rect.Dy() {
		row := c.Pix[y*c.Stride : y*c.Stride+width]
		rows = append(rows, 2)
		for x, p := range row {
			rows = append(rows, p-above[x])
		}
		above = row
	}
	z, ok := compressors.Get().(*zlib.Writer)
	var b bytes.Buffer
	var err error
	if ok {
		z.Reset(&b)
	} else if z, err = zlib.NewWriterLevel(&b, zlib.BestSpeed); err != nil {
		return nil, err
	}
	if _, err = z.Write(rows); err == nil {
		err = z.Close()
	}
	compressors.Put(z)
	return b.Bytes(), err
}

// compressors are those not in use: to make one takes longer than to compress an image with it.
var compressors sync.Pool

// chunk writes a part of the file: its length, kind, data and the checksum of the last two.
func chunk(b *bytes.Buffer, kind string, data []byte) {
	b.Write(binary.BigEndian.AppendUint32(nil, uint32(len(data))))
	sum := crc32.NewIEEE()
	w := io.MultiWriter(b, sum)
	io.WriteString(w, kind) //nolint:errcheck // neither fails
	w.Write(data)           //nolint:errcheck // neither fails
	b.Write(binary.BigEndian.AppendUint32(nil, sum.Sum32()))
}
