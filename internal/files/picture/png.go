package picture

import (
	"bytes"
	"image/png"
	"sync"
)

// png encodes the image, with one byte for each pixel and a palette.
func (c canvas) png() (data []byte, width, height int, err error) {
	var b bytes.Buffer
	e := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &buffers}
	err = e.Encode(&b, c.Paletted)
	return b.Bytes(), c.Rect.Dx(), c.Rect.Dy(), err
}

// buffers are those of encoders that are not in use: to make one takes longer than to compress an image with it.
var buffers pool

type pool struct{ sync.Pool }

func (p *pool) Get() *png.EncoderBuffer {
	b, _ := p.Pool.Get().(*png.EncoderBuffer) //nolint:errcheck // nil makes a new one
	return b
}

func (p *pool) Put(b *png.EncoderBuffer) { p.Pool.Put(b) }
