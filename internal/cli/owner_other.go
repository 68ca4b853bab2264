//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package cli

import (
	"errors"
	"io/fs"
	"os"
)

// lockFile makes a file that was not there. Windows removes no file that a process has open: one that it removes was left by a dead one.
func lockFile(path string) (*os.File, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errOwned
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, errOwned
	}
	return f, err
}

func unlockFile(f *os.File) {
	f.Close()           //nolint:errcheck // nothing waits in it
	os.Remove(f.Name()) //nolint:errcheck // best effort
}
