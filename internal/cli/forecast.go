package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/trackers"
)

// need is what a part of a run takes of memory beside the process itself, which takes 30 MB, and what makes it less.
type need struct {
	optim.Demand
	lower string
}

// listed is from how many bytes on a need is worth a line.
const listed = 1_000_000

// memoryOf is what points, their evaluation and the estimate of the error take. What methods take is known when the solver is there:
// Solver.Memory. The factors are those of measured peaks: TestForecast has them within a factor of two.
func memoryOf(p *problemfile.Problem) []need {
	const numbers = 8 // bytes
	constraints := p.Crux.Constraints
	var points, grid int64
	for i, c := range constraints {
		perPoint := 4 * c.Residual.Dim()
		if !slices.ContainsFunc(constraints[:i], func(o crux.Constraint) bool { return o.On == c.On }) {
			perPoint += 8 * len(c.On.Coords()) // the set, the one that is drawn next, and those of states that the run can go back to
		}
		points += numbers * int64(perPoint) * int64(c.On.Len())
	}
	var grids []*domain.Points
	for _, f := range p.Fields {
		k := f.Expr.Dim()
		perPoint := 5 * k
		isOf := func(r problemfile.Reference) bool { return r.Field == f.Name || strings.HasPrefix(r.Field, f.Name+"[") }
		if slices.ContainsFunc(p.References, isOf) {
			perPoint += 3 * k
		}
		if !slices.Contains(grids, f.Grid) {
			perPoint, grids = perPoint+len(f.Coords), append(grids, f.Grid)
		}
		grid += numbers * int64(perPoint) * int64(f.Grid.Len())
	}
	return []need{
		{optim.Demand{Method: "points", Bytes: points}, "take fewer points"},
		{optim.Demand{Method: "grid", Bytes: grid}, "take fewer points per axis, with grid: N"},
	}
}

// estimateOf is what the estimate of the error takes.
func estimateOf(p *problemfile.Problem, s *crux.Solver) need {
	parameters, components := 0, 0
	for _, q := range s.Parameters() {
		if !q.Fixed {
			parameters += len(q.Data)
		}
	}
	for _, f := range p.Fields {
		components += f.Expr.Dim()
	}
	trained := 0
	for _, c := range p.Crux.Constraints {
		trained += c.On.Len() * c.Residual.Dim()
	}
	bytes := (&trackers.Error{}).Memory(max(parameters, 1), components, len(p.Crux.Constraints), trained)
	return need{optim.Demand{Method: "estimated error", Bytes: bytes}, "take a smaller network"}
}

// affordable is an error where a run needs more than there is, before anything is allocated for it.
func affordable(needs []need) error {
	limit := debug.SetMemoryLimit(-1)
	if n, ok := crux.MachineMemory(); ok {
		limit = min(limit, n)
	}
	var all int64
	for _, n := range needs {
		all += n.Bytes
	}
	if all <= limit {
		return nil
	}
	slices.SortFunc(needs, func(a, b need) int { return cmp.Compare(b.Bytes, a.Bytes) })
	var parts []string
	for _, n := range needs {
		if n.Bytes > all/10 { // the others would not change it
			parts = append(parts, n.String())
		}
	}
	return fail(exitUsage, fmt.Errorf("%s of memory, more than the %.3g GB there are; %s",
		strings.Join(parts, ", "), float64(limit)/1e9, needs[0].lower))
}

// forecast is what a run takes of memory, and why it cannot be, if that is known.
func forecast(ctx context.Context, p *problemfile.Problem, s *crux.Solver) ([]need, error) {
	demands, err := s.Memory(ctx)
	needs := append(memoryOf(p), estimateOf(p, s))
	for _, d := range demands {
		needs = append(needs, need{d, "take a smaller network, or a method that keeps less, such as soap or lbfgs"})
	}
	return needs, cmp.Or(fail(exitUsage, err), affordable(slices.Clone(needs)))
}
