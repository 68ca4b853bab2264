package cli

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// BenchmarkBeside is how much longer steps take by all that crux solve does beside training: logs of losses, points and arrays, the clock of a
// budget, the block on a terminal, the live page. Each round takes the same steps with and without it, one after the other, and the next round the
// other way round; times/bare is the median of the quotients. Checkpoints, one in 30 s, are left out. Steps of Adam are the shortest that there are:
//
//	go test ./internal/cli -run '^$' -bench Beside -benchtime 9x
func BenchmarkBeside(b *testing.B) {
	for _, x := range []struct {
		name  string
		steps int
	}{{"poisson2d", 5000}, {"oscillator", 20_000}, {"lotka_volterra", 20_000}} {
		path, err := filepath.Abs("../../testdata/problems/" + x.name + ".yaml")
		if err != nil {
			b.Fatal(err)
		}
		b.Run(x.name, func(b *testing.B) {
			b.Chdir(b.TempDir())
			load := func() *problemfile.Problem {
				p, err := problemfile.LoadWith(path, problemfile.Overrides{Sets: []string{
					"optimizer=[{adam: {lr: 1e-3}, steps: " + strconv.Itoa(x.steps) + "}]", "budget=1h", "windows=null",
				}})
				if err != nil {
					b.Fatal(err)
				}
				return p
			}
			bare := func() time.Duration {
				p := load()
				s, err := compile(p)
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()                                               //nolint:errcheck // it only ends workers
				res, err := s.Solve(b.Context(), x.steps, p.Callbacks("")...) // what moves points, and goes back, belongs to training
				if err != nil {
					b.Fatal(err)
				}
				return res.Time
			}
			all := func(dir string) time.Duration {
				a := &app{Streams: Streams{Out: io.Discard, Err: io.Discard, Now: time.Now, Terminal: func() (int, int) { return 100, 40 }}}
				p := load()
				p.Checkpoint = nil
				t, err := a.training(p)
				if err != nil {
					b.Fatal(err)
				}
				defer t.solver.Close() //nolint:errcheck // it only ends workers
				if err := os.Mkdir(dir, 0o755); err != nil {
					b.Fatal(err)
				}
				if err := saveProblem(dir, p.Kept, p.Files); err != nil {
					b.Fatal(err)
				}
				a.observe(t, dir)
				v, err := a.newLive(dir)
				if err != nil {
					b.Fatal(err)
				}
				defer v.close()
				res, err := t.solver.Solve(b.Context(), x.steps,
					slices.Concat(t.callbacks, newRecords(p, t.solver, dir).all, a.watch(p, &solveFlags{}, v))...)
				if err != nil {
					b.Fatal(err)
				}
				return res.Time
			}
			var quotients []float64
			for b.Loop() {
				n := len(quotients)
				var least, most time.Duration
				if n%2 == 0 {
					least = bare()
				}
				most = all(strconv.Itoa(n))
				if n%2 == 1 {
					least = bare()
				}
				quotients = append(quotients, most.Seconds()/least.Seconds())
			}
			slices.Sort(quotients)
			b.ReportMetric(quotients[len(quotients)/2], "times/bare")
			b.ReportMetric(0, "ns/op")
		})
	}
}
