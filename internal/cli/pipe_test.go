//go:build unix

package cli

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A pipe in the place of a file is not waited for: nobody may ever write into it. One that a shell has made is read.
func TestPipes(t *testing.T) {
	folder(t)
	for _, name := range []string{"p.yaml", "d.csv"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Skip("pipes have no names here: ", err)
		}
	}
	if r := call(t, "validate", "p.yaml"); r.code != exitUsage || !strings.Contains(r.err, "p.yaml:1:1: the file is empty") {
		t.Errorf("%+v", r)
	}
	for _, set := range []string{"constraints.data={residual: u - u_data, on: {data: d.csv}}", "reference.u={file: d.csv}"} {
		if r := call(t, "validate", "tiny.yaml", "--set", set); r.code != exitUsage || !strings.Contains(r.err, "d.csv is a folder, a pipe or a device") {
			t.Errorf("%s: %+v", set, r)
		}
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close() //nolint:errcheck
	text, err := os.ReadFile("tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	go func() { write.Write(text); write.Close() }() //nolint:errcheck // what is read says so
	if name := fmt.Sprintf("/dev/fd/%d", read.Fd()); exists(name) {
		if r := call(t, "validate", name); r.code != exitOK {
			t.Errorf("%+v", r)
		}
	}
}
