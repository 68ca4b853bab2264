package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// place is where a table stands in the page: between two comments, the first of which is the command that makes it. The text
// around them is written by hand.
var place = regexp.MustCompile(`(?m)^<!-- make evidence ONLY=(\w+) -->\n(?:(?s:.*?)\n)??<!-- end -->$`)

// writeEvidence writes the tables into their places. Each comparison must have one, and each place a comparison.
func writeEvidence(file string, list []comparison, done trials) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	placed := map[string]bool{}
	var lost []string
	text = place.ReplaceAllFunc(text, func(old []byte) []byte {
		name := string(place.FindSubmatch(old)[1])
		i := slices.IndexFunc(list, func(c comparison) bool { return c.Name == name })
		if i < 0 || placed[name] {
			lost = append(lost, name)
			return old
		}
		placed[name] = true
		return list[i].table(done)
	})
	for _, c := range list {
		if !placed[c.Name] {
			lost = append(lost, c.Name)
		}
	}
	if lost != nil {
		return fmt.Errorf("%s and %s do not have the same comparisons, each once: %s", file, comparisonsFile, strings.Join(lost, ", "))
	}
	return os.WriteFile(file, text, 0o644)
}

// table is a comparison with what is known of it, and the comments around.
func (c *comparison) table(done trials) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!-- make evidence ONLY=%s -->\n", c.Name)
	fmt.Fprintf(&b, "**%s** `make evidence ONLY=%s`", c.Title, c.Name)
	if c.Seconds > 0 {
		fmt.Fprintf(&b, ", %g s each", c.Seconds)
	}
	for i, s := range c.Set {
		b.WriteString(map[bool]string{true: ", with ", false: ", "}[i == 0] + "`" + s + "`")
	}
	b.WriteString("\n")
	for _, v := range c.Variants { // their settings stand here, so that columns are short
		for i, s := range v.Set {
			b.WriteString(map[bool]string{true: "\n- " + v.Name + ": ", false: ", "}[i == 0] + "`" + s + "`")
		}
	}
	if slices.ContainsFunc(c.Variants, func(v choice) bool { return len(v.Set) > 0 }) {
		b.WriteString("\n")
	}
	b.WriteString("\n|")
	for _, v := range c.Variants {
		b.WriteString(" | " + v.Name)
	}
	b.WriteString(" | commit |\n|" + strings.Repeat("---|", len(c.Variants)+2) + "\n")
	for _, p := range c.Problems {
		b.WriteString("| `" + p.Name[strings.LastIndex(p.Name, "/")+1:] + "`")
		var commits []string
		for _, v := range c.Variants {
			list := done.of(c, p, v)
			b.WriteString(" | " + c.cell(list))
			for _, t := range list {
				commits = append(commits, t.commit)
			}
		}
		slices.Sort(commits)
		b.WriteString(" | " + strings.Join(slices.Compact(commits), ", ") + " |\n")
	}
	b.WriteString("<!-- end -->")
	return b.Bytes()
}

// cell is the error, the steps and, where they are the limit, the time of the processor.
func (c *comparison) cell(list []trial) string {
	if len(list) == 0 {
		return notMeasured
	}
	text := spreadText(spreadOver(list, func(t trial) float64 { return t.err }), "%.1e")
	text += "; " + spreadText(spreadOver(list, func(t trial) float64 { return float64(t.steps) }), "%.0f") + " steps"
	if c.Seconds == 0 {
		text += fmt.Sprintf(", %.1f s", float64(spreadOver(list, func(t trial) float64 { return t.seconds }).Median))
	}
	if n := len(list); n < len(evidenceSeeds) {
		text += fmt.Sprintf("; %d of %d seeds", n, len(evidenceSeeds))
	}
	return text
}
