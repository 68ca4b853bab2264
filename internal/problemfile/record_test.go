package problemfile_test

import (
	"reflect"
	"testing"

	"github.com/crux-pinn/crux/callbacks"
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
		w *callbacks.WandB
		b *callbacks.TensorBoard
	}{
		"":                                 {},
		"wandb: false\ntensorboard: false": {},
		"wandb: true":                      {&callbacks.WandB{}, nil},
		"tensorboard: true":                {nil, &callbacks.TensorBoard{}},
		"wandb: {project: pinns, entity: e, group: g, name: n, notes: first try, dir: d, tags: [a, b]}\ntensorboard: {dir: logs}": {
			&callbacks.WandB{Project: "pinns", Entity: "e", Group: "g", Name: "n", Notes: "first try", Dir: "d", Tags: []string{"a", "b"}}, &callbacks.TensorBoard{Dir: "logs"},
		},
		"wandb: {images: all}\ntensorboard: {images: all}":       {&callbacks.WandB{AllImages: true}, &callbacks.TensorBoard{AllImages: true}},
		"wandb: {images: spaced}\ntensorboard: {images: spaced}": {&callbacks.WandB{}, &callbacks.TensorBoard{}},
		"wandb: {tags: one}": {&callbacks.WandB{Tags: []string{"one"}}, nil},
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
