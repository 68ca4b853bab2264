// Package wandb writes run directories of Weights & Biases, as its own client does offline: "wandb sync" uploads them,
// "wandb beta sync --live" follows one that is still being written, "wandb leet" shows them. It knows no network.
//
// Facts from github.com/wandb/wandb (MIT): proto/wandb_internal.proto and core/pkg/leveldb, version 0.31.0. The code is ours.
package wandb

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
)

// The transaction log run-ID.wandb is a file header and then blocks of 32 KiB, which count from the file's first byte. A
// record is one chunk or several, none of which crosses the end of a block:
//
//	crc32(kind · data) u32 · length of data u16 · kind u8 · data,  little-endian, IEEE polynomial
//
// What is left of a block that has no room for a chunk's header is zero.
const (
	fileHeader  = ":W&B\xe1\xbe\x00"
	blockSize   = 32 << 10
	chunkHeader = 7
)

// Kinds of chunks.
const (
	full = 1 + iota
	first
	middle
	last
)

// log writes records.
type log struct {
	w   io.Writer
	at  int64 // offset in the file
	buf []byte
}

// begin writes the header of a new file.
func (l *log) begin() error {
	n, err := io.WriteString(l.w, fileHeader)
	l.at += int64(n)
	return err
}

// append writes one record in one call of Write: whoever follows the file sees whole records.
func (l *log) append(data []byte) error {
	b := l.buf[:0]
	for begun, done := false, false; !done; begun = true {
		room := blockSize - int(l.at+int64(len(b)))%blockSize
		if room < chunkHeader {
			b = append(b, make([]byte, room)...)
			room = blockSize
		}
		n := min(len(data), room-chunkHeader)
		done = n == len(data)
		kind := byte(middle)
		switch {
		case !begun && done:
			kind = full
		case !begun:
			kind = first
		case done:
			kind = last
		}
		b = binary.LittleEndian.AppendUint32(b, checksum(kind, data[:n]))
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
		b = append(append(b, kind), data[:n]...)
		data = data[n:]
	}
	l.buf = b
	n, err := l.w.Write(b)
	l.at += int64(n)
	return err
}

func checksum(kind byte, data []byte) uint32 {
	return crc32.Update(crc32.ChecksumIEEE([]byte{kind}), crc32.IEEETable, data)
}

// errDamaged is what a reader finds where the writing process was killed.
var errDamaged = errors.New("wandb: damaged log")

// scan calls f with every record of a log and the offset where it begins, until f returns false. It returns the offset where it ended:
// that of the record at which f returned false, of the first one that is damaged or incomplete, or the end.
func scan(b []byte, f func(record []byte) bool) (end int, err error) {
	if len(b) < len(fileHeader) || string(b[:len(fileHeader)]) != fileHeader {
		return 0, errors.New("wandb: not a log")
	}
	var record []byte
	begun := false
	end = len(fileHeader)
	for at := end; at < len(b); {
		if room := blockSize - at%blockSize; room < chunkHeader {
			at += room
			continue
		}
		if at+chunkHeader > len(b) {
			return end, errDamaged
		}
		n, kind := int(binary.LittleEndian.Uint16(b[at+4:])), b[at+6]
		if at+chunkHeader+n > len(b) {
			return end, errDamaged
		}
		data := b[at+chunkHeader : at+chunkHeader+n]
		if checksum(kind, data) != binary.LittleEndian.Uint32(b[at:]) || (kind == full || kind == first) == begun || kind < full || kind > last {
			return end, errDamaged
		}
		record, begun = append(record, data...), true
		at += chunkHeader + n
		if kind == full || kind == last {
			if !f(record) {
				return end, nil
			}
			record, begun, end = nil, false, at
		}
	}
	if begun {
		return end, errDamaged
	}
	return end, nil
}
