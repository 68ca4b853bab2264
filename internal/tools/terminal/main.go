// Command terminal records what a command shows on a terminal, as an SVG picture that moves: the README has one of crux solve.
//
//	go -C internal/tools run ./terminal -o ../../docs/terminal.svg -keys 3s:p -- bin/crux solve testdata/problems/poisson2d.yaml
//
// The command runs in a folder with bin and testdata of the checkout, on a pseudo-terminal of 132 columns. Keys are typed at their times.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/creack/pty"
)

const (
	columns, rows = 132, 28
	perSecond     = 2 // frames; those that are alike are one
)

func main() {
	log.SetFlags(0)
	out := flag.String("o", "terminal.svg", "the picture")
	keys := flag.String("keys", "", "what is typed and when, as in 3s:p,5s:q")
	flag.Parse()
	if flag.NArg() == 0 {
		log.Fatal("say which command, behind --")
	}
	typed, err := parseKeys(*keys)
	if err != nil {
		log.Fatal(err)
	}
	frames, err := record(flag.Args(), typed)
	if err != nil {
		log.Fatal(err)
	}
	prompt := "$ " + strings.TrimPrefix(strings.Join(flag.Args(), " "), "bin/")
	if err := os.WriteFile(*out, draw(prompt, frames), 0o644); err != nil { //nolint:gosec // a page shows it
		log.Fatal(err)
	}
}

// key is what is typed at a time.
type key struct {
	at   time.Duration
	text string
}

func parseKeys(s string) (list []key, err error) {
	for _, part := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' }) {
		at, text, ok := strings.Cut(part, ":")
		if !ok {
			return nil, fmt.Errorf("-keys %s: write 3s:p", part)
		}
		d, err := time.ParseDuration(at)
		if err != nil {
			return nil, fmt.Errorf("-keys %s: %w", part, err)
		}
		list = append(list, key{d, text})
	}
	return list, nil
}

// workshop is a folder like the root of the checkout, but without runs.
func workshop() (string, error) {
	folder, err := os.MkdirTemp("", "crux-terminal-*")
	if err != nil {
		return "", err
	}
	for _, name := range []string{"bin", "testdata"} {
		at, err := filepath.Abs(filepath.Join("..", "..", name))
		if err != nil {
			return "", err
		}
		if err := os.Symlink(at, filepath.Join(folder, name)); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// record runs a command on a pseudo-terminal and looks at it now and then, until it has ended.
func record(args []string, typed []key) ([]frame, error) {
	folder, err := workshop()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a temporary folder
	c := exec.Command(args[0], args[1:]...)
	c.Dir = folder
	c.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=", "CI=", "NO_COLOR=")
	tty, err := pty.StartWithSize(c, &pty.Winsize{Cols: columns, Rows: rows})
	if err != nil {
		return nil, err
	}
	defer tty.Close() //nolint:errcheck // the command has ended
	s := newScreen()
	over := make(chan struct{})
	go func() {
		io.Copy(s, tty) //nolint:errcheck // reading ends with the command
		close(over)
	}()
	began := time.Now()
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	var frames []frame
	for ended := false; !ended; {
		select {
		case <-over:
			ended = true
		case <-tick.C:
		}
		at := time.Since(began)
		for len(typed) > 0 && at >= typed[0].at && !ended {
			if _, err := io.WriteString(tty, typed[0].text); err != nil {
				return nil, err
			}
			typed = typed[1:]
		}
		if now := s.look(); len(frames) == 0 || !now.same(frames[len(frames)-1]) {
			now.at = at
			frames = append(frames, now)
		}
	}
	if err := c.Wait(); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	if len(frames) == 0 {
		return nil, errors.New("nothing was shown")
	}
	return frames, nil
}
