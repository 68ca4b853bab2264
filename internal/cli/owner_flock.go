//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// lockFile opens a file and locks it. That fails with errOwned as long as another process, or another part of this one, has it.
func lockFile(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close() //nolint:errcheck // the first error counts
			return nil, err
		}
		// the owner before may have removed the file between the two
		mine, err := f.Stat()
		if err == nil {
			var there fs.FileInfo
			if there, err = os.Stat(path); err == nil && os.SameFile(mine, there) {
				return f, f.Truncate(0)
			}
		}
		f.Close() //nolint:errcheck // it is nobody's
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// lock asks the system, which takes the lock from a process that dies. Where the file system has no locks, as those of some networks, the
// file itself counts, as long as the process that it names lives or is on another machine.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return errOwned
	case !errors.Is(err, unix.ENOLCK) && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.ENOSYS):
		return err
	}
	var o owner
	host, _ := os.Hostname()
	if json.NewDecoder(f).Decode(&o) != nil || o.Host == host && errors.Is(unix.Kill(o.PID, 0), unix.ESRCH) {
		return nil
	}
	return errOwned
}

// unlockFile removes the file and then lets go of it. One that stays is nobody's as soon as it is closed.
func unlockFile(f *os.File) {
	os.Remove(f.Name()) //nolint:errcheck // best effort
	f.Close()           //nolint:errcheck
}
