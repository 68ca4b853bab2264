package problemfile_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/problemfile"
)

const malformed = "../../testdata/malformed"

// Every case of testdata/malformed is a problem file that is wrong, with the exact message.
func TestMalformed(t *testing.T) {
	texts, err := filepath.Glob(malformed + "/*.txt")
	if err != nil || len(texts) < 15 {
		t.Fatal(texts, err)
	}
	for _, path := range texts {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			cases.Check(t, path, message)
		})
	}
}

// message is what reading a malformed file says. Each part of it has a place.
func message(t *testing.T, c cases.Case) string {
	file := c.Name + ".yaml"
	_, err := readText(file, []byte(c.Text), malformed, nil)
	if err == nil {
		t.Fatal("no error")
	}
	var all problemfile.Errors
	var one *problemfile.Error
	if !errors.As(err, &all) || !errors.As(err, &one) {
		t.Fatalf("the error is a %T", err)
	}
	for _, e := range all {
		if e.File != file || e.Line == 0 || e.Excerpt == "" && c.Text != "" {
			t.Errorf("no place: %+v", e)
		}
	}
	return strings.ReplaceAll(err.Error(), malformed+"/", "")
}
