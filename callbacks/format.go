package callbacks

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/nlpodyssey/safetensors"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/schema"
)

// A checkpoint is a safetensors file: one float64 tensor "parameters/<path>" for each parameter, which other programs
// can read; all else in the tensor "state", bytes in Go's gob format, whose floats are exact; and metadata with the
// format's name and a checksum of all tensors.

const (
	format   = "crux.checkpoint/2"
	prefix   = "parameters/"
	stateKey = "state"
)

// body is the content of the tensor "state": a Saved, with the data of its parameters left out.
type body struct {
	State     crux.State
	Callbacks map[string][]byte
	About     map[string]string
}

func (f *Saved) encode(w io.Writer) error {
	tensors := map[string]ckpt.Tensor{}
	rest := body{*f.State, f.Callbacks, f.About}
	rest.State.Parameters = slices.Clone(f.State.Parameters)
	for i, p := range f.State.Parameters {
		tensors[prefix+p.Path] = ckpt.Floats(p.Shape, p.Data)
		rest.State.Parameters[i].Data = nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(rest); err != nil {
		return err
	}
	tensors[stateKey] = ckpt.Bytes(b.Bytes())
	data := map[string][]byte{}
	for name, t := range tensors {
		data[name] = t.Data()
	}
	return safetensors.SerializeToWriter(tensors, map[string]string{
		"format": format, "schema": strconv.Itoa(schema.Version), "sha256": ckpt.Checksum(data),
		"problem": f.State.Problem, "epoch": strconv.Itoa(f.State.Epoch),
	}, w)
}

var errDamaged = errors.New("the checkpoint is cut short or damaged; take the one before, as Latest does")

func parse(b []byte) (*Saved, error) {
	_, meta, err := safetensors.ReadMetadata(b)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", errDamaged, err)
	}
	if err := ckpt.Readable(meta.Metadata()); err != nil {
		return nil, err
	}
	if got := meta.Metadata()["format"]; got != format {
		return nil, fmt.Errorf("its format is %q, not %q; take a file that callbacks.Checkpoint has written", got, format)
	}
	file, err := safetensors.Deserialize(b)
	if err != nil {
		return nil, fmt.Errorf("%w (%v)", errDamaged, err)
	}
	data := map[string][]byte{}
	for _, t := range file.Tensors() {
		data[t.Name] = t.TensorView.Data()
	}
	if ckpt.Checksum(data) != meta.Metadata()["sha256"] {
		return nil, fmt.Errorf("%w (the checksum differs)", errDamaged)
	}
	var rest body
	if err := gob.NewDecoder(bytes.NewReader(data[stateKey])).Decode(&rest); err != nil {
		return nil, fmt.Errorf("%w (%v)", errDamaged, err)
	}
	for i := range rest.State.Parameters {
		p := &rest.State.Parameters[i]
		raw, ok := data[prefix+p.Path]
		if !ok || len(raw)%8 != 0 {
			return nil, fmt.Errorf("%w (parameter %q is missing)", errDamaged, p.Path)
		}
		p.Data = ckpt.ReadFloats(raw)
	}
	return &Saved{State: &rest.State, Callbacks: rest.Callbacks, About: rest.About}, nil
}
