package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/files/ckpt"
)

// starter is the problem file that crux init writes.
//
//go:embed starter.yaml
var starter string

func (a *app) init() *cobra.Command {
	return &cobra.Command{
		Use:   "init [file.yaml]",
		Short: "Write a first problem file, with comments",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := "problem.yaml"
			if len(args) > 0 {
				path = args[0]
			}
			f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) // an existing file stays
			if errors.Is(err, fs.ErrExist) {
				return fail(exitUsage, fmt.Errorf("%s exists; give another name", path))
			}
			if err != nil {
				return fail(exitFailed, fmt.Errorf("write %s: %w", path, ckpt.Cause(err)))
			}
			_, err = f.WriteString(starter)
			if err = errors.Join(err, f.Close()); err != nil {
				os.Remove(path) //nolint:errcheck // whole or not at all
				return fail(exitFailed, fmt.Errorf("write %s: %w", path, ckpt.Cause(err)))
			}
			fmt.Fprintf(a.Out, "wrote %s; now run: crux solve %s\n", path, path) //nolint:errcheck // Run checks the writer at the end
			return nil
		},
	}
}
