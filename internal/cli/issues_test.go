package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// outcomes are what must come of files of testdata/issues that do not just end well.
var outcomes = map[string]struct {
	code int
	says string // on standard error
}{
	"bearing":         {exitIllPosed, "nothing makes p_x the same at both ends of x"},
	"csv_column_name": {exitUsage, "u_data: the data have no column u, only Zone Mean Air Temperature"},
	"csv_missing":     {exitOK, "data: 3 of 4 points: the others have no value of u"},
	"data_outside":    {exitUsage, "t = 3 lies outside the axis from 0 to 1"},
	"message_place":   {exitOK, "disagree at t = 0, x = 5 by 175"},
	"no_bc":           {exitUsage, "it contains no unknown"},
	"unused":          {exitUsage, "v stands in no constraint"},
}

// quick are files whose runs take seconds: the tests solve them. make issues solves all, and prints a line for each.
var quick = []string{
	"csv_column_name", "csv_missing", "csv_semicolon", "data_outside", "no_bc", "two_layers", "two_layers_t", "unused", "magnitude_1e6", "par_scale", "scale_1e11", "e_charge", "rc_SI",
	"fin_radiation", "lonlat", "pendulum", "disc", "caputo", "laplace_step",
}

// Every fault that users have met, and that was found here, is a file with its right value: it keeps its expectations, or says what is wrong.
func TestIssues(t *testing.T) {
	files, err := filepath.Glob("../../testdata/issues/*.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	all := os.Getenv("CRUX_ISSUES") != ""
	if testing.Short() && !all {
		t.Skip("half a minute")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	rows := issueRows(t) // those of files that are not solved now stay
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".yaml")
		if path, err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
		if !all && !slices.Contains(quick, name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			began := time.Now()
			var out, said strings.Builder
			code := Run(context.Background(), []string{"solve", path, "--out", "run"}, Streams{Out: &out, Err: &said})
			want := outcomes[name]
			first, _, _ := strings.Cut(out.String()+said.String(), "\n")
			if all {
				out, said := strings.ReplaceAll(out.String(), root+"/", ""), strings.ReplaceAll(said.String(), root+"/", "")
				fmt.Printf("%-20s exit %d, %3.0f s: %s\n", name, code, time.Since(began).Seconds(), headOf(out, said))
				rows[name] = fmt.Sprintf("| %s | %d | %.0f s | %s |\n", name, code, time.Since(began).Seconds(), cell(out, said))
			}
			if code != want.code || !strings.Contains(said.String(), want.says) {
				t.Errorf("exit %d, want %d, which says %q: %s", code, want.code, want.says, first)
			}
		})
	}
	if all {
		page := issuesHead
		for _, path := range files {
			page += rows[strings.TrimSuffix(filepath.Base(path), ".yaml")]
		}
		if err := os.WriteFile(issuesPage, []byte(page), 0o644); err != nil { //nolint:gosec // a page
			t.Error(err)
		}
	}
}

// issueRows are the rows of the page, by file.
func issueRows(t *testing.T) map[string]string {
	text, err := os.ReadFile(issuesPage)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, " | "); len(cells) > 3 {
			rows[strings.TrimPrefix(cells[0], "| ")] = line
		}
	}
	return rows
}

const issuesPage = "../../docs/results/issues.md"

const issuesHead = `# What comes of problems that users have met

Made by ` + "`make issues`" + `: every file of testdata/issues, solved once. Exit code 0 is that it keeps what its ` + "`expect`" + ` asks for; 2 is a file that is
refused with a way out, 4 a bound that is missed, 5 no solution, 6 a problem that does not determine what is wanted.

| file | exit code | time | what it expects, and what it has |
|---|---|---|---|
`

// cell is what a report has of its expectations, or its first line.
func cell(out, said string) string {
	var list []string
	for _, line := range strings.Split(out, "\n") {
		if text, ok := strings.CutPrefix(line, "expected "); ok {
			list = append(list, text)
		}
	}
	text := strings.Join(list, "; ")
	if text == "" {
		text = headOf(out, said)
	}
	if len(text) > 110 {
		text = text[:107] + "…"
	}
	return strings.ReplaceAll(text, "|", "/")
}

// headOf is the first line of a report, or of what was said instead.
func headOf(out, said string) string {
	if out == "" {
		out = said
	}
	line, _, _ := strings.Cut(out, "\n")
	return line
}
