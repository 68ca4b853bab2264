package docs_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cli"
)

var number = regexp.MustCompile(`\d+\.\d+|\d+`)

// What inverse.md shows is what the command prints: the same words, and numbers that agree to what rounding may change.
func TestInverse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	var out, said strings.Builder
	if code := cli.Run(context.Background(), []string{"solve", "files/cooling.yaml", "--out", dir}, cli.Streams{Out: &out, Err: &said}); code != 0 {
		t.Fatalf("exit %d: %s", code, said.String())
	}
	printed := map[string]string{} // lines, by their words
	for line := range strings.Lines(out.String()) {
		printed[wordsOf(line)] = line
	}
	page, err := os.ReadFile("inverse.md")
	if err != nil {
		t.Fatal(err)
	}
	_, result, _ := strings.Cut(string(page), "    crux solve docs/files/cooling.yaml\n")
	result, _, _ = strings.Cut(result, "\nThe run takes")
	compared := 0
	for line := range strings.Lines(result) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		got, ok := printed[wordsOf(line)]
		if strings.Contains(line, "95 % interval") { // the table has more columns, of true values
			continue
		}
		if !ok {
			t.Errorf("the command does not print %q, but\n%s", strings.TrimSpace(line), out.String())
			continue
		}
		a, b := number.FindAllString(line, -1), number.FindAllString(got, -1)
		for i := range a {
			x, _ := strconv.ParseFloat(a[i], 64)
			y, _ := strconv.ParseFloat(b[i], 64)
			if compared++; math.Abs(x-y) > 0.002*math.Abs(x) {
				t.Errorf("the page has %q, the command %q", strings.TrimSpace(line), strings.TrimSpace(got))
			}
		}
	}
	if compared < 15 {
		t.Errorf("%d numbers compared", compared)
	}
	if code := cli.Run(context.Background(), []string{"plot", dir}, cli.Streams{Out: &out, Err: &said}); code != 0 {
		t.Errorf("plot: exit %d: %s", code, said.String())
	}
}

// wordsOf is a line without its numbers.
func wordsOf(line string) string {
	return strings.Join(strings.Fields(number.ReplaceAllString(line, "#")), " ")
}
