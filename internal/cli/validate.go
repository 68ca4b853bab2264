package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/gallery"
	"github.com/crux-pinn/crux/internal/report"
)

func (a *app) validate() *cobra.Command {
	var o overrides
	c := &cobra.Command{
		Use:   "validate problem.yaml...",
		Short: "Check problem files without training",
		Long: `Check problem files without training: syntax, names, expressions, data files and the compiled residuals.

Of a domain that is no box it says how large it is and its parts are, and whether conditions are missing on the boundary.
crux plot draws it.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: yamlFiles,
		RunE: func(c *cobra.Command, args []string) error {
			var errs []error
			for _, path := range args {
				if err := canceled(c.Context()); err != nil {
					return err
				}
				if err := a.check(path, &o); err != nil {
					errs = append(errs, err)
				}
			}
			return fail(exitUsage, errors.Join(errs...))
		},
	}
	o.flag(c)
	return c
}

// check reads, builds and compiles one problem, and says what it is.
func (a *app) check(path string, o *overrides) error {
	p, err := o.load(path)
	if err != nil {
		return err
	}
	s, err := compile(p)
	if err != nil {
		return err
	}
	defer s.Close() //nolint:errcheck // it only ends workers
	if _, err := forecast(context.Background(), p, s); err != nil {
		return err
	}
	fmt.Fprintf(a.Out, "%s: ok: problem %s, %s, %s, %s, %s\n", path, p.Name, report.Counted(len(p.Fields), "field"), //nolint:errcheck
		report.Counted(len(p.Crux.Constraints), "constraint"),
		report.Counted(len(s.Theta()), "trainable parameter"), report.Counted(p.Steps, "step"))
	look, err := gallery.NewStatement(p)
	if err != nil {
		return fail(exitFailed, err)
	}
	for _, line := range look.Lines() {
		fmt.Fprintf(a.Out, "  %s\n", line) //nolint:errcheck
	}
	return nil
}
