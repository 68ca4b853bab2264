package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/optim"
	ph "github.com/crux-pinn/crux/placeholder"
)

// The golden values are numpy.percentile's.
func TestQuantile(t *testing.T) {
	b, err := os.ReadFile("../../testdata/golden/percentiles.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		X        []float64
		P99, P50 float64
	}
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err)
	}
	for _, c := range cases {
		for q, want := range map[float64]float64{0.99: c.P99, 0.5: c.P50} {
			if got := quantile(c.X, q); math.Abs(got-want) > 1e-15*math.Abs(want) {
				t.Errorf("quantile %v of %v: %v, want %v", q, c.X, got, want)
			}
		}
	}
	inf := math.Inf(1)
	for _, c := range []struct {
		x    []float64
		want float64
	}{{nil, math.NaN()}, {[]float64{1, math.NaN()}, math.NaN()}, {[]float64{inf, inf}, inf}} {
		if got := quantile(c.x, 0.99); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%v: %v", c.x, got)
		}
	}
}

// Numbers that are not finite are null, keys keep their order, and names are escaped.
func TestReportJSON(t *testing.T) {
	dir := "runs/a"
	b, err := json.Marshal(&Report{
		Problem: `q"`, Loss: Number(math.NaN()), Losses: Numbers{{"z", Number(math.Inf(1))}, {"a", 0.1}},
		Errors: Errors{{"u", FieldError{RelL2: Number(math.NaN()), MaxAbs: 2}}}, RunDir: &dir,
	})
	want := `{"problem":"q\"","status":"","reason":"","steps":0,"seed":0,"parameters":0,"optimizer":"","seconds":0,"loss":null,"losses":{"z":null,"a":0.1},` +
		`"errors":{"u":{"rel_l2":null,"max_abs":2}},"residual_p99":{},"params":{},"run_dir":"runs/a"}`
	if err != nil || string(b) != want {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestGridTicks(t *testing.T) {
	x, y := ph.Coords2("x", "y")
	box := domain.NewBox(domain.In(x, 0, 1), domain.In(y, 0, 1))
	cloud := func(p *domain.Points) *domain.Cloud {
		c, err := p.Draw(nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if ticks := gridTicks(cloud(box.GridN(2, 3))); len(ticks) != 2 || len(ticks[0]) != 2 || len(ticks[1]) != 3 {
		t.Errorf("a grid of 2×3: %v", ticks)
	}
	for name, p := range map[string]*domain.Points{
		"disk":       domain.NewDisk(x, y, 0, 0, 1).Grid(5),
		"scattered":  domain.At([]*ph.Coord{x, y}, []float64{0, 0, 0, 1, 1, 0, 1, 2}),
		"short":      domain.At([]*ph.Coord{x, y}, []float64{0, 0, 0, 1, 1, 0}),
		"decreasing": domain.At([]*ph.Coord{x, y}, []float64{0, 1, 0, 0, 1, 1, 1, 0}),
	} {
		if ticks := gridTicks(cloud(p)); ticks != nil {
			t.Errorf("%s: %v", name, ticks)
		}
	}
}

func TestPhaseNames(t *testing.T) {
	adam, groups := optim.Phase{Method: &optim.Adam{}, Steps: 5}, optim.Phase{Groups: []optim.Group{{Method: &optim.LBFGS{}}}}
	for want, m := range map[string]optim.Method{
		"adam (1/2)": optim.Phases(adam, groups), "adam": optim.Phases(adam), "groups": optim.Phases(groups), "": &optim.Adam{},
	} {
		if got := phase(m.Info(optim.Objective{})); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// begun is a callback that keeps the run.
type begun struct{ run *crux.Run }

func (b *begun) OnSolveBegin(_ context.Context, r *crux.Run) error { b.run = r; return nil }
func (b *begun) OnStep(context.Context, *crux.Step) error          { return nil }

// someRun is a run of one stage.
func someRun(t *testing.T) *crux.Run {
	t.Helper()
	x := ph.NewCoord("x")
	s, err := crux.New(crux.Problem{Name: "some", Constraints: []crux.Constraint{
		{Residual: ph.NewParam("k", 1), On: domain.NewInterval(x, 0, 1).Grid(2)},
	}}, crux.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	var b begun
	if _, err := s.Solve(t.Context(), 0, &b); err != nil {
		t.Fatal(err)
	}
	return b.run
}

// The block on a terminal overwrites itself, is cut at the edges, and is gone in the end.
func TestProgressBlock(t *testing.T) {
	var b bytes.Buffer
	sec := 0
	p := &progress{
		block: block{w: &b, size: func() (int, int) { return 30, 3 }}, name: "burgers", steps: 100, limit: time.Minute, method: &optim.Adam{},
		now: func() time.Time { sec++; return time.Unix(int64(sec), 0) },
	}
	p.names, p.begin, p.drawn = []string{"pde", "initial", "boundary"}, time.Unix(0, 0), time.Unix(0, 0)
	run := someRun(t)
	for e := range 2 {
		if err := p.OnStep(t.Context(), &crux.Step{Epoch: 10 * e, Run: run, Loss: 0.5, Losses: []float64{1, 0, math.NaN()}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.OnSolveEnd(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	frames := strings.Split(b.String(), "\x1b[J")
	if len(frames) != 4 || !strings.HasSuffix(frames[1], "\x1b[2A") || !strings.HasSuffix(frames[2], "\x1b[2A") || frames[3] != "" {
		t.Fatalf("frames %q", frames)
	}
	for _, line := range strings.Split(strings.TrimSuffix(frames[2], "\x1b[2A"), "\n") {
		if len([]rune(line)) > 29 {
			t.Errorf("%q is wider than the terminal", line)
		}
	}
	if d := p.left(&crux.Step{Epoch: 10}, time.Unix(55, 0)); d != 5*time.Second {
		t.Errorf("%v left, the budget ends in 5 s", d)
	}
}

// A result that is read is the one that was written, as far as the file has it.
func TestReadReport(t *testing.T) {
	dir := t.TempDir()
	b, err := jsonText(&Report{
		Problem: "q", Status: "diverged", Steps: 3, Seed: 1 << 60, Loss: Number(math.NaN()), Losses: Numbers{{"z", 1e-300}, {"a", 0.1}},
		Errors: Errors{{"u", FieldError{RelL2: Number(math.NaN()), MaxAbs: 2}}}, Truths: Numbers{{"k", 1}}, Findings: []string{"x"}, RunDir: &dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := saveBytes(dir, resultFile, b); err != nil {
		t.Fatal(err)
	}
	r, err := readReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := jsonText(r); err != nil || !bytes.Equal(again, b) {
		t.Errorf("%v: %s, written %s", err, again, b)
	}
	for _, text := range []string{"", "[]", `{"losses": [1]}`, `{"losses": {"a": "b"}}`, `{"errors": {"u": 1}}`, `{"errors": {`, `{"losses": 3}`} {
		if err := saveBytes(dir, resultFile, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if r, err := readReport(dir); err == nil {
			t.Errorf("%s: %+v", text, r)
		}
	}
}
