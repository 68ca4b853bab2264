package cli

import (
	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/problemfile"
)

func (a *app) schema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of problem files, for editors",
		Long: `Print the JSON Schema (draft 2020-12) of problem files. Editors that know YAML complete keys and mark mistakes with it.
What depends on other parts of a file, such as names and expressions, crux validate says.`,
		Example: `  crux schema > crux.schema.json
  # yaml-language-server: $schema=crux.schema.json      the first line of a problem file`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			b, err := problemfile.Schema()
			if err != nil {
				return fail(exitFailed, err)
			}
			a.Out.Write(append(b, '\n')) //nolint:errcheck // Run checks the writer at the end
			return nil
		},
	}
}
