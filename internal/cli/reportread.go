package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// readReport reads the result of a run directory. Of errors it has what the file has: the norms.
func readReport(dir string) (*Report, error) {
	path := filepath.Join(dir, resultFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := &Report{}
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%s is no result of a run (%w); remove it, and the run goes on from its checkpoint", path, err)
	}
	return r, nil
}

// UnmarshalJSON implements json.Unmarshaler: null is NaN.
func (x *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*x = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(x))
}

// UnmarshalJSON implements json.Unmarshaler. The keys keep their order.
func (ns *Numbers) UnmarshalJSON(b []byte) error {
	*ns = nil
	return entries(b, func(name string, d *json.Decoder) error {
		var v Number
		err := d.Decode(&v)
		*ns = append(*ns, Named{name, float64(v)})
		return err
	})
}

// UnmarshalJSON implements json.Unmarshaler. The keys keep their order.
func (es *Errors) UnmarshalJSON(b []byte) error {
	*es = nil
	return entries(b, func(name string, d *json.Decoder) error {
		v := norms{Number(math.NaN()), Number(math.NaN())}
		err := d.Decode(&v)
		*es = append(*es, FieldError{Field: name, RelL2: float64(v.RelL2), MaxAbs: float64(v.MaxAbs)})
		return err
	})
}

// entries calls read for each key of a JSON object, in order, with the decoder before its value. null has none.
func entries(b []byte, read func(name string, d *json.Decoder) error) error {
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
		t, err := d.Token()
		if err != nil {
			return err
		}
		if err := read(t.(string), d); err != nil { // keys of objects are strings
			return err
		}
	}
	return nil
}
