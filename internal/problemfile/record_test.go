package problemfile_test

import (
	"reflect"
	"testing"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// What is asked for is what is read, from the file, from an override and from the resolved file.
func TestRecording(t *testing.T) {
	const file = `
problem: p
coords: {x: [0, 1]}
fields: {u: {net: mlp, hidden: [4]}}
constraints: {pde: {residual: u_xx, points: 10}}
`
	for text, want := range map[string]struct {
		w *problemfile.WandB
		b *problemfile.TensorBoard
	}{
		"":                                 {},
		"wandb: false\ntensorboard: false": {},
		"wandb: true":                      {&problemfile.WandB{}, nil},
		"tensorboard: true":                {nil, &problemfile.TensorBoard{}},
		"wandb: {project: pinns, entity: e, group: g, name: n, notes: first try, dir: d, tags: [a, b]}\ntensorboard: {dir: logs}": {
			&problemfile.WandB{Project: "pinns", Entity: "e", Group: "g", Name: "n", Notes: "first try", Dir: "d", Tags: []string{"a", "b"}}, &problemfile.TensorBoard{Dir: "logs"},
		},
		"wandb: {images: all}\ntensorboard: {images: all}":       {&problemfile.WandB{AllImages: true}, &problemfile.TensorBoard{AllImages: true}},
		"wandb: {images: spaced}\ntensorboard: {images: spaced}": {&problemfile.WandB{}, &problemfile.TensorBoard{}},
		"wandb: {tags: one}": {&problemfile.WandB{Tags: []string{"one"}}, nil},
	} {
		p, err := readText("p.yaml", []byte(file+text), ".", nil)
		for range 2 {
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(p.WandB, want.w) || !reflect.DeepEqual(p.TensorBoard, want.b) {
				t.Errorf("%q is %+v and %+v", text, p.WandB, p.TensorBoard)
			}
			p, err = readText("p.yaml", p.Resolved, ".", nil)
		}
	}
	p, err := readText("p.yaml", []byte(file), ".", []string{"wandb.project=x", "tensorboard=true"})
	if err != nil || p.WandB == nil || p.WandB.Project != "x" || p.TensorBoard == nil {
		t.Errorf("overrides: %+v, %v", p, err)
	}
}
