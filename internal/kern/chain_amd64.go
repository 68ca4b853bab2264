//go:build amd64 && !purego

package kern

import "unsafe"

// useChain makes an AVX-512 engine run arithmetic in registers.
func useChain[T Float](e *engine[T], table *uintptr, run func(code *chainInstr, slots **T, groups int)) {
	addresses := unsafe.Slice(table, len(chainForms)+1)
	c := &e.chain
	c.group, c.run, c.end = 8*64/int(unsafe.Sizeof(T(0))), run, addresses[len(chainForms)]
	c.forms = make(map[form]uintptr, len(chainForms))
	for i, f := range chainForms {
		c.forms[f] = addresses[i]
	}
}
