package problemfile_test

import "github.com/crux-pinn/crux/internal/problemfile"

// readFile reads a problem file and compiles it, as every command does.
func readFile(path string, sets []string) (*problemfile.Problem, error) {
	return compiled(problemfile.Load(path, sets))
}

// readText is readFile for a text in memory.
func readText(name string, src []byte, dir string, sets []string) (*problemfile.Problem, error) {
	return compiled(problemfile.Parse(name, src, dir, sets))
}

// readOver is readText with all kinds of overrides.
func readOver(name string, src []byte, dir string, o problemfile.Overrides) (*problemfile.Problem, error) {
	return compiled(problemfile.ParseWith(name, src, dir, o))
}

func compiled(p *problemfile.Problem, err error) (*problemfile.Problem, error) {
	if err != nil {
		return nil, err
	}
	s, err := p.New()
	if err != nil {
		return nil, err
	}
	return p, s.Close()
}
