//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package cli

import (
	"os"
	"sync"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// movesCursor reports whether a terminal obeys escape sequences; TERM has said so.
func movesCursor(*os.File) bool { return true }

// keyboard is a terminal in a mode of its own: not MakeRaw's of x/term, in which Ctrl-C is no signal and lines do not begin at the left.
type keyboard struct {
	fd     int
	mu     sync.Mutex // the signal that quits calls End on another goroutine
	begun  bool
	before *unix.Termios // nil while the mode is that of the shell
}

// newKeyboard is the keyboard behind a file; nil if there is none.
func newKeyboard(f *os.File) Keyboard {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return nil
	}
	return &keyboard{fd: fd}
}

func (k *keyboard) Begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begun = true
	k.take()
}

// ours reports whether the process is in the foreground. The system stops one that touches the terminal from the background.
func (k *keyboard) ours() bool {
	group, err := unix.IoctlGetInt(k.fd, unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// take sets the mode in which a read returns at once with what there is. It does so again after Ctrl-Z and fg, when the shell has set its
// own.
func (k *keyboard) take() bool {
	if !k.begun || !k.ours() {
		return false
	}
	t, err := unix.IoctlGetTermios(k.fd, getTermios)
	if err != nil {
		return false
	}
	if t.Lflag&(unix.ICANON|unix.ECHO) == 0 {
		return true
	}
	if k.before == nil {
		before := *t
		k.before = &before
	}
	t.Lflag &^= unix.ICANON | unix.ECHO
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 0, 0
	return unix.IoctlSetTermios(k.fd, setTermios, t) == nil
}

func (k *keyboard) Typed() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.take() {
		return ""
	}
	var b [64]byte
	n, err := unix.Read(k.fd, b[:])
	if err != nil {
		return ""
	}
	return string(b[:n])
}

func (k *keyboard) End() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.begun = false; k.before != nil && k.ours() {
		unix.IoctlSetTermios(k.fd, setTermios, k.before) //nolint:errcheck // there is nothing else to try
	}
	k.before = nil
}
