package domain

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// line is a line of a table.
type line struct {
	number int // in the file, from 1
	cells  []cell
}

// cell is a value as the file writes it, without blanks and quotes around it.
type cell struct {
	text   string
	at     int  // in the line, in bytes, from 1
	commas bool // whether a comma in it can only be a decimal mark
}

// separators are those that are tried, the surest first. 0 is none.
var separators = []byte{'\t', ';', ',', ' '}

// sampled is the number of lines that tell which separator a file has.
const sampled = 50

// cut makes cells of a text, and returns the last comment above them as well, without its mark.
func cut(text string) (rows []line, comment string, err error) {
	text = strings.TrimPrefix(text, "\ufeff") // spreadsheets begin files with a byte order mark
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var lines []string
	var numbers []int
	for i, s := range strings.Split(text, "\n") {
		switch first := strings.TrimLeft(s, " \t"); {
		case first == "" || strings.Trim(first, ";, \t") == "":
		case first[0] == '#' || first[0] == '%':
			if len(lines) == 0 {
				comment = strings.Trim(first, "#% \t")
			}
		default:
			lines, numbers = append(lines, s), append(numbers, i+1)
		}
	}
	sep := separator(lines[:min(len(lines), sampled)])
	for i, s := range lines {
		cells, err := split(s, sep)
		if err != nil {
			return nil, "", fmt.Errorf(":%d:1: %w", numbers[i], err)
		}
		rows = append(rows, line{numbers[i], cells})
	}
	if sep == ' ' && len(rows) > 1 {
		rows[0].cells = joinUnits(rows[0].cells)
	}
	return rows, comment, nil
}

// separator is the one by which most lines have as many cells as the first, and most cells are numbers; 0 for a single column.
func separator(lines []string) byte {
	best, most := byte(0), 0.0
	for _, sep := range separators {
		var rows [][]cell
		for _, s := range lines {
			cells, err := split(s, sep)
			if err != nil {
				break
			}
			rows = append(rows, cells)
		}
		if len(rows) < len(lines) || len(rows) == 0 {
			continue
		}
		if sep == ' ' && len(rows) > 1 {
			rows[0] = joinUnits(rows[0])
		}
		columns := len(rows[0])
		if columns < 2 {
			continue
		}
		if len(rows) > 1 {
			rows = rows[1:]
		}
		like, cells, numeric := 0, 0, 0
		for _, r := range rows {
			if len(r) == columns {
				like++
			}
			for _, c := range r {
				if cells++; c.numeric() {
					numeric++
				}
			}
		}
		// one more of each, so that a file is cut where it must be even though no line is right
		if score := float64(like+1) * (float64(numeric) + 0.5) / (float64(len(rows)+1) * float64(cells)); score > most {
			best, most = sep, score
		}
	}
	return best
}

var errQuote = errors.New("the quote does not end on its line")

// split cuts a line at separators outside of quotes. Several blanks are one.
func split(s string, sep byte) (cells []cell, err error) {
	for i := 0; ; {
		for i < len(s) && s[i] != sep && (s[i] == ' ' || s[i] == '\t') || i < len(s) && sep == ' ' && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		if sep == ' ' && i == len(s) && len(cells) > 0 {
			return cells, nil
		}
		c := cell{at: i + 1, commas: sep != ','}
		if i < len(s) && s[i] == '"' {
			c.commas = true
			var b strings.Builder
			for i++; ; i++ {
				if i >= len(s) {
					return nil, errQuote
				}
				if s[i] == '"' {
					if i++; i >= len(s) || s[i] != '"' {
						break
					}
				}
				b.WriteByte(s[i])
			}
			c.text = strings.TrimSpace(b.String())
		}
		from := i
		for i < len(s) && s[i] != sep && (sep != ' ' || s[i] != '\t') {
			i++
		}
		c.text += strings.TrimSpace(s[from:i])
		if cells = append(cells, c); i >= len(s) {
			return cells, nil
		}
		i++
	}
}

// joinUnits puts the words of a header together: "T [K]" and "T (K)" are one.
func joinUnits(cells []cell) (joined []cell) {
	for _, c := range cells {
		if n := len(joined); n > 0 && c.text != "" && (c.text[0] == '[' || c.text[0] == '(') {
			joined[n-1].text += " " + c.text
			continue
		}
		joined = append(joined, c)
	}
	return joined
}

// withUnits is joinUnits of bare words.
func withUnits(words []string) (joined []string) {
	var cells []cell
	for _, w := range words {
		cells = append(cells, cell{text: w})
	}
	for _, c := range joinUnits(cells) {
		joined = append(joined, c.text)
	}
	return joined
}

// withoutUnits is a header without what stands in brackets at its end.
func withoutUnits(h string) string {
	for _, b := range []string{"[]", "()"} {
		if i := strings.LastIndexByte(h, b[0]); i > 0 && h[len(h)-1] == b[1] {
			return withoutUnits(strings.TrimSpace(h[:i]))
		}
	}
	return h
}

// missing reports whether a text stands for no value.
func missing(text string) bool {
	return slices.Contains([]string{"", "na", "n/a", "#n/a", "nan", "null", "none", "-", "--", "?"}, strings.ToLower(text))
}

// numeric reports whether a cell is a number or stands for none.
func (c cell) numeric() bool {
	_, _, err := c.number()
	return err == nil || missing(c.text)
}

// number is the value of a cell, and its decimal mark if it has one.
func (c cell) number() (v float64, mark byte, err error) {
	text := c.text
	if strings.IndexByte(text, '.') >= 0 {
		mark = '.'
	} else if c.commas && strings.Count(text, ",") == 1 {
		text, mark = strings.Replace(text, ",", ".", 1), ','
	}
	v, err = strconv.ParseFloat(text, 64)
	if err == nil && !finite(v) {
		err = strconv.ErrRange
	}
	return v, mark, err
}
