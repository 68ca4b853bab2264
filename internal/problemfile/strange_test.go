package problemfile_test

import (
	"errors"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// Whatever stands under a key that concerns the run, reading ends with a problem that reads back or with errors that have a
// place; nothing panics.
func TestStrangeValues(t *testing.T) {
	paths := []string{
		"trackers", "trackers.gradient_norms", "trackers.gradient_norms.mask", "trackers.gradient_norms.interval", "trackers.residual_stats.constraints",
		"trackers.input_sensitivity", "trackers.input_sensitivity.expr", "trackers.input_sensitivity.on", "trackers.input_sensitivity.points", "trackers.input_sensitivity.grid",
		"trackers.input_sensitivity.at", "trackers.input_sensitivity.where", "trackers.ntk_spectrum", "trackers.ntk_spectrum.points", "trackers.ntk_spectrum.on", "trackers.ntk_spectrum.top_k",
		"trackers.hessian_spectrum.k", "trackers.hessian_spectrum.probes", "trackers.hessian_spectrum.seed", "trackers.hessian_spectrum.unweighted", "trackers.loss_landscape.grid", "trackers.loss_landscape.scaling",
		"trackers.loss_landscape.mask", "weights", "weights.gradient_norm", "weights.gradient_norm.max_ratio", "weights.gradient_norm.skip_zero", "weights.ntk", "weights.ntk.points",
		"weights.relobralo", "weights.rlw.seed", "weights.scheduled", "weights.scheduled.pde", "weights.scheduled.pde.cosine", "weights.scheduled.pde.piecewise.changes",
		"early_stopping", "early_stopping.patience", "early_stopping.metric", "early_stopping.mode", "early_stopping.restore", "early_stopping.baseline", "checkpoint",
		"checkpoint.every", "checkpoint.interval", "checkpoint.best", "steps", "constraints.pde.resample", "constraints.pde.resample.rad", "constraints.pde.resample.rad.k",
		"constraints.pde.resample.rar_d.add", "constraints.pde.resample.r3.residual",
	}
	values := []string{
		"", "0", "-1", "1", "3", "1e9", "1e300", ".nan", "0.5", "true", "pde", "all", "none", "interior", "boundary", "x", "x = 0", "u", "u_x", "[u, u_x]", "2 +", "\"\"", "[]", "{}", "[1, 2]",
		"[pde]", "[pde, pde]", "[[]]", "[{}]", "[{}, {}]", "{x: 0}", "{x: [0, 1]}", "{pde: 1}", "{interval: 2}", "{interval: {a: 1}}", "{from: 1}", "{cosine: }", "{piecewise: {changes: []}}",
		"{rad: {}, r3: {}}", "{ntk: }", "relobralo", "[gradient_norms, gradient_norms]", "u/**", "'[a'", "[u/layer0/weight, q]", "5m", "loss", "{every: 1ns}", "{1: 2}",
	}
	accepted := 0
	for _, path := range paths {
		for _, v := range values {
			p, err := readText("heat.yaml", []byte(heat), ".", []string{path + "=" + v})
			if err == nil {
				accepted++
				if q, err := readText("resolved.yaml", p.Resolved, ".", nil); err != nil || string(q.Resolved) != string(p.Resolved) {
					t.Errorf("%s=%s: the resolved file does not read back: %v\n%s", path, v, err, p.Resolved)
				}
				continue
			}
			var all problemfile.Errors
			if !errors.As(err, &all) || len(all) == 0 {
				t.Errorf("%s=%s: the error is a %T: %v", path, v, err, err)
			}
			for _, e := range all {
				if e.Line == 0 || e.Excerpt == "" || e.Message == "" {
					t.Errorf("%s=%s: no place: %v", path, v, e)
				}
			}
		}
	}
	if accepted < 100 {
		t.Errorf("%d of %d values are accepted", accepted, len(paths)*len(values))
	}
}
