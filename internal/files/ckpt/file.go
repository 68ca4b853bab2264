//go:build !windows

package ckpt

import (
	"bufio"
	"fmt"
	"io"

	"github.com/google/renameio/v2"
)

// WriteFile writes a file whole or not at all: the content goes to a temporary file in the same folder, which takes the
// name at once when all of it is on disk. An older file of that name stays as it is until then, and for good if write
// fails.
func WriteFile(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return fmt.Errorf("write %s: %w", path, Cause(err))
	}
	defer f.Cleanup() //nolint:errcheck // after success there is nothing left to clean up
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return fmt.Errorf("write %s: %w", path, Cause(err))
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", path, Cause(err))
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("write %s: %w", path, Cause(err))
	}
	return nil
}
