package ckpt

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrDamaged says that a file is not as it was written.
var ErrDamaged = errors.New("cut short or damaged")

// maxHeader is the size of a header in bytes, as safetensors bounds it.
const maxHeader = 100 << 20

// ReadFile reads a safetensors file. A pipe in the place of a file is an error and is not waited for; a file whose size is not the one
// that its header says is one before it is read.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if want, ok := sizeOf(f, info.Size()); ok && want != info.Size() {
		return nil, fmt.Errorf("%w: it has %d bytes and should have %d", ErrDamaged, info.Size(), want)
	}
	return io.ReadAll(f)
}

// sizeOf is the size of a file by its header. A header that cannot be read is the reader's to report, where the file is not too large for
// it.
func sizeOf(f *os.File, size int64) (int64, bool) {
	defer f.Seek(0, io.SeekStart) //nolint:errcheck // reading says so
	var n uint64
	if binary.Read(f, binary.LittleEndian, &n) != nil || n > maxHeader {
		return 8, size > maxHeader
	}
	var header map[string]struct {
		At [2]int64 `json:"data_offsets"`
	}
	if json.NewDecoder(io.LimitReader(f, int64(n))).Decode(&header) != nil {
		return 8, size > maxHeader
	}
	end := int64(0)
	for _, t := range header {
		end = max(end, t.At[1])
	}
	return 8 + int64(n) + end, true
}
