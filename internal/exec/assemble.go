package exec

import (
	"github.com/crux-pinn/crux/internal/graph"
	"github.com/crux-pinn/crux/internal/kern"
)

// covers reports whether the patches of an Assemble, which never collide, leave nothing to be zeroed.
func covers(o *graph.Op) bool {
	area := 0
	for _, p := range o.Patches {
		area += p.Slots * p.Width
	}
	return area == o.Out.Slots()*o.Out.Width
}

func assemble[T kern.Float](st *step, out []T, ins [][]T, n int) {
	o := st.op
	for k, p := range o.Patches {
		if st.skip != nil && st.skip[k] {
			continue
		}
		src := o.In[p.In]
		for s := range p.Slots {
			rows := 1
			if p.Dst+s < o.Out.Channels {
				rows = n
			}
			a := ins[p.In][src.Offset(p.Src+s, n)+p.SrcCol:]
			b := out[o.Out.Offset(p.Dst+s, n)+p.DstCol:]
			switch {
			case p.Width == src.Width && p.Width == o.Out.Width:
				copy(b[:rows*p.Width], a)
			case p.Width == 1:
				for i := range rows {
					b[i*o.Out.Width] = a[i*src.Width]
				}
			default:
				for i := range rows {
					copy(b[i*o.Out.Width:][:p.Width], a[i*src.Width:])
				}
			}
		}
	}
}

// assembleAdd adds the single rows of a chunk to an accumulated value.
func assembleAdd[T kern.Float](st *step, out []T, ins [][]T, n int) {
	o := st.op
	for k, p := range o.Patches {
		if st.skip[k] {
			continue
		}
		src := o.In[p.In]
		for s := range p.Slots {
			kern.AddTo(out[o.Out.Offset(p.Dst+s, 0)+p.DstCol:][:p.Width], ins[p.In][src.Offset(p.Src+s, n)+p.SrcCol:][:p.Width])
		}
	}
}
