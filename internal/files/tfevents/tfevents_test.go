package tfevents

import (
	"bytes"
	"math"
	"os"
	"testing"
	"time"
)

// The same events, written by TensorBoard's own writer (testdata/make.py), are the same bytes.
func TestEqualsOfficial(t *testing.T) {
	want, err := os.ReadFile("testdata/official.tfevents")
	if err != nil {
		t.Fatal(err)
	}
	at := func(ms int64) time.Time { return time.UnixMilli(1753900000_000 + ms) }
	var b bytes.Buffer
	w, err := NewWriter(&b, at(250))
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		w.Start(at(250), 7),
		w.Summary(at(1500), 300, Scalar("loss", 0.125), Scalar("loss/pde", math.NaN())),
		w.Summary(at(2000), 300, Image("map", 3, 2, []byte("\x89PNG"))),
		w.Summary(at(2000), 0, Histogram("r", []float64{-1, 0, 1, 3}, []int{1, 0, 5})),
		w.Summary(at(2500), 301, Text("status", "**completed**: ran all steps")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := b.Bytes(); !bytes.Equal(got, want) {
		k := 0
		for k < min(len(got), len(want)) && got[k] == want[k] {
			k++
		}
		t.Errorf("%d bytes, want %d; they differ from byte %d on", len(got), len(want), k)
	}
}
