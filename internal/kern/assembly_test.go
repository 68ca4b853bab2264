//go:build amd64 && !purego

package kern

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryReturnClearsUpperHalves reads the assembly: a RET without VZEROUPPER before it would leave the upper halves of
// the vector registers in use, and slow down every SSE instruction of the program that follows (math.Exp by 50 times).
func TestEveryReturnClearsUpperHalves(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d assembly files, %v", len(files), err)
	}
	returns := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		before, function := "", ""
		for _, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			if f, ok := strings.CutPrefix(line, "TEXT ·"); ok {
				function = f[:strings.Index(f, "(")]
			}
			if line == "RET" {
				returns++
				if before != "VZEROUPPER" {
					t.Errorf("%s: %s returns after %q, without VZEROUPPER", name, function, before)
				}
			}
			if line != "" {
				before = line
			}
		}
	}
	if returns < 200 {
		t.Errorf("found %d returns: is this the right place?", returns)
	}
}

// TestAVX2HasSixteenRegisters reads the assembly that runs where there is no AVX-512: the registers from 16 on, and those of
// masks, exist only there, and an instruction that names one ends the process.
func TestAVX2HasSixteenRegisters(t *testing.T) {
	files, err := filepath.Glob("*_avx2_amd64.s")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d assembly files, %v", len(files), err)
	}
	beyond := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if beyond.MatchString(line) && strings.HasPrefix(line, "\t") {
				t.Errorf("%s:%d: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}
