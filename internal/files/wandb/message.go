package wandb

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Fields of the message Record.
const (
	fieldNum     = 1
	fieldHistory = 2
	fieldSummary = 3
	fieldFiles   = 6
	fieldRun     = 17
	fieldExit    = 18
	fieldInfo    = 200
)

// message is a protocol buffer that is being written. Fields with their default value are left out, as the format wants.
type message []byte

func (m *message) text(field protowire.Number, s string) {
	if s != "" {
		*m = protowire.AppendString(protowire.AppendTag(*m, field, protowire.BytesType), s)
	}
}

func (m *message) integer(field protowire.Number, v int64) {
	if v != 0 {
		*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
	}
}

func (m *message) embed(field protowire.Number, inner message) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), inner)
}

// item is a key and a JSON value, as they stand in config, history and summary. The key is one name, whatever it contains.
func (m *message) item(field protowire.Number, key string, value []byte) {
	var i message
	i.text(2, key)
	i.text(16, string(value))
	m.embed(field, i)
}

func (m *message) time(field protowire.Number, t time.Time) {
	var i message
	i.integer(1, t.Unix())
	i.integer(2, int64(t.Nanosecond()))
	m.embed(field, i)
}

// Item is one entry of a step's history.
type Item struct {
	Key  string
	JSON []byte
}

// Number is a scalar. W&B reads NaN and Infinity, which JSON itself has not.
func Number(key string, v float64) Item { return Item{key, number(v)} }

func number(v float64) []byte {
	switch {
	case math.IsNaN(v):
		return []byte("NaN")
	case math.IsInf(v, 1):
		return []byte("Infinity")
	case math.IsInf(v, -1):
		return []byte("-Infinity")
	}
	return strconv.AppendFloat(nil, v, 'g', -1, 64)
}

// MostBins is the largest number of bins that W&B shows.
const MostBins = 512

// Histogram has one more edge than counts.
func Histogram(key string, edges []float64, counts []int) (Item, error) {
	b, err := json.Marshal(struct {
		Type   string    `json:"_type"`
		Values []int     `json:"values"`
		Bins   []float64 `json:"bins"`
	}{"histogram", counts, edges})
	return Item{key, b}, err
}

// history is the message of one step.
func history(step int, items []Item) message {
	var m message
	for _, i := range items {
		m.item(1, i.Key, i.JSON)
	}
	var s message
	s.integer(1, int64(step))
	m.embed(2, s)
	return m
}

// fields calls f with every field of a message, its bytes or the number it holds, until f returns false or the message
// makes no sense.
func fields(b []byte, f func(num protowire.Number, data []byte, v uint64) bool) {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return
		}
		size := protowire.ConsumeFieldValue(num, kind, b[n:])
		if size < 0 {
			return
		}
		var data []byte
		var v uint64
		switch kind {
		case protowire.BytesType:
			data, _ = protowire.ConsumeBytes(b[n:])
		case protowire.VarintType:
			v, _ = protowire.ConsumeVarint(b[n:])
		}
		if !f(num, data, v) {
			return
		}
		b = b[n+size:]
	}
}

// field returns the first field of a number.
func field(b []byte, want protowire.Number) (data []byte, v uint64, ok bool) {
	fields(b, func(num protowire.Number, d []byte, n uint64) bool {
		if ok = num == want; ok {
			data, v = d, n
		}
		return !ok
	})
	return data, v, ok
}

// items are those of a history message.
func items(history []byte) []Item {
	var list []Item
	fields(history, func(num protowire.Number, data []byte, _ uint64) bool {
		if num == 1 {
			key, _, _ := field(data, 2)
			value, _, _ := field(data, 16)
			list = append(list, Item{string(key), bytes.Clone(value)})
		}
		return true
	})
	return list
}

// Check reports what W&B would refuse when the run is uploaded.
func Check(o Options) error {
	if len(o.Project) > 128 || strings.ContainsAny(o.Project, `/\#?%:`) {
		return fmt.Errorf("project %q; W&B takes names of at most 128 letters, and none of / \\ # ? %% : among them", o.Project)
	}
	for _, t := range o.Tags {
		if len(t) < 1 || len(t) > 64 {
			return fmt.Errorf("tag %q; W&B takes tags of 1 to 64 letters", t)
		}
	}
	_, err := json.Marshal(o.Config)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return nil
}
