package cli

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The ways of the ladder that divide time into windows.

// marches reports whether a problem begins at a time and goes on from there, in pieces if need be. What is unknown at all times, as a number
// or a function of places alone, is not found in pieces.
func marches(p *problemfile.Problem) bool {
	if p.Time == nil || p.Options.Windows != nil || p.Options.Curriculum != nil || len(p.Params) > 0 {
		return false
	}
	lasting := func(f *ph.Field) bool { return !slices.Contains(f.Coords(), p.Time) }
	for _, c := range p.Crux.Constraints {
		if slices.ContainsFunc(ph.Occurring[*ph.Field](c.Residual), lasting) {
			return false
		}
	}
	return slices.ContainsFunc(p.Crux.Constraints, func(c crux.Constraint) bool {
		return ph.Order(c.Residual, p.Time, func(part ph.Expr) (is, inside bool) { return part.Op() == ph.OpField, true }) > 0
	})
}

// ofTime reports whether functions of time alone march, and ofTimeAndMore whether those of other coordinates, too, do.
func ofTime(p *problemfile.Problem) bool        { return marches(p) && len(p.Coords) == 1 }
func ofTimeAndMore(p *problemfile.Problem) bool { return marches(p) && len(p.Coords) > 1 }

// equalWindows are the settings of n windows of time.
func equalWindows(n int) func(*problemfile.Problem) []string {
	return func(p *problemfile.Problem) []string { return inWindows(p, n) }
}

// inWindows are windows of time, in which functions of time alone have networks of two layers of 16: a piece of a curve needs no more, and
// their steps cost a tenth. Ten windows of Duffing's and FitzHugh and Nagumo's oscillator and of a chemostat are solved in 13 to 28 s on one
// core, where those of three layers of 20 do not come to their second window. With three functions and more the layers have 10: an orbit of four
// took 32 s with them and 54 s without, to errors of 4e-8 and 1e-8.
func inWindows(p *problemfile.Problem, n int) []string {
	lo, hi := p.Bounds(p.Time)
	sets := []string{fmt.Sprint("windows=", n)}
	if len(switches(p)) > 0 {
		var times []float64
		for k := 1; k < n; k++ {
			times = append(times, lo+(hi-lo)*float64(k)/float64(n))
		}
		sets[0] = windowsAt(p, times, 0)
	}
	if len(p.Coords) > 1 {
		return sets
	}
	if len(p.Unsized) > 2 {
		return append(sets, sized(p, "[10, 10]")...)
	}
	return append(sets, sized(p, "[16, 16]")...)
}

// windowsAt are windows that end at the given times, of which the first few stay, and where the data of the problem switch: a kink within a
// window is seen by none of its points, or by too many. A time closer to such a place than a quarter of the way to the next time gives way to it.
func windowsAt(p *problemfile.Problem, times []float64, stay int) string {
	_, hi := p.Bounds(p.Time)
	ends := slices.Clone(times[:stay])
	places := slices.DeleteFunc(switches(p), func(at float64) bool { return stay > 0 && at <= times[stay-1] })
	next := append(slices.Clone(times), hi)[1:]
	for k := stay; k < len(times); k++ {
		if !slices.ContainsFunc(places, func(at float64) bool { return math.Abs(times[k]-at) < (next[k]-times[k])/4 }) {
			ends = append(ends, times[k])
		}
	}
	ends = append(ends, places...)
	slices.Sort(ends)
	words := make([]string, len(ends))
	for k, t := range ends {
		words[k] = strconv.FormatFloat(t, 'g', -1, 64)
	}
	return "windows=[" + strings.Join(words, ", ") + "]"
}

// switches are the times at which the data of a problem switch; none where there are too many to end windows at.
func switches(p *problemfile.Problem) []float64 {
	list := p.Switches()
	if len(list) > manySwitches {
		return nil
	}
	return list
}

// manySwitches bounds the places at which windows end: with 40 windows beside them, two thirds of the stages that a run may have.
const manySwitches = crux.MaxStages / 4

// halved is the way that takes the windows of time which were solved and goes on in ones half as long as the one that was not, as a method of
// steps in time halves a step. It is nil where all were solved, or none, or where windows would be too many.
func halved(r *report.Report) *way {
	if r == nil || len(r.Windows) == 0 {
		return nil
	}
	n := slices.IndexFunc(r.Windows, func(w report.Window) bool { return w.Estimate == nil || !(float64(*w.Estimate) < goodEnough) })
	if n < 1 {
		return nil
	}
	var ends []float64
	for _, w := range r.Windows[:n] {
		ends = append(ends, w.To)
	}
	from, to, length := r.Windows[n].From, r.Windows[len(r.Windows)-1].To, (r.Windows[n].To-r.Windows[n].From)/2
	more := int(math.Ceil((to - from) / length * (1 - 1e-9)))
	if n+more > crux.MaxStages {
		return nil
	}
	for k := 1; k < more; k++ {
		ends = append(ends, from+float64(k)*length)
	}
	return &way{
		name:  fmt.Sprintf("windows of %.3g from %.6g on", length, from),
		why:   fmt.Sprintf("up to there they are solved, and the next one, of %.3g, is not", 2*length),
		sets:  func(p *problemfile.Problem) []string { return []string{windowsAt(p, ends, n)} },
		suits: marches, takes: n,
	}
}

// leaves reports whether what is left of a budget is enough for windows half as long as those of an attempt, which has spent some time: two
// of them count as long as one that it has trained. Shorter windows have shorter shares, and what was lost for want of time would be lost
// again.
func (x *attempt) leaves(left, spent time.Duration) bool {
	trained := 0
	for _, w := range x.report.Windows {
		if w.Steps > 0 {
			trained++
		}
	}
	again := float64(len(x.report.Windows)-trained) + 1 // with the one that was lost
	return trained > x.taken && spent.Seconds()/float64(trained-x.taken)*again < left.Seconds()
}
