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
	for _, command := range []string{"design runs/cooling-1 --points 2", "profile runs/cooling-1 --param rate"} {
		out.Reset()
		args := strings.Fields(strings.Replace(command, "runs/cooling-1", dir, 1))
		if code := cli.Run(context.Background(), args, cli.Streams{Out: &out, Err: &said}); code != 0 {
			t.Fatalf("%s: exit %d: %s", command, code, said.String())
		}
		_, shown, _ := strings.Cut(string(page), "    crux "+command+"\n\n")
		shown = indented(shown)
		want, got := strings.Fields(shown), strings.Fields(out.String())
		if len(want) < 15 || len(want) != len(got) {
			t.Fatalf("the page has\n%s\nthe command\n%s", shown, out.String())
		}
		for i := range want {
			x, err := strconv.ParseFloat(want[i], 64)
			y, _ := strconv.ParseFloat(got[i], 64)
			if err != nil && want[i] != got[i] || math.Abs(x-y) > 0.05*x { // of two digits
				t.Errorf("%s: the page has %s, the command %s", command, want[i], got[i])
			}
		}
	}
	if code := cli.Run(context.Background(), []string{"plot", dir}, cli.Streams{Out: &out, Err: &said}); code != 0 {
		t.Errorf("plot: exit %d: %s", code, said.String())
	}
}

// The conductivity that inverse.md finds is the true one, within its band, and the table is what the command prints, but for what rounding may
// change.
func TestUnknownFunction(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains")
	}
	dir := filepath.Join(t.TempDir(), "run")
	var said strings.Builder
	ask := func(args ...string) string {
		var out strings.Builder
		if code := cli.Run(context.Background(), args, cli.Streams{Out: &out, Err: &said}); code != 0 {
			t.Fatalf("%v: exit %d: %s", args, code, said.String())
		}
		return out.String()
	}
	ask("solve", "files/conductivity.yaml", "--out", dir)
	page, err := os.ReadFile("inverse.md")
	if err != nil {
		t.Fatal(err)
	}
	const command = "eval runs/conductivity-1 --expr k --grid 6 --sigma"
	_, shown, _ := strings.Cut(string(page), "    crux "+command+"\n\n")
	table := func(text string) (list [][]float64) {
		for _, line := range strings.Fields(text)[1:] {
			var row []float64
			for cell := range strings.SplitSeq(line, ",") {
				v, err := strconv.ParseFloat(cell, 64)
				if err != nil {
					t.Fatal(err)
				}
				row = append(row, v)
			}
			list = append(list, row)
		}
		return list
	}
	want, got := table(indented(shown)), table(ask(strings.Fields(strings.Replace(command, "runs/conductivity-1", dir, 1))...))
	if len(want) != 6 || len(got) != 6 {
		t.Fatalf("%v, and the page has %v", got, want)
	}
	for i, v := range got {
		if math.Abs(v[1]-want[i][1]) > v[2]/2 || math.Abs(v[2]-want[i][2]) > 0.3*v[2] {
			t.Errorf("the command has %v, the page %v", v, want[i])
		}
	}
	in := 0
	all := table(ask("eval", dir, "--expr", "k", "--grid", "41", "--sigma"))
	for _, v := range all {
		if math.Abs(v[1]-conducts(v[0])) <= 1.96*v[2] {
			in++
		}
	}
	if in < 35 { // of 41: neighbours go together
		t.Errorf("%d of %d values lie in the band: %v", in, len(all), all)
	}
}

// The rates that inverse.md has from data with outliers are those of the command.
func TestOutliers(t *testing.T) {
	page, err := os.ReadFile("inverse.md")
	if err != nil {
		t.Fatal(err)
	}
	rate := regexp.MustCompile(`rate = (\S+) ± (\S+)`)
	shown := rate.FindAllStringSubmatch(string(page), -1)
	sets := [][]string{
		nil,
		{"--set", "constraints.measured={residual: T = T_data, on: cup, loss: {huber: 0.6}}"},
		{"--set", "constraints.measured={residual: T = T_data, on: cup}"},
	}
	if len(shown) != 1+len(sets) { // the first is that of TestInverse
		t.Fatalf("the page has %v", shown)
	}
	for i, set := range sets {
		var out, said strings.Builder
		args := append([]string{"solve", "files/outliers.yaml", "--out", filepath.Join(t.TempDir(), "run")}, set...)
		cli.Run(context.Background(), args, cli.Streams{Out: &out, Err: &said})
		got := rate.FindStringSubmatch(out.String())
		if got == nil {
			t.Fatalf("%v: no rate in %s%s", set, out.String(), said.String())
		}
		for k := 1; k <= 2; k++ {
			x, _ := strconv.ParseFloat(shown[1+i][k], 64)
			y, _ := strconv.ParseFloat(strings.TrimSuffix(got[k], ","), 64)
			if !(math.Abs(x-y) <= []float64{0.002, 0.05}[k-1]*x) {
				t.Errorf("%v: the page has %s, the command %s", set, shown[1+i][0], got[0])
			}
		}
	}
}

// indented are the lines with which a text begins that are indented, or empty.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line != "\n" && !strings.HasPrefix(line, "    ") {
			break
		}
		b.WriteString(line)
	}
	return b.String()
}

// wordsOf is a line without its numbers.
func wordsOf(line string) string {
	return strings.Join(strings.Fields(number.ReplaceAllString(line, "#")), " ")
}
