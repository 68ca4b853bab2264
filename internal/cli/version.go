package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Version is the version of crux that runs, as the Go toolchain recorded it: a release, or one made of the commit it was built from.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// versionLine is the version with what made it: what crux version and crux --version print.
func versionLine() string {
	return fmt.Sprintf("crux %s (%s%s, %s/%s)", Version(), commit(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// commit names the commit from which crux was built, as far as the toolchain recorded it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return commitOf(info.Settings)
}

func commitOf(settings []debug.BuildSetting) string {
	of := map[string]string{}
	for _, s := range settings {
		of[s.Key] = s.Value
	}
	text := of["vcs.revision"]
	if text == "" {
		return ""
	}
	text = "commit " + text[:min(12, len(text))]
	if of["vcs.modified"] == "true" {
		text += " with changes"
	}
	return text + ", "
}

func (a *app) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(a.Out, versionLine()) //nolint:errcheck
			return nil
		},
	}
}
