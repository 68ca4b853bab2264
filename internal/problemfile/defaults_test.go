package problemfile_test

import (
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/net"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/weights"
)

const defaultsFile = `
problem: defaults
coords: {t: [0, 1], x: [0, 1]}
hard: none
fields: {u: {hidden: [5]}}
constraints:
  pde: {residual: u_t - u_xx, points: 16, resample: 0}
  bc: {residual: u - x, on: boundary, points: 8, resample: 0}
optimizer: {adam: {}, steps: 1000}
`

func defaultsProblem(t *testing.T, sets ...string) *problemfile.Problem {
	t.Helper()
	p, err := problemfile.Parse("defaults", []byte(defaultsFile), "", sets)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// outcome is what a run comes to, to the bit, with what its trackers have measured.
func outcome(t *testing.T, p *problemfile.Problem, steps int, more ...crux.Callback) string {
	t.Helper()
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	res, err := s.Solve(t.Context(), steps, append(p.Callbacks(""), more...)...)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("%x %x %x", res.Loss, res.Losses, res.Weights)
	for _, tr := range p.Trackers {
		result := reflect.ValueOf(tr.Tracker).MethodByName("Result").Call(nil)
		text += fmt.Sprintf(" %v", result[0].Interface())
	}
	return text
}

// The defaults of the table are those that the structs document for zero: a run by a file that leaves all to them is that of a Go program
// that does.
func TestDefaultsAreThoseOfGo(t *testing.T) {
	const long = 40 // beyond memories and intervals of methods
	method := func(m optim.Method) func(*problemfile.Problem) {
		return func(p *problemfile.Problem) { p.Options.Method = optim.Phases(optim.Phase{Method: m, Steps: 1000}) }
	}
	scheme := func(w weights.Scheme) func(*problemfile.Problem) {
		return func(p *problemfile.Problem) { p.Options.Weights = w }
	}
	points := func(w weights.PointScheme) func(*problemfile.Problem) {
		return func(p *problemfile.Problem) { p.Crux.Constraints[0].PointWeights = w }
	}
	tracker := func(tr trackers.Tracker) func(*problemfile.Problem) {
		return func(p *problemfile.Problem) { p.Trackers[0].Tracker = tr }
	}
	mover := func(c crux.Callback) func(*problemfile.Problem) {
		return func(p *problemfile.Problem) { p.Resamplers = []crux.Callback{c} }
	}
	pde := []string{"pde"}
	for _, c := range []struct {
		set   string
		goes  func(*problemfile.Problem) // gives the problem what Go makes of zero
		steps int
	}{
		{"optimizer={adam: {}, steps: 1000}", method(&optim.Adam{}), long},
		{"optimizer={adamw: {}, steps: 1000}", method(&optim.AdamW{Decay: 1e-4}), long}, // 0 decays nothing
		{"optimizer={soap: {}, steps: 1000}", method(&optim.SOAP{}), long},
		{"optimizer={sgd: {}, steps: 1000}", method(&optim.SGD{}), long},
		{"optimizer={adam: {lr: {dlrs: {}}}, steps: 1000}", method(optim.Chain(optim.ScaleByAdam(), &optim.DLRS{})), 400},
		{"optimizer={lbfgs: {}, steps: 1000}", method(&optim.LBFGS{}), 2 * long},
		{"optimizer={ssbroyden: {}, steps: 1000}", method(&optim.SSBroyden{}), 2 * long},
		{"optimizer={lm: {}, steps: 1000}", method(&optim.LevenbergMarquardt{}), long},
		{"weights={relobralo: {}}", scheme(weights.NewReLoBRaLo(0)), long},
		{"weights={softadapt: {}}", scheme(&weights.SoftAdapt{}), long},
		{"weights={dwa: {}}", scheme(&weights.DWA{}), long},
		{"weights={uncertainty: {}}", scheme(&weights.Uncertainty{}), long},
		{"constraints.pde.point_weights={rba: {}}", points(weights.NewRBA()), long},
		{"constraints.pde.point_weights={self_adaptive: {}}", points(&weights.SelfAdaptive{}), long},
		{"constraints.pde.point_weights={causal: {}}", points(&weights.Causal{}), long},
		{"constraints.pde.resample={rad: {}}", mover(&callbacks.RAD{Constraints: pde, C: 1}), 201}, // 0 is a share
		{"constraints.pde.resample={rar_d: {}}", mover(&callbacks.RARD{Constraints: pde}), 201},
		{"constraints.pde.resample={r3: {}}", mover(&callbacks.R3{Constraints: pde}), 201},
		{"trackers={gradient_norms: {}}", tracker(&trackers.GradientNorms{}), 201},
		{"trackers={cos_similarity: {}}", tracker(&trackers.CosSimilarity{}), 201},
		{"trackers={gradient_alignment: {}}", tracker(&trackers.GradientAlignment{}), 201},
		{"trackers={residual_stats: {}}", tracker(&trackers.ResidualStats{}), 201},
		{"trackers={hessian_spectrum: {}}", tracker(&trackers.HessianSpectrum{}), 501},
		{"trackers={loss_landscape: {}}", tracker(&trackers.LossLandscape{}), 501},
		{"trackers={error: {}}", func(p *problemfile.Problem) { p.Trackers[0].Tracker = p.ErrorTracker() }, 1001},
		{"trackers={input_sensitivity: {}}", func(p *problemfile.Problem) {
			of := p.Trackers[0].Tracker.(*trackers.InputSensitivity)
			p.Trackers[0].Tracker = &trackers.InputSensitivity{Expr: of.Expr}
		}, 201},
		{"trackers={ntk_spectrum: {}}", func(p *problemfile.Problem) {
			of := p.Trackers[0].Tracker.(*trackers.NTKSpectrum)
			p.Trackers[0].Tracker = &trackers.NTKSpectrum{Grad: of.Grad}
		}, 501},
	} {
		t.Run(c.set, func(t *testing.T) {
			said, inGo := defaultsProblem(t, c.set), defaultsProblem(t, c.set)
			c.goes(inGo)
			if a, b := outcome(t, said, c.steps), outcome(t, inGo, c.steps); a != b {
				t.Errorf("a file that says nothing comes to\n%.300s\nGo with zero values to\n%.300s", a, b)
			}
		})
	}
}

// The same for networks, of which hidden has a default of its own in files, and for checkpoints.
func TestDefaultsOfNetworks(t *testing.T) {
	for name, m := range map[string]ph.Module{
		"mlp": net.MLP{Hidden: []int{5}}, "modified_mlp": net.ModifiedMLP{Hidden: []int{5}}, "resnet": net.ResNet{},
		"siren": net.SIREN{Hidden: []int{5}}, "piratenet": net.PirateNet{},
	} {
		set := "fields.u={net: " + name + "}"
		if name == "mlp" || name == "modified_mlp" || name == "siren" {
			set = "fields.u={net: " + name + ", hidden: [5]}"
		}
		p := defaultsProblem(t, set)
		u := ph.NewField("u", m, p.Coords...)
		of := p.Env.Names["u"].Attr().(*ph.Field)
		if a, b := fmt.Sprint(of.Body()), fmt.Sprint(u.Body()); a != b {
			t.Errorf("%s: a file has\n%.300s\nGo has\n%.300s", name, a, b)
		}
	}
}

func TestDefaultsOfCheckpoints(t *testing.T) {
	kept := func(c *callbacks.Checkpoint) int {
		c.Dir = t.TempDir()
		outcome(t, defaultsProblem(t, "checkpoint=none"), 6, c)
		list, err := os.ReadDir(c.Dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if a, b := kept(defaultsProblem(t, "checkpoint={interval: 1}").Checkpoint), kept(&callbacks.Checkpoint{Interval: 1}); a != b {
		t.Errorf("a file keeps %d, Go %d", a, b)
	}
}
