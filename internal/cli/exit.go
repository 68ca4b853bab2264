package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDiverged    = 3
	exitInaccurate  = 4
	exitUnsolved    = 5
	exitIllPosed    = 6
	exitHungUp      = 129 // SIGHUP
	exitInterrupted = 130 // SIGINT
	exitTerminated  = 143 // SIGTERM
)

// exitCodes say what each of them means, for crux help exit-codes and docs/trouble.md.
var exitCodes = []struct {
	code int
	when string
}{
	{exitOK, "solved, or inaccurate with an estimated error below 1e-2; of other commands, success"},
	{exitFailed, "the run, or writing its results, failed"},
	{exitUsage, "a mistake in the file or on the command line"},
	{exitDiverged, "diverged: a loss became infinite or not a number"},
	{exitInaccurate, "inaccurate: the estimated error is above 1e-2, or above the accuracy of the file; or a bound of expect is missed"},
	{exitUnsolved, "unsolved: what was found is no solution"},
	{exitIllPosed, "ill-posed: the problem does not determine what is wanted"},
	{exitHungUp, "ended by a terminal that closed"},
	{exitInterrupted, "ended by Ctrl-C"},
	{exitTerminated, "ended by SIGTERM"},
}

// helpExitCodes is the topic exit-codes of crux help.
func helpExitCodes() *cobra.Command {
	rows := "Exit codes:\n\n"
	for _, e := range exitCodes {
		rows += fmt.Sprintf("  %3d  %s\n", e.code, e.when)
	}
	return &cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: strings.TrimSuffix(rows, "\n")}
}

// failure is an error whose exit code is known. An error that is none comes from reading the command line.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail gives an error its exit code; a nil error stays nil.
func fail(code int, err error) error {
	if err == nil {
		return nil
	}
	return &failure{code, err}
}

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return exitUsage
}

// statusCode is the exit code of a run that came as far as having a result.
func statusCode(ctx context.Context, s crux.Status) int {
	switch s {
	case crux.Completed, crux.Converged, crux.Stopped:
		return exitOK
	case crux.Diverged:
		return exitDiverged
	case crux.Canceled:
		if i, ok := errors.AsType[*Interrupt](context.Cause(ctx)); ok {
			return i.Code
		}
	}
	return exitFailed
}

// harmless is a text without the characters that a terminal obeys; files may have some.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\ufffd'
		}
		return r
	}, s)
}

// message is an error as users read it.
func message(err error) string {
	s := harmless(err.Error())
	f, known := errors.AsType[*failure](err)
	if !known && !strings.Contains(s, "--help") {
		s += "\nrun 'crux --help', or 'crux COMMAND --help', for usage"
	}
	// mistakes in files begin with their place, as those of compilers do
	if strings.HasPrefix(s, "crux:") || known && f.located() {
		return s
	}
	return "crux: " + s
}
