package optim

import "fmt"

// Demanding is implemented by methods that keep more than vectors and matrices of layers.
type Demanding interface {
	// Demands is about how much memory the method takes for f at most: one entry for each method that it is made of and that is
	// Demanding itself. It is asked after Check and before the first Step, and allocates nothing.
	Demands(f Objective) []Demand
}

// Demand is the memory that one method takes, with what the objective takes to serve it.
type Demand struct {
	Method string
	Bytes  int64
}

func (d Demand) String() string {
	const mb = 1e6
	x := float64(d.Bytes)
	if x < 1000*mb {
		return fmt.Sprintf("%s: about %.0f MB", d.Method, max(x/mb, 1))
	}
	return fmt.Sprintf("%s: about %.1f GB", d.Method, x/(1000*mb))
}

// demands is what the method takes, or nil.
func demands(m Method, f Objective) []Demand {
	if s, ok := m.(Demanding); ok {
		return s.Demands(f)
	}
	return nil
}

// rowBlocks is what an objective takes at most for blocks of rows when it is asked for JᵀJ or JJᵀ.
const rowBlocks = 100 << 20

// memory is what a step takes, for the cases of linearise.
func (m *linearised) memory(f Objective) int64 {
	r, ok := f.(Residuals)
	if !ok {
		return 0
	}
	p, rows := int64(len(m.at)), int64(r.Rows())
	if m.sketches(int(rows), int(p)) {
		k := int64(m.sketched.rank)
		return 40*k*k + 8*k*(p+2*rows) + 8*(p+k)*min(rows, int64(blockRows(int(p))))
	}
	if m.iterates(int(rows), int(p)) {
		n := min(int64(m.matrixFree.sampleOf(int(rows))), rows, p)
		return 16*n*n + min(16*n*p, rowBlocks)
	}
	n := min(rows, p)
	bytes := 16*n*n + min(16*rows*p, rowBlocks)
	switch {
	case rows >= p:
		bytes += 24*n*n + 16*p*min(rows, int64(blockRows(int(p))))
	case rows*p <= mostDual:
		bytes += 24*n*n + 8*rows*p
	}
	return bytes
}

// Demands implements Demanding.
func (m *LevenbergMarquardt) Demands(f Objective) []Demand {
	return []Demand{{marquardtName, m.memory(f)}}
}

// Demands implements Demanding: H.
func (m *SSBroyden) Demands(Objective) []Demand {
	n := int64(m.layout.n)
	if m.limit > 0 {
		return []Demand{{m.name(), 8 * n * int64(m.limit)}}
	}
	return []Demand{{m.name(), 8 * n * n}}
}

// Demands implements Demanding: that of all phases, which keep what they have.
func (p *Phased) Demands(f Objective) (all []Demand) {
	for _, ph := range p.phases {
		all = append(all, demands(ph.Method, f)...)
	}
	return all
}

// Demands implements Demanding.
func (g *Grouped) Demands(f Objective) (all []Demand) {
	for i, gr := range g.groups {
		s := &g.subs[i]
		s.f = f
		all = append(all, demands(gr.Method, s)...)
		s.f = nil
	}
	return all
}

// Demands implements Demanding.
func (m *EMA) Demands(f Objective) []Demand { return demands(m.Method, f) }

// Demands implements Demanding: that of the methods that were chosen.
func (a *Auto) Demands(f Objective) (all []Demand) {
	for _, s := range a.stages {
		all = append(all, demands(s.method, f)...)
	}
	return all
}
