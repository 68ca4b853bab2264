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

// Demands implements Demanding.
func (m *LevenbergMarquardt) Demands(f Objective) []Demand {
	if f.Squares == nil {
		return nil
	}
	return []Demand{{marquardtName, m.systems.Memory(f.Squares.Rows(), m.layout.n)}}
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
		all = append(all, demands(gr.Method, g.subs[i].restrict(f))...)
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
