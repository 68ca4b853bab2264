package problemfile

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// form is what may stand at a key.
type form struct {
	is    shape
	what  string   // of what is read by hand, and of words, texts and lists: "an expression", "mode"
	words []string // of which one may stand there
	span  string   // of numbers: "(0, 1]" without 0 and with 1
	low   string   // the message for a number below the span; whole numbers have one without
	high  string   // and above, with the number, and with the end of the span as well if numbers are whole
	part  string   // the part of the table that says what a mapping may have; "" means the key's own
}

// shape is the kind of a form.
type shape uint8

// The shapes. A key of the first two is read by hand; section.fill puts the others into fields of a struct.
const (
	own      shape = iota // something with rules of its own, said by what
	settings              // a mapping with a part of the table
	real                  // a number, or an expression in the constants
	whole
	flag // true or false
	word
	text
	texts   // one or several
	reals   // a list of numbers
	widths  // of layers, a list of whole numbers
	period  // of wall time, such as 30s
	pattern // of parameter paths, one or several
)

func hand(what string) form                 { return form{is: own, what: what} }
func mappingOf(part string) form            { return form{is: settings, part: part} }
func numberIn(span, low, high string) form  { return form{is: real, span: span, low: low, high: high} }
func oneWord(what string, w ...string) form { return form{is: word, what: what, words: w} }
func someText(what string) form             { return form{is: text, what: what} }
func someTexts(what string) form            { return form{is: texts, what: what} }

// wholeFrom is a whole number of at least the given one.
func wholeFrom(least int) form { return wholeUpTo(least, math.MaxInt, "") }

// wholeUpTo is a whole number in a range; the message is for one above it.
func wholeUpTo(least, most int, high string) form {
	span := "[" + strconv.Itoa(least) + ", inf)"
	if most < math.MaxInt {
		span = "[" + strconv.Itoa(least) + ", " + strconv.Itoa(most) + "]"
	}
	return form{is: whole, span: span, high: high}
}

var (
	mapped    = form{is: settings}
	anyNumber = form{is: real, span: "(-inf, inf)"}
	positive  = numberIn("(0, inf)", notPositive, "")
	tolerance = numberIn("[0, inf)", "%v is negative; 0 stops only at round-off", "")
	fromZero  = numberIn("[0, inf)", "%v is negative", "")
	fraction  = numberIn("[0, 1)", "%v is not in [0, 1)", "%v is not in [0, 1)")
	yesOrNo   = form{is: flag}

	relativeError = numberIn("(0, 1)", notPositive, "%v is no relative error; it lies between 0 and 1")

	numbers  = form{is: reals}
	duration = form{is: period}
	paths    = form{is: pattern}
	formula  = hand("an expression")
	anySeed  = wholeFrom(0)
)

const (
	notPositive = "%v is not positive"
	fits        = "%d is more than fits; use at most %d"
)

// ends are the ends of the span of numbers, and which of them it contains.
func (f form) ends() (lo, hi float64, withLo, withHi bool) {
	last := len(f.span) - 1
	low, high, _ := strings.Cut(f.span[1:last], ", ")
	lo, _ = strconv.ParseFloat(low, 64)
	hi, _ = strconv.ParseFloat(high, 64)
	return lo, hi, f.span[0] == '[', f.span[last] == ']'
}

// value is what stands at a node: a number, a bool, a string, a time, a placeholder.Selector, or a list of numbers or strings. A mistake is
// reported.
func (l *loader) value(k key, n *tree.Node) (v any, ok bool) {
	switch f := k.form; f.is {
	case real:
		return l.number(f, n)
	case whole:
		return l.whole(f, n)
	case flag:
		mistakes := len(l.errs)
		v := l.boolean(n)
		return v, len(l.errs) == mistakes
	case word:
		v := l.choice(n, f.what, f.words...)
		return v, v != ""
	case text:
		return l.textOf(n, f.what)
	case texts:
		return l.words(n, f.what), true
	case reals:
		return l.floats(n, -1, k.valued())
	case widths:
		return l.widths(k, n), true
	case period:
		return l.duration(n, k.valued())
	case pattern:
		return l.selector(n), true
	}
	panic("problemfile: " + k.name + " is to be read by hand")
}

func (l *loader) number(f form, n *tree.Node) (any, bool) {
	v, ok := l.float(n)
	return v, ok && l.inSpan(f, n, v, v)
}

func (l *loader) whole(f form, n *tree.Node) (int, bool) {
	lo, hi, _, _ := f.ends()
	least := int(lo)
	if f.low != "" {
		least = math.MinInt
	}
	v, ok := l.integer(n, least)
	if !ok || !l.inSpan(f, n, float64(v), v, int(hi)) {
		return 0, false
	}
	return v, true
}

// inSpan reports a number outside of the span, with args for the form's messages.
func (l *loader) inSpan(f form, n *tree.Node, v float64, args ...any) bool {
	switch lo, hi, withLo, withHi := f.ends(); {
	case v < lo || v == lo && !withLo:
		l.fail(n, f.low, args...)
	case v > hi || v == hi && !withHi:
		l.fail(n, f.high, args...)
	default:
		return true
	}
	return false
}

// widths are those of layers.
func (l *loader) widths(k key, n *tree.Node) []int {
	if n.Kind != tree.Sequence {
		l.fail(n, "%s; write a list of layer widths such as %s", wrongKind(n), k.valued())
		return nil
	}
	list := make([]int, len(n.Items))
	for i, it := range n.Items {
		list[i], _ = l.whole(k.form, it)
	}
	if len(list) > maxLayers {
		l.fail(n, "%d layers are more than fit; use at most %d", len(list), maxLayers)
	}
	return list
}

// duration is a time above zero.
func (l *loader) duration(n *tree.Node, example string) (time.Duration, bool) {
	t, ok := l.textOf(n, "a time such as "+example)
	if !ok {
		return 0, false
	}
	d, err := time.ParseDuration(strings.ReplaceAll(t, " ", ""))
	if err != nil || d <= 0 {
		l.fail(n, "%q is not a time; write one such as %s or 5m", t, example)
		return 0, false
	}
	return d, true
}
