package callbacks

import (
	"bytes"
	"testing"

	"github.com/nlpodyssey/safetensors"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// Whatever a checkpoint holds, it is read or refused: as bytes, and as a state whose checksum is right, as somebody may have made it.
func FuzzCheckpoint(f *testing.F) {
	var b bytes.Buffer
	whole := &Saved{
		State:     &crux.State{Problem: "p", Epoch: 3, Parameters: []crux.Parameter{{Path: "u", Shape: []int{2}, Data: []float64{1, 2}}}},
		Callbacks: map[string][]byte{"*callbacks.RAD#0": {1, 2, 3}}, About: map[string]string{"problem.yaml": "problem: p"},
	}
	if err := whole.encode(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), false)
	file, err := safetensors.Deserialize(b.Bytes())
	if err != nil {
		f.Fatal(err)
	}
	for _, t := range file.Tensors() {
		if t.Name == stateKey {
			f.Add(t.TensorView.Data(), true)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, state bool) {
		if state {
			tensors := map[string]ckpt.Tensor{stateKey: ckpt.Bytes(b), prefix + "u": ckpt.Floats([]int{2}, []float64{1, 2})}
			data := map[string][]byte{}
			for name, x := range tensors {
				data[name] = x.Data()
			}
			var made bytes.Buffer
			if err := safetensors.SerializeToWriter(tensors, map[string]string{"format": format, "sha256": ckpt.Checksum(data)}, &made); err != nil {
				t.Fatal(err)
			}
			b = made.Bytes()
		}
		if s, err := parse(b); (s == nil) == (err == nil) {
			t.Errorf("%v, %v", s, err)
		}
	})
}
