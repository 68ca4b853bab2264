package optim

import "fmt"

// plan is a line of the table.
type plan int

const (
	undecided plan = iota
	squaresPlan
	densePlan
	largePlan
)

// stage is a method with the rule that ends it: after most steps, if that is not 0, or when the lowest loss of window steps is
// above keep times the lowest before them.
type stage struct {
	name    string
	method  Method
	most    int
	window  int
	keep    float64
	descent bool // the loss of a fixed objective never rises
}

const (
	mostSquares = 3000       // min(P, R) with LevenbergMarquardt
	mostBroyden = mostMatrix // P with SSBroyden's matrix
	done        = 1e-14
)

// build makes the stages of a plan.
func (a *Auto) build(p plan) error {
	a.plan = p
	steps := a.Steps
	if steps == 0 {
		steps = 10_000
	}
	broyden := stage{"ssbroyden", &SSBroyden{Workers: a.Workers}, 0, 500, 0.9, true}
	switch p {
	case squaresPlan:
		a.stages = []stage{{"soap", &SOAP{LR: Constant(1e-2)}, 300, 100, 0.5, false}, {"lm", &LevenbergMarquardt{Workers: a.Workers}, 0, 50, 0.5, true}}
		if a.layout.n <= mostBroyden {
			a.stages = append(a.stages, broyden)
		}
	case densePlan:
		a.stages = []stage{{"adam", &Adam{LR: Constant(5e-3)}, 1000, 100, 0.7, false}, broyden}
	case largePlan:
		half := max(steps/2, 1)
		a.stages = []stage{{"soap", &SOAP{LR: Cosine(5e-3, 5e-5, half)}, half, 0, 0, false}, {"ssbroyden", &SSBroyden{Workers: a.Workers}, 0, 500, 0.95, true}}
	default:
		a.stages = nil
	}
	for _, s := range a.stages {
		if err := s.method.Init(a.layout.params); err != nil {
			return fmt.Errorf("optim: %s: %w", autoName, err)
		}
	}
	return nil
}

// choose picks the plan and says why.
func (a *Auto) choose(f Objective) (plan, string) {
	n := a.layout.n
	why := fmt.Sprintf("%d parameters", n)
	switch {
	case f.Squares == nil || f.Squares.Rows() == 0:
		why += ", and a loss that is not a sum of squares"
	case a.Single:
		why += ", and residuals in float32"
	default:
		rows := f.Squares.Rows()
		why += fmt.Sprintf(" and %d residuals, all in mean squares", rows)
		if min(n, rows) <= mostSquares {
			return squaresPlan, why
		}
		why += fmt.Sprintf(", both more than the %d up to which lm pays", mostSquares)
	}
	if n <= mostBroyden {
		return densePlan, why
	}
	return largePlan, why + fmt.Sprintf(", too many for a matrix of their squares (up to %d), so ssbroyden with a memory of %d directions", mostBroyden, directions(0, n))
}
