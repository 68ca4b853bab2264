package problemfile

import (
	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/internal/files/tree"
	"github.com/crux-pinn/crux/internal/files/wandb"
)

// recording reads wandb: true, or {project: pinns, tags: [burgers, lm]}, and tensorboard: true, or {dir: logs}.
func (b *builder) recording(s *section) {
	if n := s.get("wandb"); n != nil {
		if w, on := b.switched(n, "wandb"); on {
			b.p.WandB = &callbacks.WandB{AllImages: only[string](w, "images") == "all"}
			w.fill(b.p.WandB, "images")
			w.done()
			if err := wandb.Check(wandb.Options{Project: b.p.WandB.Project, Tags: b.p.WandB.Tags}); err != nil {
				b.fail(n, "%v", err)
			}
		}
	}
	if n := s.get("tensorboard"); n != nil {
		if t, on := b.switched(n, "tensorboard"); on {
			b.p.TensorBoard = &callbacks.TensorBoard{AllImages: only[string](t, "images") == "all"}
			t.fill(b.p.TensorBoard, "images")
			t.done()
		}
	}
}

// switched reads true, false, or a mapping that says more than true.
func (b *builder) switched(n *tree.Node, path string) (s *section, on bool) {
	if n.Kind == tree.Mapping {
		return b.section(n, path), true
	}
	if n.Kind == tree.Sequence {
		b.fail(n, "%s; write true or a mapping such as %s", wrongKind(n), partAt(path).example)
		return nil, false
	}
	return b.section(&tree.Node{Kind: tree.Mapping, Path: n.Path, At: n.At}, path), b.boolean(n)
}
