package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
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

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}
