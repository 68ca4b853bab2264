//go:build linux

package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screen is as much of a terminal as the block needs: lines, the return of the cursor, upwards, and the removal of all below. When it becomes
// narrower it wraps what it shows, as terminals do.
type screen struct {
	mu    sync.Mutex
	rows  [][]rune
	x     int  // the cursor is in the last row
	blind bool // it is hidden
	hid   int  // how often it was
	pause []byte
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := append(s.pause, p...)
	s.pause = nil
	for len(text) > 0 {
		switch c := text[0]; c {
		case '\r':
			s.x = 0
		case '\n':
			s.rows, s.x = append(s.rows, nil), 0
		case 0x1b:
			end := bytes.IndexAny(text, "mAJhl")
			if end < 0 {
				s.pause = bytes.Clone(text)
				return len(p), nil
			}
			s.obey(string(text[1:end]), text[end])
			text = text[end:]
		default:
			r := bytes.Runes(text[:min(4, len(text))])[0]
			if r == '\ufffd' && len(text) < 4 {
				s.pause = bytes.Clone(text)
				return len(p), nil
			}
			row := &s.rows[len(s.rows)-1]
			*row = append((*row)[:min(s.x, len(*row))], r)
			s.x++
			text = text[len(string(r))-1:]
		}
		text = text[1:]
	}
	return len(p), nil
}

func (s *screen) obey(args string, what byte) {
	switch what {
	case 'l', 'h':
		if args == "[?25" {
			s.blind = what == 'l'
			if s.blind {
				s.hid++
			}
		}
	case 'A':
		var n int
		fmt.Sscanf(args, "[%d", &n) //nolint:errcheck // 0 is seen below
		s.rows = s.rows[:max(1, len(s.rows)-n)]
	case 'J':
		row := &s.rows[len(s.rows)-1]
		*row = (*row)[:min(s.x, len(*row))]
	}
}

// narrow wraps rows at a width.
func (s *screen) narrow(cols int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var rows [][]rune
	for _, r := range s.rows {
		for len(r) > cols {
			rows, r = append(rows, r[:cols]), r[cols:]
		}
		rows = append(rows, r)
	}
	s.rows = rows
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, r := range s.rows {
		b.WriteString(string(r) + "\n")
	}
	return b.String()
}

// cursor reports whether it is seen, and how often it was hidden.
func (s *screen) cursor() (seen bool, hidden int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.blind, s.hid
}

// pseudo is the program on a terminal of its own.
type pseudo struct {
	*screen
	t       *testing.T
	keys    *os.File // what is written here is typed
	mode    *os.File // the terminal itself
	program *exec.Cmd
}

// onTerminal runs a command line in the current folder on a pseudo-terminal.
func onTerminal(t *testing.T, args ...string) *pseudo {
	t.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	n, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	mode, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := &pseudo{screen: &screen{rows: make([][]rune, 1)}, t: t, keys: keys, mode: mode}
	p.resize(80, 30)
	p.program = exec.Command(os.Args[0], args...)
	p.program.Env = append(os.Environ(), "CRUX_AS_PROGRAM=1", "TERM=xterm", "CI=", "NO_COLOR=")
	p.program.Stdin, p.program.Stdout, p.program.Stderr = mode, mode, mode
	p.program.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.program.Start(); err != nil {
		t.Fatal(err)
	}
	seen := make(chan struct{})
	go func() {
		io.Copy(p.screen, keys) //nolint:errcheck // it ends with the terminal
		close(seen)
	}()
	t.Cleanup(func() {
		p.program.Process.Kill() //nolint:errcheck // it may have ended
		mode.Close()             //nolint:errcheck
		keys.Close()             //nolint:errcheck
		<-seen
	})
	return p
}

func (p *pseudo) resize(cols, rows int) {
	p.t.Helper()
	if err := unix.IoctlSetWinsize(int(p.mode.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: uint16(cols), Row: uint16(rows)}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *pseudo) press(keys string) {
	p.t.Helper()
	if _, err := p.keys.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// until waits for what should come to be; a minute is for machines that are very busy.
func (p *pseudo) until(what string, holds func() bool) {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("no %s on\n%s", what, p)
		}
	}
}

func (p *pseudo) shows(text string) {
	p.until(text, func() bool { return strings.Contains(p.String(), text) })
}

// ended waits for the end of the program, and returns its exit code.
func (p *pseudo) ended() int {
	p.program.Wait() //nolint:errcheck // the code says it
	return p.program.ProcessState.ExitCode()
}

// handedBack waits until the terminal is as a shell needs it: it has a cursor, which was hidden while the block was drawn.
func (p *pseudo) handedBack() {
	p.t.Helper()
	p.until("cursor", func() bool { seen, hidden := p.cursor(); return seen && hidden > 0 })
	if !p.linewise() {
		p.t.Error("the terminal shows nothing of what is typed now")
	}
}

// linewise reports whether the terminal is in the mode of a shell: lines, with an echo.
func (p *pseudo) linewise() bool {
	t, err := unix.IoctlGetTermios(int(p.mode.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return t.Lflag&unix.ICANON != 0 && t.Lflag&unix.ECHO != 0
}

const endless = "optimizer={adam: {}, steps: 100000000}"

// On a terminal: keys are answered, a window that changes leaves nothing behind, and Ctrl-C ends with whole words and a terminal that echoes.
func TestTerminal(t *testing.T) {
	folder(t)
	p := onTerminal(t, "solve", "tiny.yaml", "--set", endless, "--out", "run")
	p.shows("keys: p picture")
	p.until("mode in which keys come one by one", func() bool { return !p.linewise() })
	p.press("p")
	p.shows("u over x →, from")
	p.press("?")
	p.shows("  q  stop after this step")
	p.press("s")
	p.shows("saved after this step; crux plot run")
	p.until("checkpoint", func() bool {
		list, _ := filepath.Glob(filepath.Join("run", checkpointFolder, "*.safetensors"))
		return len(list) > 0
	})
	p.narrow(40)
	p.resize(40, 30)
	p.shows("\n    loss ") // where the head goes on in a narrow window
	if strings.Count(p.String(), "tiny  step") != 1 {
		t.Errorf("the block is not there once on\n%s", p)
	}
	p.press("\x03")
	if code := p.ended(); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	p.shows("crux: interrupted after")
	for _, line := range strings.Split(p.String(), "\n") {
		if strings.Contains(line, "^C") || strings.HasPrefix(line, "titiny") || strings.Contains(line, "keys:") {
			t.Errorf("%q is left on\n%s", line, p)
		}
	}
	p.handedBack()
}

// A second Ctrl-C quits at once, and the terminal still is as it was.
func TestTerminalQuits(t *testing.T) {
	folder(t)
	p := onTerminal(t, "solve", "tiny.yaml", "--set", endless, "--out", "run")
	p.shows("keys: p picture")
	p.press("q")
	if code := p.ended(); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	p.shows("stopped by the key q after")
	p.handedBack()

	p = onTerminal(t, "solve", "tiny.yaml", "--set", endless, "--out", "again")
	p.shows("keys: p picture")
	p.press("\x03\x03")
	if code := p.ended(); code != exitInterrupted {
		t.Errorf("exit %d", code)
	}
	p.handedBack()
}

// However a run ends, by itself, with an error or killed, the cursor is there again.
func TestTerminalCursor(t *testing.T) {
	folder(t)
	p := onTerminal(t, "solve", "tiny.yaml", "--out", "run")
	if code := p.ended(); went(code) != exitOK {
		t.Errorf("exit %d", code)
	}
	p.shows("results in run")
	p.handedBack()

	p = onTerminal(t, "solve", "tiny.yaml", "--set", "optimizer={adam: {lr: 1e300}, steps: 100}", "--out", "diverged")
	if code := p.ended(); code != exitDiverged {
		t.Errorf("exit %d", code)
	}
	p.handedBack()

	p = onTerminal(t, "solve", "tiny.yaml", "--set", endless, "--out", "killed")
	p.until("block", func() bool { _, hidden := p.cursor(); return hidden > 20 })
	p.program.Process.Kill() //nolint:errcheck // it runs
	p.ended()
	p.until("cursor", func() bool { seen, _ := p.cursor(); return seen })
}

// Without a keyboard there are no keys, and none are announced; the mode of the terminal stays.
func TestTerminalWithoutKeyboard(t *testing.T) {
	folder(t)
	calls := 0
	var out, stderr bytes.Buffer
	code := Run(t.Context(), []string{"solve", "tiny.yaml"}, Streams{
		Out: &out, Err: &stderr, Terminal: func() (int, int) { return 80, 30 }, Now: func() time.Time { calls++; return time.Unix(int64(calls), 0) },
	})
	if went(code) != exitOK || strings.Contains(stderr.String(), "keys:") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
	if f, err := os.Open(os.DevNull); err != nil || newKeyboard(f) != nil {
		t.Errorf("%v: the null device is no keyboard", err)
	} else {
		f.Close() //nolint:errcheck
	}
}
