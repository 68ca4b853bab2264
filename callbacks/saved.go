package callbacks

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// Saved is a checkpoint that was read.
type Saved struct {
	Path      string
	State     *crux.State
	Callbacks map[string][]byte // states by type and place among those of the type
	About     map[string]string // what Checkpoint.About was
	Skipped   []error           // newer files that Latest could not read
}

const bestName = "best.safetensors"

func fileName(epoch int) string { return fmt.Sprintf("checkpoint-%09d.safetensors", epoch) }

// list names the checkpoints in a folder, oldest first.
func list(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if stepOf(e.Name()) >= 0 {
			names = append(names, e.Name())
		}
	}
	slices.SortFunc(names, func(a, b string) int { return stepOf(a) - stepOf(b) })
	return names, nil
}

// StepOf is the step of a checkpoint by its path; −1 if that is none of a checkpoint.
func StepOf(path string) int { return stepOf(filepath.Base(path)) }

func stepOf(name string) int {
	var step int
	if _, err := fmt.Sscanf(name, "checkpoint-%d.safetensors", &step); err != nil || name != fileName(step) {
		return -1
	}
	return step
}

// Checkpoints lists the paths of the checkpoints in a folder, the newest first, whether they can be read or not.
func Checkpoints(dir string) ([]string, error) {
	names, err := list(dir)
	if err != nil {
		return nil, fmt.Errorf("callbacks: %w", err)
	}
	slices.Reverse(names)
	for i, n := range names {
		names[i] = filepath.Join(dir, n)
	}
	return names, nil
}

// Load reads one checkpoint. A file that was cut short or changed, and one that is not a checkpoint of crux, are errors.
func Load(path string) (*Saved, error) {
	b, err := ckpt.ReadFile(path)
	if errors.Is(err, ckpt.ErrDamaged) {
		err = fmt.Errorf("%w (%v)", errDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("callbacks: %s: %w", path, ckpt.Cause(err))
	}
	s, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("callbacks: %s: %w", path, err)
	}
	s.Path = path
	return s, nil
}

// Latest reads the newest checkpoint of a folder. One that cannot be read is skipped for the one before, and named in
// Skipped. A folder without any that can be read is an error that says what is wrong with each.
func Latest(dir string) (*Saved, error) {
	paths, err := Checkpoints(dir)
	if err != nil {
		return nil, err
	}
	var skipped []error
	for _, path := range paths {
		s, err := Load(path)
		if err == nil {
			s.Skipped = skipped
			return s, nil
		}
		skipped = append(skipped, err)
	}
	if len(skipped) == 0 {
		return nil, fmt.Errorf("callbacks: no checkpoint in %s; take the Dir of a Checkpoint", dir)
	}
	return nil, errors.Join(skipped...)
}

// Save writes a checkpoint to a file, whole or not at all.
func (f *Saved) Save(path string) error { return ckpt.WriteFile(path, f.encode) }

// Restore puts solver and callbacks where they were. Both are made again, in the same way as for the run that was saved,
// and the callbacks are then passed to Solve in the same order. A callback that the checkpoint does not know
// starts afresh; one that it knows and that is missing, or a state that does not fit, is an error, after which neither
// solver nor callbacks are to be used.
//
// What is left of n steps is n − solver.Epoch().
func (f *Saved) Restore(solver *crux.Solver, callbacks ...crux.Callback) error {
	var kept []crux.Stateful
	for _, c := range callbacks {
		if k, ok := c.(crux.Stateful); ok {
			kept = append(kept, k)
		}
	}
	keys := keysOf(kept)
	var missing []string
	for _, k := range slices.Sorted(maps.Keys(f.Callbacks)) {
		if !slices.Contains(keys, k) {
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("callbacks: %s: it holds the state of %s; pass to Restore all callbacks of the run that was saved", f.Path,
			strings.Join(missing, ", "))
	}
	if err := solver.SetState(f.State); err != nil {
		return fmt.Errorf("callbacks: %s: %w", f.Path, err)
	}
	for i, k := range kept {
		if b, ok := f.Callbacks[keys[i]]; ok {
			if err := k.SetState(b); err != nil {
				return fmt.Errorf("callbacks: %s: %s: %w", f.Path, keys[i], err)
			}
		}
	}
	return nil
}
