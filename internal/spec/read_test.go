package spec_test

import "github.com/crux-pinn/crux/internal/spec"

// readFile reads a problem file and compiles it, as every command does.
func readFile(path string, sets []string) (*spec.Problem, error) {
	return compiled(spec.Load(path, sets))
}

// readText is readFile for a text in memory.
func readText(name string, src []byte, dir string, sets []string) (*spec.Problem, error) {
	return compiled(spec.Parse(name, src, dir, sets))
}

func compiled(p *spec.Problem, err error) (*spec.Problem, error) {
	if err != nil {
		return nil, err
	}
	s, err := p.New()
	if err != nil {
		return nil, err
	}
	return p, s.Close()
}
