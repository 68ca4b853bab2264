package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// browser is a program that looks at a live run: standard error tells it where, and it asks for the report when it is told of one.
type browser struct {
	t       *testing.T
	said    bytes.Buffer
	reports []string
	state   map[string]any
	done    chan struct{} // nil before it looks
}

func (b *browser) Write(p []byte) (int, error) {
	b.said.Write(p)
	if _, url, ok := strings.Cut(string(p), "live: "); ok {
		b.done = make(chan struct{})
		begun := make(chan struct{})
		go b.look(strings.TrimSpace(url), begun)
		<-begun // the run goes on when somebody looks
	}
	return len(p), nil
}

func (b *browser) look(url string, begun chan struct{}) {
	defer close(b.done)
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	get := func(path string) io.ReadCloser {
		a, err := c.Get(url + path)
		if err != nil {
			b.t.Error(err)
			return io.NopCloser(strings.NewReader(""))
		}
		return a.Body
	}
	events := get("events")
	defer events.Close() //nolint:errcheck
	close(begun)
	event := ""
	for lines := bufio.NewScanner(events); lines.Scan(); {
		if e, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			event = e
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		switch {
		case !ok:
		case event == "state":
			if err := json.Unmarshal([]byte(data), &b.state); err != nil {
				b.t.Error(err)
			}
		case event == "page":
			page := get("report")
			text, err := io.ReadAll(page)
			page.Close() //nolint:errcheck
			if err != nil {
				b.t.Error(err)
			}
			b.reports = append(b.reports, string(text))
		case event == "end":
			return
		}
	}
}

// While a run trains its numbers and its report can be looked at; at the end the report is the file. Its bits are those of a run at which
// nobody looks.
func TestLive(t *testing.T) {
	folder(t)
	b := &browser{t: t}
	var out bytes.Buffer
	code := Run(t.Context(), []string{"solve", "tiny.yaml", "--live", "-q", "--out", "seen", "--steps", "3000"}, Streams{Out: &out, Err: b})
	if b.done == nil {
		t.Fatal(b.said.String())
	}
	<-b.done
	if went(code) != exitOK || !strings.Contains(out.String(), "report in seen/report.html") {
		t.Fatalf("exit %d: %s%s", code, out.String(), b.said.String())
	}
	file, err := os.ReadFile(filepath.Join("seen", reportFile))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.reports) == 0 || b.reports[len(b.reports)-1] != string(file) {
		t.Errorf("%d reports, and the last one is not the file", len(b.reports))
	}
	quietly(t, "solve", "tiny.yaml", "-q", "--out", "unseen", "--steps", "3000")
	x, errX := os.ReadFile(filepath.Join("seen", parametersFile))
	y, errY := os.ReadFile(filepath.Join("unseen", parametersFile))
	if errX != nil || errY != nil || !bytes.Equal(x, y) {
		t.Errorf("the parameters differ (%v, %v)", errX, errY)
	}
	if r := call(t, "solve", "tiny.yaml", "--seeds", "2", "--live"); r.code != exitUsage || !strings.Contains(r.err, "--live is of one run") {
		t.Errorf("%+v", r)
	}
}

// The report of a run under way is that of its newest checkpoint, and numbers are those of the step.
func TestLiveUnderWay(t *testing.T) {
	folder(t)
	interrupted(t, "tiny.yaml", "run", 7)
	if err := os.Remove(filepath.Join("run", resultFile)); err != nil {
		t.Fatal(err)
	}
	a := &app{Streams: Streams{Out: io.Discard, Err: io.Discard, Now: time.Now}}
	v := &liveView{app: a, dir: "run"}
	page, err := v.report()
	if err != nil || !bytes.Contains(page, []byte("running")) {
		t.Errorf("%v: %d bytes", err, len(page))
	}
	first := newestCheckpoint("run")
	if first == "" || newestCheckpoint("nowhere") != "" {
		t.Errorf("%q", first)
	}
}
