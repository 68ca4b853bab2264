package checkout_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// Tools begin in the folder of their module, as here, and go to the root.
func TestEnter(t *testing.T) {
	t.Chdir(".") // back at the end
	if err := checkout.Enter(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "cmd/crux", "testdata/problems", "internal/tools/go.mod"} {
		if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
			t.Error(err)
		}
	}
	t.Chdir(t.TempDir())
	if err := checkout.Enter(); err == nil {
		t.Error("a working copy is found outside of one")
	}
}

func TestCommit(t *testing.T) {
	if _, err := os.Stat("../../../.git"); err != nil {
		t.Skip("no git here")
	}
	if c, err := checkout.Commit("testdata"); err != nil || !regexp.MustCompile(`^[0-9a-f]{9}\+?$`).MatchString(c) {
		t.Errorf("%q, %v", c, err)
	}
}
