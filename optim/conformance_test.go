package optim_test

import (
	"strings"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

func TestConformance(t *testing.T) {
	isBias := func(path string) bool { return strings.HasSuffix(path, "bias") }
	for _, c := range []struct {
		name string
		make func() optim.Method
	}{
		{"Adam", func() optim.Method { return &optim.Adam{LR: optim.Constant(1e-2)} }},
		{"SOAP", func() optim.Method { return &optim.SOAP{LR: optim.Constant(1e-2), Every: 4} }},
		{"AdamW", func() optim.Method { return &optim.AdamW{LR: optim.Constant(1e-2), Decay: 1e-3} }},
		{"SGD", func() optim.Method { return &optim.SGD{} }},
		{"SGD momentum", func() optim.Method { return &optim.SGD{Momentum: 0.9} }},
		{"SGD Nesterov", func() optim.Method { return &optim.SGD{Momentum: 0.9, Nesterov: true} }},
		{"RMSProp", func() optim.Method {
			return optim.Chain(optim.ScaleByRMS(0.9, 1e-8), optim.ScaleByLR(optim.Cosine(1e-2, 1e-4, 1000)))
		}},
		{"chain", func() optim.Method {
			return optim.Chain(optim.ClipNorm(1), optim.ClipValue(0.5), optim.ScaleByAdam(), optim.NesterovMomentum(0.5),
				optim.AddDecayedWeights(1e-4, isBias), optim.ScaleByLR(optim.Constant(1e-2)))
		}},
		{"dynamic rate", func() optim.Method { return optim.Chain(optim.ScaleByAdam(), &optim.DLRS{Window: 5, Max: 0.05}) }},
		{"LBFGS", func() optim.Method { return &optim.LBFGS{} }},
		{"LBFGS of memory 1", func() optim.Method { return &optim.LBFGS{Memory: 1} }},
		{"SSBroyden", func() optim.Method { return &optim.SSBroyden{} }},
		{"SSBFGS", func() optim.Method { return &optim.SSBroyden{BFGS: true} }},
		{"SSBroyden of limited memory", func() optim.Method { return &optim.SSBroyden{Memory: 4} }},
		{"SSBFGS of limited memory", func() optim.Method { return &optim.SSBroyden{BFGS: true, Memory: 2} }},
		{"LevenbergMarquardt", func() optim.Method { return &optim.LevenbergMarquardt{} }},
		{"LevenbergMarquardt without corrections", func() optim.Method { return &optim.LevenbergMarquardt{Plain: true} }},
		{"LevenbergMarquardt of some residuals", func() optim.Method { return &optim.LevenbergMarquardt{Rows: 2} }},
		{"EMA", func() optim.Method { return averaged(&optim.Adam{LR: optim.Constant(1e-2)}, 0.999) }},
		{"groups with least squares", func() optim.Method {
			return inGroups(optim.Group{Select: isBias, Method: &optim.LevenbergMarquardt{}}, optim.Group{Method: &optim.Adam{LR: optim.Constant(1e-2)}})
		}},
		{"phases", func() optim.Method {
			return optim.Phases(optim.Phase{Method: &optim.Adam{}, Steps: 5}, optim.Phase{Method: &optim.LBFGS{}, Steps: 12}, optim.Phase{Method: &optim.SSBroyden{}})
		}},
		{"phases that stall", func() optim.Method {
			return optim.Phases(optim.Phase{Method: &optim.Adam{}, Stall: optim.Stall{Window: 4, Keep: 0.5}}, optim.Phase{Method: &optim.LBFGS{}})
		}},
		{"chosen phases", func() optim.Method { return warmed() }},
		{"groups", func() optim.Method {
			return inGroups(optim.Group{Select: isBias, Method: &optim.Adam{LR: optim.Constant(1e-2)}}, optim.Group{Method: &optim.SGD{Momentum: 0.9}})
		}},
		{"groups with a line search", func() optim.Method {
			return inGroups(optim.Group{Select: isBias, Method: &optim.Adam{LR: optim.Constant(1e-2)}}, optim.Group{Method: &optim.LBFGS{}})
		}},
	} {
		t.Run(c.name, func(t *testing.T) { optimtest.Run(t, c.make) })
	}
}
