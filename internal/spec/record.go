package spec

import "github.com/crux-pinn/crux/internal/files/wandb"

// WandB asks for a run directory of Weights & Biases. Empty fields mean the defaults of callbacks.WandB, and an empty Dir
// the directory of the run.
type WandB struct {
	Project, Entity, Group, Name, Notes, Dir string
	Tags                                     []string
	AllImages                                bool
}

// TensorBoard asks for event files of TensorBoard. An empty Dir means the folder tensorboard in the directory of the run.
type TensorBoard struct {
	Dir       string
	AllImages bool
}

// recording reads wandb: true, or {project: pinns, tags: [burgers, lm]}, and tensorboard: true, or {dir: logs}.
func (b *builder) recording(s *section) {
	if n := s.get("wandb"); n != nil {
		if w, on := b.switched(n, "{project: pinns, tags: [burgers]}"); on {
			b.p.WandB = &WandB{
				Project: w.textOr("project"), Entity: w.textOr("entity"), Group: w.textOr("group"), Name: w.textOr("name"),
				Notes: w.textOr("notes"), Dir: w.textOr("dir"),
			}
			if v := w.get("tags"); v != nil {
				b.p.WandB.Tags = b.words(v, "a tag")
			}
			b.p.WandB.AllImages = b.allImages(w)
			w.done()
			if err := wandb.Check(wandb.Options{Project: b.p.WandB.Project, Tags: b.p.WandB.Tags}); err != nil {
				b.fail(n, "%v", err)
			}
		}
	}
	if n := s.get("tensorboard"); n != nil {
		if t, on := b.switched(n, "{dir: logs}"); on {
			b.p.TensorBoard = &TensorBoard{Dir: t.textOr("dir"), AllImages: b.allImages(t)}
			t.done()
		}
	}
}

// allImages reads images: spaced, or all.
func (b *builder) allImages(s *section) bool {
	n := s.get("images")
	return n != nil && b.choice(n, "choice", "spaced", "all") == "all"
}

// switched reads true, false, or a mapping that says more than true.
func (b *builder) switched(n *node, example string) (s *section, on bool) {
	if n.kind == mapping {
		return b.section(n, example), true
	}
	if n.kind == sequence {
		b.fail(n, "%s; write true or a mapping such as %s", wrongKind(n), example)
		return nil, false
	}
	return b.section(&node{kind: mapping, path: n.path, at: n.at}, example), b.boolean(n)
}

// textOr is the text of a key, "" without one.
func (s *section) textOr(key string) string {
	n := s.get(key)
	if n == nil {
		return ""
	}
	t, _ := s.textOf(n, "a text")
	return t
}
