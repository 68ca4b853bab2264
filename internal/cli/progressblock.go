package cli

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/report"
	"github.com/crux-pinn/crux/optim"
)

// lines are those of the block: what is true of the step, what was decided last, and what keys have asked for. In a narrow window sentences
// take more lines.
func (p *progress) lines(s *crux.Step, now time.Time, method optim.Info, watched report.Numbers) []string {
	cols, rows := p.size()
	list := flow(p.head(s, now, method), cols)
	switch e := p.estimates(); {
	case e != "":
		list = append(list, flow([]string{" ", e}, cols)...)
	case p.problem.Accuracy > 0:
		none := fmt.Sprintf("   no estimate of the error yet; the run ends when it is below %.1e", p.problem.Accuracy)
		list = append(list, folded(none, 4, cols)...)
	}
	list = append(list, p.constraints(s, cols)...)
	for _, n := range p.numbers(s, watched) {
		list = append(list, "  "+n)
	}
	if p.news(method); p.latest != "" {
		list = append(list, folded("  "+p.latest, 4, cols)...)
	}
	return append(list, p.keys.lines(s.Run, now, cols, rows-len(list)-1)...)
}

// numbers are what is looked for and what is watched, in words.
func (p *progress) numbers(s *crux.Step, watched report.Numbers) []string {
	list := []string{}
	for _, v := range slices.Concat(p.found(s.Run.Solver()), watched) {
		list = append(list, fmt.Sprintf("%s = %.6g", v.Name, v.Value))
	}
	return list
}

// news keeps the latest decision.
func (p *progress) news(method optim.Info) {
	if d := p.decided(method); len(d) > 0 {
		p.latest = d[len(d)-1]
	}
}

// constraints are lines with the loss of each constraint, its course so far and its points.
func (p *progress) constraints(s *crux.Step, cols int) []string {
	longest := 0
	for _, n := range p.names {
		longest = max(longest, width(n))
	}
	list := make([]string, len(s.Losses))
	for i, l := range s.Losses {
		head := fmt.Sprintf("  %-*s  %.3e  ", longest, p.names[i], l)
		tail := "  " + report.Counted(s.Run.Points(i).Len(), "point")
		room := cols - 1 - width(head) - width(tail)
		list[i] = head + p.losses[i].sparkline(min(room, widestSpark)) + tail
	}
	return list
}

// flow joins parts to lines that are as long as the terminal is wide; those after the first are indented.
func flow(parts []string, cols int) []string {
	var list []string
	for _, part := range parts {
		k := len(list) - 1
		if k >= 0 && width(list[k])+2+width(part) < cols {
			list[k] += "  " + part
			continue
		}
		if k >= 0 {
			part = "    " + part
		}
		list = append(list, part)
	}
	return list
}

// folded is a sentence in as many lines as a terminal of so many columns needs, broken at spaces; those after the first are indented by
// hang.
func folded(sentence string, hang, cols int) []string {
	if cols <= 0 { // nobody knows how many
		return []string{sentence}
	}
	body := strings.TrimLeft(sentence, " ")
	list := []string{sentence[:len(sentence)-len(body)]}
	for _, word := range strings.SplitAfter(body, " ") {
		k := len(list) - 1
		if strings.TrimSpace(list[k]) != "" && width(list[k])+width(strings.TrimRight(word, " ")) >= cols {
			list[k] = strings.TrimRight(list[k], " ")
			list = append(list, strings.Repeat(" ", hang)+word)
			continue
		}
		list[k] += word
	}
	return list
}

// trail is the course of a positive number over the steps so far, thinned out so that it stays short.
type trail struct {
	every  int // steps between two values
	values []float64
}

const (
	longestTrail = 512
	widestSpark  = 24
)

// add notes the value of a step, counted from 0.
func (t *trail) add(step int, v float64) {
	t.every = max(1, t.every)
	if step%t.every != 0 {
		return
	}
	if t.values = append(t.values, v); len(t.values) < longestTrail {
		return
	}
	for i := range longestTrail / 2 {
		t.values[i] = t.values[2*i]
	}
	t.values, t.every = t.values[:longestTrail/2], 2*t.every
}

// heights are the trail at so many places, on a logarithmic scale from 0 for its least to 1 for its largest value, which are a decade apart
// at least. What is not positive has no logarithm, and is NaN.
func (t *trail) heights(width int) []float64 {
	n := len(t.values)
	if width < 1 || n == 0 {
		return nil
	}
	low, high := math.Inf(1), math.Inf(-1)
	level := make([]float64, width)
	for i := range level {
		level[i] = math.Log10(t.values[i*(n-1)/max(1, width-1)])
		if math.IsInf(level[i], 0) {
			level[i] = math.NaN()
		}
		if !math.IsNaN(level[i]) {
			low, high = min(low, level[i]), max(high, level[i])
		}
	}
	for i := range level {
		level[i] = (level[i] - low) / max(1, high-low)
	}
	return level
}

// sparkline draws the trail into so many characters.
func (t *trail) sparkline(width int) string {
	var b strings.Builder
	for _, h := range t.heights(width) {
		if math.IsNaN(h) {
			b.WriteByte(' ')
			continue
		}
		b.WriteString(string([]rune("▁▂▃▄▅▆▇█")[int(7*h+0.5)]))
	}
	return b.String()
}
