package cli

import (
	"slices"
	"strings"
	"testing"
)

// --set and --grid are completed by the paths of all keys, with the names that the file has.
func TestComplete(t *testing.T) {
	folder(t)
	for _, flag := range []string{"solve tiny.yaml --set", "sweep tiny.yaml --grid", "validate tiny.yaml --set"} {
		r := call(t, append(append([]string{"__complete"}, strings.Fields(flag)...), "")...)
		list := strings.Split(r.out, "\n")
		for _, want := range []string{
			"seed=", "constraints.pde.points=", "constraints.start.residual=", "fields.u.hidden=", "optimizer.0.adam.lr=", "optimizer.1.lbfgs.memory=", "params.k.init=", "trackers.error.interval=",
		} {
			if !slices.Contains(list, want) {
				t.Errorf("%s does not complete %s", flag, want)
			}
		}
		for _, other := range []string{"optimizer.2.steps=", "fields.u.omega=", "constraints.*.points="} {
			if slices.Contains(list, other) {
				t.Errorf("%s completes %s", flag, other)
			}
		}
	}
}

// Expressions are completed by the names of the run, trackers by all there are.
func TestCompleteNames(t *testing.T) {
	folder(t)
	if r := call(t, "solve", "tiny.yaml", "--quiet", "--out", "run"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	for command, want := range map[string][]string{
		"eval run --expr": {"u", "u_x", "k", "k2"}, "plot run --expr": {"u_x"}, "export run --expr": {"u_x"}, "explain run --tracker": {"ntk_spectrum", "error"},
		"init --template": {"hole"}, "solve tiny.yaml --log-format": {"json"},
	} {
		list := strings.Split(call(t, append(append([]string{"__complete"}, strings.Fields(command)...), "")...).out, "\n")
		for _, w := range want {
			if !slices.Contains(list, w) {
				t.Errorf("%s does not complete %s: %q", command, w, list)
			}
		}
	}
}
