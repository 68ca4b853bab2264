package wandb

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// official is a log that the client wandb 0.31.0 wrote offline: a configuration of 70 kB, which spans blocks, three steps,
// a histogram, an image and the end.
func official(t *testing.T) []byte {
	t.Helper()
	f, err := os.Open("testdata/official.wandb.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func records(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var list [][]byte
	end, err := scan(b, func(r []byte) bool { list = append(list, bytes.Clone(r)); return true })
	if err != nil || end != len(b) {
		t.Fatalf("read to %d of %d: %v", end, len(b), err)
	}
	return list
}

// The records of the official log, framed again, are the same bytes.
func TestFramingEqualsOfficial(t *testing.T) {
	want := official(t)
	list := records(t, want)
	if len(list) != 24 {
		t.Fatalf("%d records", len(list))
	}
	var b bytes.Buffer
	l := &log{w: &b}
	if err := l.begin(); err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if err := l.append(r); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Error("other bytes")
	}
}

// A history record of the official log, built again from its parts, is the same bytes.
func TestHistoryEqualsOfficial(t *testing.T) {
	n := 0
	for _, r := range records(t, official(t)) {
		h, _, ok := field(r, fieldHistory)
		if !ok {
			continue
		}
		list := items(h)
		if slices.ContainsFunc(list, func(i Item) bool { return i.Key == "h" || strings.HasPrefix(i.Key, "explainability/img") }) {
			continue // their values are taken apart there
		}
		at, _, _ := field(h, 2)
		_, step, _ := field(at, 1)
		n++
		if got := history(int(step), list); !bytes.Equal(got, h) {
			t.Errorf("step %d: %x, want %x", step, got, h)
		}
	}
	if n != 3 {
		t.Errorf("%d records compared", n)
	}
}

// Records of any length, at any place of a block, come back; a log that is cut anywhere ends with the last whole record.
func TestFramingRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	l := &log{w: &b}
	if err := l.begin(); err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	var ends []int
	for k := range 300 {
		n := []int{0, 1, 7, rng.IntN(2000), blockSize - chunkHeader, rng.IntN(3 * blockSize)}[k%6]
		if k%10 == 9 { // leave fewer bytes than a header
			n = 2*blockSize - int(l.at)%blockSize - 2*chunkHeader - rng.IntN(2*chunkHeader)
		}
		r := make([]byte, n)
		for i := range r {
			r[i] = byte(rng.Uint32())
		}
		want = append(want, r)
		if err := l.append(r); err != nil {
			t.Fatal(err)
		}
		ends = append(ends, b.Len())
	}
	for i, r := range records(t, b.Bytes()) {
		if !bytes.Equal(r, want[i]) {
			t.Fatalf("record %d differs", i)
		}
	}
	for range 300 {
		cut := len(fileHeader) + rng.IntN(b.Len()-len(fileHeader))
		whole := 0
		for whole < len(ends) && ends[whole] <= cut {
			whole++
		}
		n := 0
		end, err := scan(b.Bytes()[:cut], func([]byte) bool { n++; return true })
		if n != whole || whole > 0 && end != ends[whole-1] || err != nil && !errors.Is(err, errDamaged) {
			t.Errorf("cut at %d: %d records to %d (%v), want %d", cut, n, end, err, whole)
		}
	}
	damaged := bytes.Clone(b.Bytes())
	damaged[ends[100]-1] ^= 1
	if end, err := scan(damaged, func([]byte) bool { return true }); !errors.Is(err, errDamaged) || end > ends[99] {
		t.Errorf("a changed byte: read to %d, %v", end, err)
	}
	if _, err := scan([]byte("PK\x03\x04 something else"), nil); err == nil || errors.Is(err, errDamaged) {
		t.Errorf("a foreign file: %v", err)
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(fileHeader + "\x00\x00\x00\x00\x00\x00\x01"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if end, err := scan(b, func([]byte) bool { return true }); end < 0 || end > len(b) || err == nil && len(b) < len(fileHeader) {
			t.Errorf("end %d of %d, %v", end, len(b), err)
		}
	})
}

// steps are the steps of a run's history with the values of one key, "" where it is missing.
func steps(t *testing.T, path, key string) (at []int, values []string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records(t, b) {
		if h, _, ok := field(r, fieldHistory); ok {
			s, _, _ := field(h, 2)
			_, n, _ := field(s, 1)
			v := ""
			for _, i := range items(h) {
				if i.Key == key {
					v = string(i.JSON)
				}
			}
			at, values = append(at, int(n)), append(values, v)
		}
	}
	return at, values
}

// A run goes on as one log: steps that are taken again are there once, the end is there once, what was known of the very
// step stays, and an uploaded run is left alone.
func TestContinue(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a [strange] name")
	now := time.Unix(1753900000, 5)
	r, err := Create(dir, Options{Project: "p", Config: map[string]any{"lr": 0.001}}, now)
	if err != nil {
		t.Fatal(err)
	}
	for s := range 10 {
		if err := r.History(s, now.Add(time.Second), []Item{Number("loss", float64(s)), Number("note", 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(0, now.Add(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(r.path(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("half a rec"); err != nil { // as after a kill
		t.Fatal(err)
	}
	f.Close()

	again, err := Continue(dir, 7)
	if err != nil {
		t.Fatal(err)
	}
	if again.ID != r.ID || !again.start.Equal(now) {
		t.Errorf("run %s from %v, want %s from %v", again.ID, again.start, r.ID, now)
	}
	for s := 7; s < 9; s++ {
		if err := again.History(s, now.Add(time.Minute), []Item{Number("loss", -float64(s))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := again.Close(0, now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	at, loss := steps(t, r.path(), "loss")
	_, note := steps(t, r.path(), "note")
	if !slices.Equal(at, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}) || loss[6] != "6" || loss[7] != "-7" || note[7] != "1" || note[8] != "" {
		t.Errorf("steps %v, losses %v, notes %v", at, loss, note)
	}
	if got := again.summary["note"]; string(got) != "1" {
		t.Errorf("the summary has the note %q", got)
	}
	b, _ := os.ReadFile(r.path())
	ends, num := 0, uint64(0)
	for _, rec := range records(t, b) {
		if _, _, ok := field(rec, fieldExit); ok {
			ends++
		}
		if _, n, _ := field(rec, fieldNum); n != num+1 {
			t.Errorf("record %d follows %d", n, num)
		}
		num++
	}
	if ends != 1 {
		t.Errorf("%d ends", ends)
	}
	if err := os.WriteFile(r.path()+".synced", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Continue(dir, 9); !errors.Is(err, ErrNone) {
		t.Errorf("an uploaded run: %v", err)
	}
	if _, err := Continue(t.TempDir(), 9); !errors.Is(err, ErrNone) {
		t.Errorf("an empty folder: %v", err)
	}
	if err := errors.Join(os.Remove(r.path()+".synced"), os.WriteFile(r.path(), []byte("a letter"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Continue(dir, 9); err == nil || !strings.Contains(err.Error(), "move it away") {
		t.Errorf("a foreign file: %v", err)
	}
	if b, _ := os.ReadFile(r.path()); string(b) != "a letter" {
		t.Error("the foreign file has changed")
	}
}

// Values are what Python's json reads.
func TestValues(t *testing.T) {
	for v, want := range map[float64]string{0.1: "0.1", 1e-300: "1e-300", math.Inf(1): "Infinity", math.Inf(-1): "-Infinity"} {
		if got := string(Number("k", v).JSON); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	if got := string(Number("k", math.NaN()).JSON); got != "NaN" {
		t.Errorf("NaN is %s", got)
	}
	h, err := Histogram("h", []float64{0, 1, 3}, []int{4, 5})
	if err != nil || string(h.JSON) != `{"_type":"histogram","values":[4,5],"bins":[0,1,3]}` {
		t.Errorf("%s, %v", h.JSON, err)
	}
	r, err := Create(t.TempDir(), Options{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Abandon() //nolint:errcheck
	i, err := r.Image("../a b/c#2", 3, []byte("png"), 4, 5, "step 3")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(i.JSON, &m); err != nil {
		t.Fatal(err)
	}
	// the digest is that of sha256sum
	if m["path"] != "media/images/--/a-b/c-2_3_8f8cbb7dcf46e0bc7d53.png" {
		t.Errorf("path %v", m["path"])
	}
	if b, err := os.ReadFile(filepath.Join(r.Dir, "files", m["path"].(string))); err != nil || string(b) != "png" || m["size"] != 3.0 {
		t.Errorf("%v: %q, %v", m, b, err)
	}
}

// What a server would refuse later is an error at once.
func TestCheck(t *testing.T) {
	for _, o := range []Options{
		{Project: "a/b"}, {Project: strings.Repeat("p", 129)}, {Tags: []string{""}}, {Config: map[string]any{"f": func() {}}}, {Config: map[string]any{"x": math.NaN()}},
	} {
		if Check(o) == nil {
			t.Errorf("%+v: no error", o)
		}
	}
	if err := Check(Options{Project: "crux", Tags: []string{"a b"}, Config: map[string]any{"lr": 1e-3}}); err != nil {
		t.Error(err)
	}
}
