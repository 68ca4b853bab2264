package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Object is values by name. As JSON it is an object with its keys in this order.
type Object[T any] []Named[T]

// Named is a value with a name.
type Named[T any] struct {
	Name  string
	Value T
}

// Numbers are numbers by name.
type Numbers = Object[Number]

// Number is a float64 that is null in JSON when it is not finite, and NaN when it is read back.
type Number float64

// Counted is a number of things, whose plural ends in s: "1 field", "2 fields".
func Counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Percent is a part in percent, with two digits, or all before the point.
func Percent(part Number) string {
	p := 100 * float64(part)
	if p >= 10 {
		return fmt.Sprintf("%.0f %%", p)
	}
	return fmt.Sprintf("%.2g %%", p)
}

// Add appends a value.
func (o *Object[T]) Add(name string, v T) { *o = append(*o, Named[T]{name, v}) }

// Get is the value with a name; ok is false if there is none.
func (o Object[T]) Get(name string) (v T, ok bool) {
	i := slices.IndexFunc(o, func(n Named[T]) bool { return n.Name == name })
	if i < 0 {
		return v, false
	}
	return o[i].Value, true
}

// Set gives a name a value, in place of the one that it has.
func (o *Object[T]) Set(name string, v T) {
	i := slices.IndexFunc(*o, func(n Named[T]) bool { return n.Name == name })
	if i < 0 {
		o.Add(name, v)
		return
	}
	(*o)[i].Value = v
}

// MarshalJSON implements json.Marshaler.
func (o Object[T]) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, n := range o {
		if i > 0 {
			b = append(b, ',')
		}
		for _, part := range []any{n.Name, n.Value} {
			text, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			b = append(append(b, text...), ':')
		}
		b = b[:len(b)-1] // there is none behind a value
	}
	return append(b, '}'), nil
}

// UnmarshalJSON implements json.Unmarshaler. The keys keep their order; null has none.
func (o *Object[T]) UnmarshalJSON(b []byte) error {
	*o = nil
	d := json.NewDecoder(bytes.NewReader(b))
	switch t, err := d.Token(); {
	case err != nil:
		return err
	case t == nil:
		return nil
	case t != json.Delim('{'):
		return fmt.Errorf("%v where an object should be", t)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var v T
		if err := d.Decode(&v); err != nil {
			return err
		}
		o.Add(name.(string), v) // keys of objects are strings
	}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (x Number) MarshalJSON() ([]byte, error) {
	if v := float64(x); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// UnmarshalJSON implements json.Unmarshaler.
func (x *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*x = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(x))
}

// JSON is a value as indented JSON with a newline at the end.
func JSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(v)
	return b.Bytes(), err
}
