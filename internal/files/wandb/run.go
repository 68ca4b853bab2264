package wandb

import (
	"bufio"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Options describe a run to W&B.
type Options struct {
	Project, Entity, Group, Name, Notes string
	Tags                                []string
	Config                              map[string]any // what JSON can express
}

// Run is a run directory that is being written: DIR/wandb/offline-run-DATE_TIME-ID with the transaction log and files. Its
// methods belong to one goroutine.
type Run struct {
	Dir string
	ID  string

	file    *os.File
	out     *bufio.Writer
	log     log
	num     int64 // records so far
	start   time.Time
	summary map[string][]byte
	news    map[string]bool // keys of summary that the log does not have yet
	shown   time.Time       // when the summary was written last

	held     []Item // what a continued log had about the step with which it continues
	heldStep int
}

// summaryEvery is the time between two records of the summary.
const summaryEvery = 5 * time.Second

// Create makes the directory of a new run below dir/wandb.
func Create(dir string, o Options, now time.Time) (*Run, error) {
	id, err := newID()
	if err != nil {
		return nil, err
	}
	r := &Run{ID: id, start: now, summary: map[string][]byte{}, news: map[string]bool{}, shown: now}
	r.Dir = filepath.Join(dir, "wandb", "offline-run-"+now.Format("20060102_150405")+"-"+id)
	for _, d := range []string{"files", "logs"} {
		if err := os.MkdirAll(filepath.Join(r.Dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	if r.file, err = os.OpenFile(r.path(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return nil, err
	}
	r.out = bufio.NewWriterSize(r.file, 1<<16)
	r.log.w = r.out
	if err := r.log.begin(); err != nil {
		return r, err
	}
	m, err := r.head(o)
	if err != nil {
		return r, err
	}
	return r, r.record(fieldRun, m)
}

func (r *Run) path() string { return filepath.Join(r.Dir, "run-"+r.ID+".wandb") }

// newID names a run: eight letters and digits. It has to differ between runs of one seed, so it comes from the system.
func newID() (string, error) {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	b := make([]byte, 8)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)]
	}
	return string(b), nil
}

// head is the message that introduces the run.
func (r *Run) head(o Options) (message, error) {
	var m, config message
	for _, key := range slices.Sorted(maps.Keys(o.Config)) {
		v, err := json.Marshal(o.Config[key])
		if err != nil {
			return nil, fmt.Errorf("wandb: config %q: %w", key, err)
		}
		config.item(1, key, v)
	}
	host, _ := os.Hostname() //nolint:errcheck // it may stay empty
	m.text(1, r.ID)
	m.text(2, o.Entity)
	m.text(3, o.Project)
	m.embed(4, config)
	m.text(6, o.Group)
	m.text(8, o.Name)
	m.text(9, o.Notes)
	for _, t := range o.Tags {
		m.text(10, t)
	}
	m.text(13, host)
	m.time(17, r.start)
	return m, nil
}

// record writes one message of the log, whose content is of the given kind.
func (r *Run) record(kind protowire.Number, content message) error {
	r.num++
	var m, info message
	m.integer(fieldNum, r.num)
	m.embed(kind, content)
	info.text(1, r.ID)
	m.embed(fieldInfo, info)
	return r.log.append(m)
}

// History writes what was recorded at a step. Steps ascend.
func (r *Run) History(step int, at time.Time, items []Item) error {
	items = slices.Clone(items)
	if step == r.heldStep {
		for _, h := range r.held {
			if !strings.HasPrefix(h.Key, "_") && !slices.ContainsFunc(items, func(i Item) bool { return i.Key == h.Key }) {
				items = append(items, h)
			}
		}
	}
	items = append(items,
		Number("_step", float64(step)),
		Number("_timestamp", float64(at.UnixMicro())/1e6),
		Number("_runtime", max(0, at.Sub(r.start).Seconds())),
	)
	for _, i := range items {
		r.summary[i.Key], r.news[i.Key] = i.JSON, true
	}
	return r.record(fieldHistory, history(step, items))
}

// Summary gives a key of the summary a value of its own, beside the latest ones of the history.
func (r *Run) Summary(key, value string) {
	b, err := json.Marshal(value)
	if err != nil {
		return // no text is such
	}
	r.summary[key], r.news[key] = b, true
}

// Image writes a PNG file and returns the entry that shows it in the history of a step.
func (r *Run) Image(key string, step int, png []byte, width, height int, caption string) (Item, error) {
	sum := sha256.Sum256(png)
	digest := hex.EncodeToString(sum[:])
	name := path.Join("media", "images", fmt.Sprintf("%s_%d_%s.png", fileName(key), step, digest[:20]))
	full := filepath.Join(r.Dir, "files", filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		return Item{}, err
	}
	if err := os.WriteFile(full, png, 0o644); err != nil { //nolint:gosec // as all results
		return Item{}, err
	}
	var files, f message
	f.text(1, name)
	f.integer(3, 2) // media
	files.embed(1, f)
	if err := r.record(fieldFiles, files); err != nil {
		return Item{}, err
	}
	b, err := json.Marshal(struct {
		Type    string `json:"_type"`
		SHA     string `json:"sha256"`
		Size    int    `json:"size"`
		Path    string `json:"path"`
		Format  string `json:"format"`
		Width   int    `json:"width"`
		Height  int    `json:"height"`
		Caption string `json:"caption"`
	}{"image-file", digest, len(png), name, "png", width, height, caption})
	return Item{key, b}, err
}

// fileName is a key as a relative path that every file system and web server takes.
func fileName(key string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '/':
			return r
		}
		return '-'
	}, key)
	return strings.TrimLeft(path.Clean("/"+s), "/")
}

// Flush writes to disk what there is, and now and then the summary.
func (r *Run) Flush(now time.Time) error {
	if now.Sub(r.shown) >= summaryEvery {
		r.shown = now
		if err := r.summarise(); err != nil {
			return err
		}
	}
	return r.out.Flush()
}

// summarise writes the latest value of every key that has a new one.
func (r *Run) summarise() error {
	if len(r.news) == 0 {
		return nil
	}
	var m message
	for _, key := range slices.Sorted(maps.Keys(r.news)) {
		m.item(1, key, r.summary[key])
	}
	clear(r.news)
	return r.record(fieldSummary, m)
}

// Close ends the run with an exit code, 0 for success.
func (r *Run) Close(code int, now time.Time) error {
	err := r.summarise()
	if err == nil {
		var m message
		m.integer(1, int64(code))
		m.integer(2, int64(max(0, now.Sub(r.start).Seconds())))
		err = r.record(fieldExit, m)
	}
	return errors.Join(err, r.Abandon())
}

// Abandon closes the log as it is: W&B then takes the run for one that continues, or crashed.
func (r *Run) Abandon() error { return errors.Join(r.out.Flush(), r.file.Close()) }
