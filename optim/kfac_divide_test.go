package optim

import "testing"

// Neighbours that belong to no wide layer share a block up to its size; what is larger has its diagonal.
func TestKFACDivides(t *testing.T) {
	params := []Param{
		{Path: "first", Len: 3, Shape: []int{3}},
		{Path: "second", Offset: 3, Len: 2, Shape: []int{2}},
		{Path: "w", Offset: 5, Len: 20, Shape: []int{4, 5}},
		{Path: "b", Offset: 25, Len: 5, Shape: []int{5}},
		{Path: "large", Offset: 30, Len: 9, Shape: []int{9}},
		{Path: "v", Offset: 39, Len: 15, Shape: []int{5, 3}},
	}
	m := newBlocks(params, []Layer{{Weight: params[2], Bias: params[3]}, {Weight: params[5]}}, 2, 6)
	if len(m.layers) != 2 || len(m.blocks) != 2 || len(m.blocks[0].Params) != 2 || m.blocks[0].Diagonal || !m.blocks[1].Diagonal {
		t.Fatalf("%d layers, blocks %v", len(m.layers), m.blocks)
	}
	if n := len(m.blocks[0].M); n != 25 {
		t.Errorf("a block of 5 parameters has %d entries", n)
	}
	for _, l := range m.layers {
		if len(l.A) != 2 || len(l.B) != 2 || len(l.A[1]) != l.Inputs()*l.Inputs() || len(l.B[1]) != l.Outputs()*l.Outputs() {
			t.Errorf("%s: %d and %d factors", l.Weight.Path, len(l.A), len(l.B))
		}
	}
}
