package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/internal/schema"
)

// origin is what originFile holds. It is written when a run begins, so that one that is killed has it too.
type origin struct {
	Schema int `json:"schema"`
	report.Origin
}

// begun writes down in the directory of a run, or of several, that this command line begins it from a problem file. Where it only goes on
// with them, it is added.
func (a *app) begun(dir, path string) (*report.Origin, error) {
	if exists(filepath.Join(dir, originFile)) {
		return a.continued(dir)
	}
	o := &report.Origin{Began: second(time.Now()), Commands: []string{commandLine(a.args)}, Version: Version(), Host: host()}
	o.Folder, _ = os.Getwd()           // without it the command says less
	o.File, _ = filepath.Abs(path)     // likewise
	o.SHA256, _ = report.FileSum(path) // it has just been read
	return o, writeOrigin(dir, o)
}

// continued adds this command line to the origin of a run directory. One of before there were origins gets none.
func (a *app) continued(dir string) (*report.Origin, error) {
	o, err := readOrigin(dir)
	if o == nil || err != nil {
		return nil, err
	}
	o.Commands = append(o.Commands, commandLine(a.args))
	return o, writeOrigin(dir, o)
}

// ofBatch is the origin of a run of several, which begins or goes on: that of its batch, at its own time.
func (a *app) ofBatch(batch, dir string) (*report.Origin, error) {
	if exists(filepath.Join(dir, originFile)) {
		return a.continued(dir)
	}
	o, err := readOrigin(batch)
	if o == nil || err != nil {
		return nil, err
	}
	o.Began = second(time.Now())
	return o, writeOrigin(dir, o)
}

// readOrigin reads the origin in a directory; nil if there is none.
func readOrigin(dir string) (*report.Origin, error) {
	path := filepath.Join(dir, originFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fail(exitFailed, fmt.Errorf("read %s: %w", path, ckpt.Cause(err)))
	}
	var o origin
	if err := json.Unmarshal(b, &o); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s does not say where the run comes from (%w); remove it", path, err))
	}
	if err := schema.Check(o.Schema); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("read %s: %w", path, err))
	}
	return &o.Origin, nil
}

func writeOrigin(dir string, o *report.Origin) error {
	b, err := report.JSON(origin{schema.Version, *o})
	if err == nil {
		err = saveBytes(dir, originFile, b)
	}
	return fail(exitFailed, err)
}

// second is a time as records have it.
func second(t time.Time) time.Time { return t.Truncate(time.Second) }

// commandLine is what was typed, quoted where a shell needs it.
func commandLine(args []string) string {
	words := []string{"crux"}
	for _, s := range args {
		words = append(words, report.Quoted(s))
	}
	return strings.Join(words, " ")
}

// host says on what a run trains: the processor, as far as its system names it, the cores, and the instruction set.
func host() string {
	parts := []string{processor(), report.Counted(runtime.NumCPU(), "core"), kern.Instructions()}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func processor() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return os.Getenv("PROCESSOR_IDENTIFIER") // of Windows
	}
	for line := range strings.Lines(string(b)) {
		if key, name, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.Join(strings.Fields(name), " ")
		}
	}
	return runtime.GOARCH
}
