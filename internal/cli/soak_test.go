package cli

import (
	"context"
	"io"
	"os"
	"runtime"
	"testing"
	"time"
)

// For as long as CRUX_SOAK says, all commands again and again in one process: neither memory nor goroutines grow. Runs of all kinds are
// among them, with trackers, resampling, checkpoints, a rollback; the last third of the time is compared with the third before.
func TestSoak(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("CRUX_SOAK"))
	if err != nil {
		t.Skip("CRUX_SOAK=30m runs it")
	}
	watched(t)
	if err := os.WriteFile("edge.yaml", []byte(edge), 0o644); err != nil {
		t.Fatal(err)
	}
	runs := []string{
		"adam: {}, steps: 400", "lbfgs: {}, steps: 200", "ssbroyden: {}, steps: 200", "lm: {}, steps: 60", "soap: {}, steps: 300",
	}
	rounds, given := 0, 0
	give := func(line ...string) int {
		given++
		return went(Run(context.Background(), line, Streams{Out: io.Discard, Err: io.Discard}))
	}
	round := func() {
		rounds++
		for _, line := range [][]string{
			{"solve", "watched.yaml", "-q", "--out", "d", "--set", "optimizer=[{" + runs[rounds%len(runs)] + "}]"},
			{"resume", "d", "-q", "--steps", "450"},
			{"eval", "d"},
			{"explain", "d"},
			{"plot", "d"},
			{"report", "d"},
			{"show", "d", "--json"},
			{"validate", "watched.yaml"},
		} {
			if code := give(line...); code != exitOK {
				t.Fatalf("round %d: %v: exit code %d", rounds, line, code)
			}
		}
		if code := give("solve", "edge.yaml", "-q", "--out", "e"); code != exitDiverged {
			t.Fatalf("round %d: exit code %d", rounds, code)
		}
		for _, dir := range []string{"d", "e"} {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	inUse := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // the first one frees what finalizers held
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	round()
	// Cobra keeps the table of commands of every call for as long as the process lives, which one that gives a single command never sees.
	const calls = 50
	before := inUse()
	for range calls {
		give("version")
	}
	table := max(0, inUse()-before) / calls
	given = 0
	start, goroutines := time.Now(), runtime.NumGoroutine()
	var most [3]float64 // of each third
	for time.Since(start) < span {
		round()
		third := min(2, int(3*time.Since(start)/span))
		most[third] = max(most[third], inUse()-table*float64(given))
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Fatalf("round %d: %d goroutines, and %d after the first round", rounds, n, goroutines)
		}
	}
	t.Logf("%d rounds in %v: at most %.2f, %.2f and %.2f MB in use in each third, without %.0f kB of tables for each of %d commands; %d goroutines",
		rounds, time.Since(start).Round(time.Second), most[0]/1e6, most[1]/1e6, most[2]/1e6, table/1e3, given, goroutines)
	if most[1] == 0 || most[2] == 0 {
		t.Fatal("too short: each third needs a round")
	}
	const slack = 1e6 // of caches that fill
	if most[2] > 1.05*most[1]+slack {
		t.Errorf("memory grows: at most %.2f MB in use, then %.2f", most[1]/1e6, most[2]/1e6)
	}
}
