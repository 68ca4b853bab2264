package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Origin is where a run comes from: what is needed to do it again, and to know in a year what it was.
type Origin struct {
	Began    time.Time `json:"began"`          // its first part
	Ended    time.Time `json:"ended,omitzero"` // its last part; zero as long as it runs
	Commands []string  `json:"commands"`       // the command line that began it, and those that continued it
	Folder   string    `json:"folder"`         // where the first one was given
	File     string    `json:"file"`           // the problem file, as an absolute path
	SHA256   string    `json:"sha256"`         // of that file when the run began, in hexadecimal
	Version  string    `json:"version"`        // of the crux that began it, with the commit
	Host     string    `json:"host"`           // its processor, number of cores and instruction set
}

// Again is the command line that did it, to be given in any folder.
func (o *Origin) Again() string {
	if o == nil || len(o.Commands) == 0 {
		return ""
	}
	return fmt.Sprintf("cd %s && %s", Quoted(o.Folder), o.Commands[0])
}

// Quoted is a word of a command line, in quotes where a shell needs them.
func Quoted(s string) string {
	special := strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=.,/:+@%", r) || r > 127)
	})
	if s != "" && !special {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Changed says what has become of the problem file since; empty if it is as it was.
func (o *Origin) Changed() string {
	if o == nil || o.File == "" {
		return ""
	}
	switch sum, err := FileSum(o.File); {
	case err != nil:
		return o.File + " is not there any more"
	case sum != o.SHA256:
		return o.File + " has changed since"
	}
	return ""
}

// FileSum is the SHA-256 of a file in hexadecimal.
func FileSum(path string) (string, error) {
	b, err := os.ReadFile(path)
	return sum(b), err
}

// Name is the file of a run directory that has its report.
const Name = "result.json"

// Strayed is an error for a file in a run directory that is not the one which its result names. A run without a result says nothing of it.
func Strayed(dir, name string) error {
	r, err := Read(filepath.Join(dir, Name))
	if err != nil {
		return nil //nolint:nilerr // what only evaluates does without it
	}
	want, ok := r.Files.Get(name)
	path := filepath.Join(dir, name)
	if sum, err := FileSum(path); !ok || err == nil && sum == want {
		return nil
	} else if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return fmt.Errorf("%s is not the file that the run wrote: %s names another SHA-256", path, Name)
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
