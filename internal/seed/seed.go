// Package seed derives independent random streams from one root seed: one for each purpose, by name, so that using one
// more or less does not shift the others.
package seed

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
)

// Stream returns the PCG stream of a purpose, such as "init/u/layer0/weight". The same root and name give the same numbers.
func Stream(root uint64, name string) *rand.Rand {
	h := sha256.New()
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], root)
	h.Write(b[:])         //nolint:errcheck // a hash never fails
	h.Write([]byte(name)) //nolint:errcheck
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])))
}
