package report_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/internal/report"
)

// Whatever result.json and history.csv hold, they are read or refused.
func FuzzRead(f *testing.F) {
	whole, err := report.Sealed(&report.Report{Problem: "p", Verdict: "solved"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte(`{"problem": "p", "losses": {"pde": 1e-3, "bc": null}, "shown": [], "schema": 1}`))
	path := filepath.Join(f.TempDir(), "result.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := report.Read(path); (r == nil) == (err == nil) {
			t.Errorf("%v, %v", r, err)
		}
	})
}

func FuzzReadHistory(f *testing.F) {
	f.Add([]byte("epoch,loss,time\n0,1,0.1\n1,0.5,\n2,0."))
	f.Add([]byte("epoch,loss\n0,NaN\n1e3,x\n"))
	path := filepath.Join(f.TempDir(), "history.csv")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := report.ReadHistory(path)
		if err != nil {
			return
		}
		for i, c := range h.Columns {
			if len(c) != len(h.Steps) || len(h.Columns) != len(h.Names) {
				t.Errorf("column %d has %d numbers of %d, %d names", i, len(c), len(h.Steps), len(h.Names))
			}
		}
	})
}
