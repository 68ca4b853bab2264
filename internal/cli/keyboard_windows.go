package cli

import (
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// movesCursor lets a console obey escape sequences, which it does from Windows 10 on.
func movesCursor(f *os.File) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	return windows.GetConsoleMode(h, &mode) == nil &&
		windows.SetConsoleMode(h, mode|windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// keyboard is a console without lines and echo.
type keyboard struct {
	in     windows.Handle
	mu     sync.Mutex // the signal that quits calls End on another goroutine
	begun  bool
	before uint32 // mode
}

// newKeyboard is the keyboard behind a file; nil if there is none.
func newKeyboard(f *os.File) Keyboard {
	in, mode := windows.Handle(f.Fd()), uint32(0)
	if windows.GetConsoleMode(in, &mode) != nil {
		return nil
	}
	return &keyboard{in: in}
}

func (k *keyboard) Begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.begun && windows.GetConsoleMode(k.in, &k.before) == nil {
		k.begun = windows.SetConsoleMode(k.in, k.before&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT)) == nil
	}
}

// inputRecord is INPUT_RECORD of the Windows API with the KEY_EVENT_RECORD that it may hold.
type inputRecord struct {
	kind    uint16
	_       uint16
	down    int32
	repeat  uint16
	key     uint16
	scan    uint16
	char    uint16
	control uint32
}

var readConsoleInput = windows.NewLazySystemDLL("kernel32.dll").NewProc("ReadConsoleInputW")

func (k *keyboard) Typed() string {
	const keyEvent = 1
	k.mu.Lock()
	defer k.mu.Unlock()
	var typed []uint16
	for k.begun {
		var waiting, got uint32
		if windows.GetNumberOfConsoleInputEvents(k.in, &waiting) != nil || waiting == 0 {
			break
		}
		var e inputRecord
		ok, _, _ := readConsoleInput.Call(uintptr(k.in), uintptr(unsafe.Pointer(&e)), 1, uintptr(unsafe.Pointer(&got)))
		if ok == 0 || got == 0 {
			break
		}
		if e.kind == keyEvent && e.down != 0 && e.char != 0 {
			typed = append(typed, e.char)
		}
	}
	return windows.UTF16ToString(typed)
}

func (k *keyboard) End() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.begun {
		windows.SetConsoleMode(k.in, k.before) //nolint:errcheck // there is nothing else to try
	}
	k.begun = false
}
