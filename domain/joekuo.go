package domain

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

// SobolDims is the number of dimensions for which direction numbers are built in.
const SobolDims = 64

// directions is the file new-joe-kuo-6 of S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional
// projections", SIAM J. Sci. Comput. 30 (2008) 2635–2654, up to SobolDims. A line is a dimension, from 2 on: its number, the degree s of
// its primitive polynomial over GF(2), the coefficients between the first and the last, which are 1, as bits, and the initial odd
// numbers m_1 … m_s.
//
//go:embed new-joe-kuo-6.txt
var directions string

// direction holds what defines one dimension of the Sobol sequence: the polynomial with all of its coefficients as bits, and m_1 … m_s.
type direction struct {
	poly uint32
	m    []uint32
}

// joeKuo are those of dimensions 2 to SobolDims. Dimension 1 is the van der Corput sequence, which needs none.
var joeKuo = sync.OnceValue(func() (list []direction) {
	_, lines, _ := strings.Cut(directions, "\n") // the first one names the columns
	for line := range strings.Lines(lines) {
		var n []uint32
		for _, field := range strings.Fields(line) {
			v, _ := strconv.ParseUint(field, 10, 32) // all are numbers: the file is a part of the program
			n = append(n, uint32(v))
		}
		list = append(list, direction{1<<n[1] | n[2]<<1 | 1, n[3:]})
	}
	return list
})
