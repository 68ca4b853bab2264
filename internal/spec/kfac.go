package spec

import "github.com/crux-pinn/crux/optim"

// kfac reads kfac: {damping: 0.1, every: 10, decay: 0, exact: 1024, averaging: traces}.
func (b *builder) kfac(s *section) optim.Method {
	m := &optim.KFAC{
		Damping: s.realOr("damping", "0.1"), Every: s.intOr("every", 10), Decay: s.fraction("decay", "0"),
		GradTol: s.tolerance("grad_tol"), MaxTrials: s.intOr("max_trials", 30), Workers: s.workers(),
	}
	m.Exact, _ = s.integer(s.orDefault("exact", "1024"), 0)
	if m.Exact == 0 {
		m.Exact = -1
	}
	if b.choice(s.orDefault("averaging", "traces"), "averaging", "traces", "expand") == "expand" {
		m.Averaging = optim.Expand
	}
	return m
}
