package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/live"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/optim"
)

// liveView shows a run to browsers while it trains: numbers as they come, and the report of its newest checkpoint. The report is made
// beside the run from the files of its directory, as crux report makes it, so training does not know of it; it takes a tenth of the time at
// most, and none while nobody looks.
type liveView struct {
	app    *app // that says nothing
	dir    string
	server *live.Server
	end    chan struct{} // closed when no more reports are wanted
	done   chan struct{} // closed when none are made
	once   sync.Once     // for end
}

const (
	tellEvery   = 500 * time.Millisecond // numbers
	lookEvery   = 500 * time.Millisecond // for a new checkpoint
	shareOfTime = 10                     // a report is made after so many times as long as the last one took
)

// newLive begins to serve a run, and says where.
func (a *app) newLive(dir string) (*liveView, error) {
	s, err := live.Start()
	if err != nil {
		return nil, err
	}
	v := &liveView{
		app: &app{Streams: Streams{Out: io.Discard, Err: io.Discard, Now: a.Now}}, dir: dir, server: s,
		end: make(chan struct{}), done: make(chan struct{}),
	}
	fmt.Fprintf(a.Err, "live: %s\n", s.URL()) //nolint:errcheck
	go v.reports()
	return v, nil
}

// progress is the callback of a training that tells browsers how it goes.
func (v *liveView) progress(p *problemfile.Problem) crux.Callback {
	w := v.app.newProgress(p)
	w.every = tellEvery
	w.show = func(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) {
		if v.server.Watched() {
			v.server.Tell(w.state(s, now, method, watched))
		}
	}
	return w
}

// liveConstraint is a constraint as the page shows it.
type liveConstraint struct {
	Name   string     `json:"name"`
	Loss   string     `json:"loss"`
	Points string     `json:"points"`
	Course []*float64 `json:"course"` // heights between 0 and 1; null where there is none
}

// state is what browsers are told of a step.
func (p *progress) state(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) []byte {
	v := struct {
		Name        string           `json:"name"`
		Parts       []string         `json:"parts"`
		Estimate    string           `json:"estimate"`
		Constraints []liveConstraint `json:"constraints"`
		Numbers     []string         `json:"numbers"`
		Latest      string           `json:"latest"`
	}{Name: p.problem.Name, Parts: p.head(s, now, method)[1:], Estimate: p.estimates(), Numbers: p.numbers(s, watched)}
	for i, l := range s.Losses {
		c := liveConstraint{Name: p.names[i], Loss: fmt.Sprintf("%.3e", l), Points: report.Counted(s.Run.Points(i).Len(), "point")}
		for _, h := range p.losses[i].heights(100) {
			if math.IsNaN(h) {
				c.Course = append(c.Course, nil)
				continue
			}
			h = math.Round(1000*h) / 1000
			c.Course = append(c.Course, &h)
		}
		v.Constraints = append(v.Constraints, c)
	}
	p.news(method)
	v.Latest = p.latest
	b, err := json.Marshal(v)
	if err != nil {
		return []byte("{}") // texts and finite numbers can be written
	}
	return b
}

// reports makes the report of each new checkpoint while somebody looks.
func (v *liveView) reports() {
	defer close(v.done)
	next, shown := time.Now(), ""
	for tick := time.NewTicker(lookEvery); ; {
		select {
		case <-v.end:
			tick.Stop()
			return
		case <-tick.C:
		}
		newest := newestCheckpoint(v.dir)
		if !v.server.Watched() || newest == "" || newest == shown || time.Now().Before(next) {
			continue
		}
		began := time.Now()
		if page, err := v.report(); err == nil { // the next checkpoint may do better
			shown = newest
			v.server.Show(page)
		}
		next = time.Now().Add(shareOfTime * time.Since(began))
	}
}

// newestCheckpoint is the path of a run's newest checkpoint and when it was written; "" if there is none. Another way begins at step 0
// again.
func newestCheckpoint(dir string) string {
	files, err := callbacks.Checkpoints(filepath.Join(dir, checkpointFolder))
	if err != nil || len(files) == 0 {
		return ""
	}
	info, err := os.Stat(files[0])
	if err != nil {
		return ""
	}
	return fmt.Sprint(files[0], info.ModTime().UnixNano())
}

// report is the page of the run as its files have it now.
func (v *liveView) report() ([]byte, error) {
	r, err := v.app.readRun(v.dir)
	if err != nil {
		return nil, err
	}
	t, err := v.app.openTrained(v.dir)
	if err != nil {
		return nil, err
	}
	defer t.solver.Close() //nolint:errcheck // it only ends workers
	p, err := newPage(t, r.report, v.dir)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = p.Write(&b)
	return b.Bytes(), err
}

// last shows the report at the end of the run, which is in a file.
func (v *liveView) last(path string) {
	if v == nil {
		return
	}
	v.stop()
	if b, err := os.ReadFile(path); err == nil {
		v.server.Show(b)
	}
}

// stop ends the making of reports.
func (v *liveView) stop() {
	v.once.Do(func() { close(v.end) })
	<-v.done
}

// close lets browsers take what was shown last.
func (v *liveView) close() {
	v.stop()
	v.server.Close()
}
