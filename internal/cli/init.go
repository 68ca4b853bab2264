package cli

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// templates are the problem files that crux init writes. All but the first choose nothing: crux decides the rest.
//
//go:embed templates
var templates embed.FS

// templateNames are the templates, in the order in which they are listed, with what they are.
var templateNames = [][2]string{
	{"first", "the Poisson equation, with comments on every part of a file"},
	{"steady", "a steady state with values on the boundary"},
	{"time", "a process in time"},
	{"system", "several functions that depend on each other"},
	{"inverse", "unknown numbers from measurements in a CSV file"},
	{"family", "one network for all values of a number"},
	{"hole", "a shape with a hole"},
}

// schemaFile is the schema that problem files of crux init name for editors.
const schemaFile = "crux.schema.json"

func (a *app) init() *cobra.Command {
	var template string
	var names, list []string
	for _, t := range templateNames {
		names, list = append(names, t[0]), append(list, fmt.Sprintf("  %-8s %s", t[0], t[1]))
	}
	c := &cobra.Command{
		Use:   "init [file.yaml]",
		Short: "Write a first problem file, with comments",
		Long: `Write a first problem file, problem.yaml unless another name is given, and beside it ` + schemaFile + `,
with which editors complete and check it.

Templates:
` + strings.Join(list, "\n"),
		Example: "  crux init\n  crux init --template time rod.yaml",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := templates.ReadFile("templates/" + template + ".yaml")
			if err != nil {
				return fail(exitUsage, fmt.Errorf("--template %s: there are %s", template, strings.Join(names, ", ")))
			}
			return a.runInit(strings.Join(append(args, "problem.yaml")[:1], ""), template, string(text))
		},
	}
	c.Flags().StringVar(&template, "template", names[0], "what to begin with: "+strings.Join(names, ", "))
	must(c.RegisterFlagCompletionFunc("template", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)))
	return c
}

func (a *app) runInit(path, template, text string) error {
	err := writeNew(path, "# yaml-language-server: $schema="+schemaFile+"\n"+text)
	if errors.Is(err, fs.ErrExist) {
		return fail(exitUsage, fmt.Errorf("%s exists; give another name", path))
	}
	schema, schemaErr := problemfile.Schema()
	beside := map[string]string{schemaFile: string(schema) + "\n"}
	if template == "inverse" {
		data, dataErr := templates.ReadFile("templates/measurements.csv")
		beside["measurements.csv"], err = string(data), cmp.Or(err, dataErr)
	}
	err = cmp.Or(err, schemaErr)
	for name, text := range beside {
		if e := writeNew(filepath.Join(filepath.Dir(path), name), text); !errors.Is(e, fs.ErrExist) { // one that is there stays
			err = cmp.Or(err, e)
		}
	}
	if err == nil {
		fmt.Fprintf(a.Out, "wrote %s; now run: crux solve %s\n", path, path) //nolint:errcheck // Run checks the writer at the end
	}
	return fail(exitFailed, err)
}

// writeNew writes a file that is not there yet, whole or not at all.
func writeNew(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(path) //nolint:errcheck // whole or not at all
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, ckpt.Cause(err))
	}
	return nil
}
