package problemfile_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// unseen are the problems that no default was made for, written from the formula alone.
const unseen = "../../testdata/unseen"

// What is claimed of them: coordinates, equations, conditions and a closed form, and nothing that someone has found out to suit
// the problem.
func TestUnseenProblemsAreFormulaeAlone(t *testing.T) {
	for _, path := range unseenFiles(t) {
		t.Run(name(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range []string{"optimizer", "weight", "weights", "hard", "scale", "resample", "output", "fourier", "periodic", "activation", "hidden", "sampler", "point_weights", "init"} {
				if key == "init" && name(path) == "inverse_diffusion" {
					continue // of the number that is looked for
				}
				if regexp.MustCompile(`\b` + key + `:`).Match(src) {
					t.Errorf("%s: is a choice", key)
				}
			}
			p, err := readFile(path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.Name != name(path) || p.Options.Seed != 1 || p.Budget != time.Minute || len(p.References) == 0 {
				t.Errorf("%s, seed %d, %v, %d references", p.Name, p.Options.Seed, p.Budget, len(p.References))
			}
			for _, r := range p.References {
				if r.Kind != problemfile.ClosedForm {
					t.Errorf("%s: %s", r.Field, r.Kind)
				}
			}
		})
	}
}

// With the closed form in place of the network every residual vanishes up to rounding.
func TestUnseenReferencesSatisfyTheEquations(t *testing.T) {
	truth := map[string][]string{
		"heat2d":            {"fields.u.output=exp(-5*pi^2*kappa*t)*sin(pi*x)*sin(2*pi*y) + 0*u"},
		"boundary_layer":    {"fields.u.output=x - (exp((x - 1)/eps) - exp(-1/eps))/(1 - exp(-1/eps)) + 0*u"},
		"beam":              {"fields.u.output=sin(pi*x)*cos(pi^2*t) + 0*u"},
		"lane_emden":        {"fields.u.output=1/sqrt(1 + r^2/3) + 0*u"},
		"schrodinger":       {"fields.h.output={u: ue + 0*u, v: ve + 0*v}"},
		"taylor_green":      {"fields.flow.output={u: ue + 0*u, v: ve + 0*v, p: -(cos(2*x) + cos(2*y))/4*exp(-4*nu*t) + 0*p}"},
		"burgers2d":         {"fields.flow.output={u: ue + 0*u, v: ve + 0*v}"},
		"kepler":            {"fields.orbit.output={u: ue + 0*u, v: ve + 0*v}"},
		"stokes_cell":       {"fields.flow.output={u: ue + 0*u, v: ve + 0*v, p: pe + 0*p}"},
		"inverse_diffusion": {"fields.u.output=ue + 0*u", "params.kappa.init=0.1"},
	}
	for _, path := range unseenFiles(t) {
		t.Run(name(path), func(t *testing.T) {
			sets, ok := truth[name(path)]
			if !ok {
				sets = []string{"fields.u.output=ue + 0*u"}
			}
			satisfies(t, path, sets)
		})
	}
}

func unseenFiles(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(unseen, "*.yaml"))
	if err != nil || len(list) < 12 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	return list
}
