package cli

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/report"
)

// On a terminal there is a block with a line for each run under way; warnings and runs that end stand above it.
func TestOverview(t *testing.T) {
	var b bytes.Buffer
	sec := 0
	o := newOverview(Streams{
		Err: &b, Terminal: func() (int, int) { return 60, 9 }, Now: func() time.Time { sec++; return time.Unix(int64(sec), 0) },
	}, &batch{manifest: manifest{Problem: "burgers"}, runs: make([]*member, 3)}, 3, false)
	var ws []*watcher
	for i := range 2 {
		w := &watcher{o: o, m: &member{entry: entry{Name: fmt.Sprintf("seed-%d", i+1)}}, steps: 100}
		o.active = append(o.active, w)
		ws = append(ws, w)
	}
	step := func(w *watcher, epoch int) {
		if err := w.OnStep(t.Context(), &crux.Step{Epoch: epoch, Loss: 0.5}); err != nil {
			t.Fatal(err)
		}
	}
	step(ws[0], 10)
	step(ws[1], 20)
	fmt.Fprintln(o, "crux: warning: careful") //nolint:errcheck // it goes to memory
	ws[0].m.report = &report.Report{Status: "diverged", Steps: 11, Loss: 2, Seconds: 1, Errors: report.Errors{{Name: "u", Value: report.FieldError{RelL2: 0.1}}}}
	o.ended(ws[0].m)
	step(ws[1], 30)
	o.close()
	want := together + "\r\x1b[Jburgers  0/3 runs done\n  seed-1  step 10/100  loss 5.000e-01\n  seed-2  step 0/100  loss 0.000e+00\n" + apart +
		together + "\r\x1b[3A\x1b[Jburgers  0/3 runs done\n  seed-1  step 10/100  loss 5.000e-01\n  seed-2  step 20/100  loss 5.000e-01\n" + apart +
		"\r\x1b[3A\x1b[Jcrux: warning: careful\n" +
		"burgers  seed-1: diverged, 11 steps in 1.0s, loss 2.000e+00, u 1.00e-01\n" +
		together + "\r\x1b[Jburgers  1/3 runs done, 1 failed\n  seed-2  step 20/100  loss 5.000e-01\n" + apart +
		together + "\r\x1b[2A\x1b[Jburgers  1/3 runs done, 1 failed\n  seed-2  step 30/100  loss 5.000e-01\n" + apart +
		"\r\x1b[2A\x1b[J"
	if b.String() != want {
		t.Errorf("got\n%q, want\n%q", b.String(), want)
	}
}

// Without a terminal there is a line now and then, one for each run that ends, and one for the worst of them.
func TestOverviewLines(t *testing.T) {
	folder(t)
	sec := 0
	var out, stderr bytes.Buffer
	clock := func() time.Time { sec += 6; return time.Unix(int64(sec), 0) }
	if code := Run(t.Context(), []string{"solve", "tiny.yaml", "--seeds", "2", "--jobs", "1"}, Streams{Out: &out, Err: &stderr, Now: clock}); went(code) != exitOK {
		t.Fatal(stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	if len(lines) != 13 || !strings.HasPrefix(lines[0], "tiny  0/2 runs done  seed-1  step 1/10  loss ") || !strings.HasPrefix(lines[11], "tiny  seed-2: completed, 10 steps in ") ||
		!strings.HasPrefix(lines[12], "crux: seed-1: tiny: ill-posed: ") {
		t.Errorf("%d lines: %s", len(lines), stderr.String())
	}
}
