package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/report"
)

// A run directory holds its problem twice, as a file and in each checkpoint, and its result names the SHA-256 of the other files. So what
// does not belong together shows when it is opened.

// What checkpoints say about their run.
const (
	aboutProblem    = "problem"    // problem.yaml
	aboutArithmetic = "arithmetic" // by which numbers are rounded
)

func (t *training) about() map[string]string {
	return map[string]string{aboutProblem: string(t.problem.Kept), aboutArithmetic: kern.Instructions()}
}

// trained is the problem that a checkpoint belongs to; nil where that is what problem.yaml says: of one of before this was kept, and of one
// of another problem, which does not fit.
func trained(dir string, saved *callbacks.Saved) []byte {
	b, err := os.ReadFile(filepath.Join(dir, problemFile))
	if err == nil {
		said, _ := flatten(b)
		if name, ok := said.Get("problem"); ok && name != saved.State.Problem {
			return nil
		}
	}
	if s := saved.About[aboutProblem]; s != "" {
		return []byte(s)
	}
	return nil
}

// rebind makes what a run continues with its problem, in the checkpoint and then in the file: whenever it is killed, they agree.
func (t *training) rebind(dir string) error {
	if s := t.saved; s.About[aboutProblem] != string(t.problem.Kept) {
		s.About = t.about()
		if err := s.Save(s.Path); err != nil {
			return err
		}
	}
	return saveProblem(dir, t.problem.Kept, t.problem.Files)
}

// changed says how problem.yaml differs from the problem that a checkpoint belongs to; "" if it does not.
func changed(dir string, saved *callbacks.Saved) string {
	then := trained(dir, saved)
	path := filepath.Join(dir, problemFile)
	now, err := os.ReadFile(path)
	if then == nil || err == nil && string(now) == string(then) {
		return ""
	}
	const instead = "taking the problem as it was trained, which the checkpoint has; crux resume --set changes it"
	if err != nil {
		return fmt.Sprintf("%s cannot be read (%v); %s", path, ckpt.Cause(err), instead)
	}
	old, _ := flatten(then) // which has been read before
	said, err := flatten(now)
	if err != nil {
		return fmt.Sprintf("%s is damaged (%s); %s", path, strings.SplitN(err.Error(), "\n", 2)[0], instead)
	}
	var list []string
	for _, d := range differences([]report.Object[string]{old, said}) {
		list = append(list, fmt.Sprintf("%s is %s and was %s", d.Name, nothing(d.Value[1]), nothing(d.Value[0])))
	}
	switch n := len(list); {
	case n == 0:
		return "" // it says the same in another way
	case n > 5:
		list = append(list[:5], fmt.Sprintf("and %d more", n-5))
	}
	return fmt.Sprintf("%s is not what was trained: %s; %s", path, strings.Join(list, ", "), instead)
}

// nothing names a value that is not there.
func nothing(value string) string {
	if value == "" {
		return "not said"
	}
	return value
}
