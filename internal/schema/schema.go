// Package schema has the version of what crux writes and reads: problem files, and all files of a run directory.
package schema

import "fmt"

// Version is that of the files that this crux writes, and the newest one that it reads. Files of before there were versions have none.
const Version = 1

// NewerError is about a file that a newer crux has written.
type NewerError struct{ Version int }

func (e *NewerError) Error() string {
	return fmt.Sprintf("it has schema %d, and this crux reads schemas up to %d; take a newer crux", e.Version, Version)
}

// Check returns an error for the version of a file if it is too new; 0 is a file without one.
func Check(version int) error {
	if version > Version {
		return &NewerError{version}
	}
	return nil
}
