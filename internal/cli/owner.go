package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// ownerFile names the process that writes into a run directory. It is locked as long as that process lives, and removed at the end.
const ownerFile = "owner.json"

// owner is a process that writes into a run directory. Only what reads, such as crux eval, does without being one.
type owner struct {
	PID     int       `json:"pid"`
	Host    string    `json:"host"`
	Began   time.Time `json:"began"`
	Command string    `json:"command"`

	file *os.File
}

// own makes this process the owner of a run directory, until release. Another one that lives is an error that names it; what one that
// died has left half written is removed.
func (a *app) own(dir string) (*owner, error) {
	host, _ := os.Hostname() // without it the message says less
	o := &owner{PID: os.Getpid(), Host: host, Began: second(time.Now()), Command: commandLine(a.args)}
	path := filepath.Join(dir, ownerFile)
	var err error
	if o.file, err = lockFile(path); errors.Is(err, errOwned) {
		return nil, fail(exitUsage, ownedError{ownedBy(dir, path)})
	}
	if err == nil {
		b, _ := json.Marshal(o) // of numbers and texts
		_, err = o.file.WriteAt(append(b, '\n'), 0)
	}
	if err != nil {
		o.release()
		return nil, fail(exitFailed, fmt.Errorf("cannot take the run directory %s: %w", dir, ckpt.Cause(err)))
	}
	ckpt.RemoveLeftovers(dir, filepath.Join(dir, checkpointFolder), filepath.Join(dir, arraysDir))
	return o, nil
}

// release lets others write into the directory. It may be called again, and of nobody.
func (o *owner) release() {
	if o != nil && o.file != nil {
		unlockFile(o.file)
		o.file = nil
	}
}

// errOwned says that another process has the lock.
var errOwned = errors.New("another process has the lock")

// ownedError is errOwned as users read it.
type ownedError struct{ error }

// Is makes it errOwned for errors.Is.
func (ownedError) Is(target error) bool { return target == errOwned }

// ownedBy is the error for a directory whose owner lives.
func ownedBy(dir, path string) error {
	var o owner
	if b, err := os.ReadFile(path); err != nil || json.Unmarshal(b, &o) != nil { // it is only just beginning
		return fmt.Errorf("another process writes into %s; wait until it ends", dir)
	}
	return fmt.Errorf("process %d on %s writes into %s since %s (%s); "+
		"wait until it ends, or end it with kill %d. crux show, eval, plot and report may read meanwhile",
		o.PID, o.Host, dir, day(o.Began), o.Command, o.PID)
}
