// Package checkout knows the working copy of crux in which a tool runs, and writes what it measures into the pages there.
package checkout

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

const module = "module github.com/crux-pinn/crux\n"

// Enter makes the root of the working copy the current directory, so that paths in flags are those of the project, although
// `go -C internal/tools run` starts a tool in the folder of its module.
func Enter() error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), module) {
			return os.Chdir(dir)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return errors.New("no working copy of crux here; run this inside of one")
		}
		dir = parent
	}
}

// Commit is the state of the working copy, with + if files have changed since: those that Go builds from, and more of them.
func Commit(more ...string) (string, error) {
	hash, err := exec.Command("git", "rev-parse", "--short=9", "HEAD").Output()
	if err != nil {
		return "", fmt.Errorf("git rev-parse: %w", err)
	}
	changed, err := exec.Command("git", append([]string{"status", "--porcelain", "--", "*.go", "*.s", "go.mod"}, more...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git status: %w", err)
	}
	commit := strings.TrimSpace(string(hash))
	if len(changed) > 0 {
		commit += "+"
	}
	return commit, nil
}

// place is where something that is made stands in a page: between two comments, the first of which has the command that makes it.
var place = regexp.MustCompile(`(?m)^<!-- (make .+) -->\n((?s:.*?)\n)??<!-- end -->$`)

// Rewrite writes what stands in the places of a page again, each from its command and what it was. The text around is written by hand.
func Rewrite(page string, made func(command, old string) string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	now := place.ReplaceAllFunc(text, func(at []byte) []byte {
		m := place.FindSubmatch(at)
		return fmt.Appendf(nil, "<!-- %s -->\n%s<!-- end -->", m[1], made(string(m[1]), string(m[2])))
	})
	return os.WriteFile(page, now, 0o644)
}
