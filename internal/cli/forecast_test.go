//go:build linux

package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
)

// peak is the most memory that the process has had since the last call, in bytes.
func peak(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Skip("the system does not tell")
	}
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil { // the peak begins again
		t.Skip(err)
	}
	kb, _ := strconv.ParseFloat(string(m[1]), 64)
	return 1e3 * kb
}

// What a run takes is what --dry-run says, within a factor of two on either side, whatever it is taken by: three sizes of each. Beside it
// is the process, with its collector.
func TestForecast(t *testing.T) {
	if testing.Short() {
		t.Skip("trains")
	}
	t.Chdir(t.TempDir())
	const file = `problem: p
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {hidden: [%d, %d]}}
constraints:
  pde: {residual: "u_xx + u_yy + 1", points: %d}
  bc: {residual: u, on: boundary, points: 50}
optimizer: {adam: {}, steps: 1}
grid: %d
hard: none
scale: none
`
	const process = 40e6
	for _, c := range []struct {
		what                string
		width, points, grid int
	}{
		{"points", 4, 200_000, 11},
		{"points", 4, 500_000, 11},
		{"points", 4, 1_000_000, 11},
		{"grid", 4, 50, 500},
		{"grid", 4, 50, 1000},
		{"grid", 4, 50, 2000},
		{"estimated error", 50, 50, 11},
		{"estimated error", 100, 50, 11},
		{"estimated error", 200, 50, 11},
	} {
		if err := os.WriteFile("p.yaml", fmt.Appendf(nil, file, c.width, c.width, c.points, c.grid), 0o644); err != nil {
			t.Fatal(err)
		}
		var said struct{ Memory map[string]float64 }
		if err := json.Unmarshal([]byte(quietly(t, "solve", "p.yaml", "--dry-run", "--json")), &said); err != nil {
			t.Fatal(err)
		}
		all := 0.0
		for _, bytes := range said.Memory {
			all += bytes
		}
		if said.Memory[c.what] < all/2 {
			t.Errorf("%+v: it is not what takes most: %v", c, said.Memory)
		}
		peak(t)
		before := resident(t)
		quietly(t, "solve", "p.yaml", "-q")
		got := peak(t) - before
		if !(got <= 2*all+process && got+process >= all/2) {
			t.Errorf("%+v: %.0f MB, and %.0f MB were announced", c, got/1e6, all/1e6)
		}
		t.Logf("%+v: %.0f MB, announced %.0f", c, got/1e6, all/1e6)
	}
}

// resident is the memory that the process has now, in bytes.
func resident(t *testing.T) float64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip(err)
	}
	pages, _ := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	return pages * float64(os.Getpagesize())
}

// What does not fit is refused before anything is drawn, compiled or trained, by what takes most and with what makes it less.
func TestForecastRefuses(t *testing.T) {
	folder(t)
	for _, c := range []struct{ set, says string }{
		{"constraints.pde.points=200000000", "take fewer points"},
		{"grid=3000000", "take fewer points per axis, with grid: N"},
		{"fields.u.hidden=[400, 400]", "take a smaller network"},
	} {
		for _, command := range []string{"solve", "validate"} {
			limit := debug.SetMemoryLimit(100e6)
			r := call(t, command, "tiny.yaml", "--set", c.set)
			debug.SetMemoryLimit(limit)
			if r.code != exitUsage || !strings.Contains(r.err, "of memory, more than the 0.1 GB there are; "+c.says) {
				t.Errorf("%s %s: %+v", command, c.set, r)
			}
			if exists("runs") {
				t.Errorf("%s %s has a run directory", command, c.set)
			}
		}
	}
}
