package cli

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/crux-pinn/crux/crux"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailed      = 1   // the run, or writing its results, failed
	exitUsage       = 2   // configuration or command line
	exitDiverged    = 3   // a loss became NaN or Inf
	exitInaccurate  = 4   // the estimated error is above 1e-2 or the accuracy asked for, or an expectation is missed
	exitUnsolved    = 5   // what was found is no solution
	exitIllPosed    = 6   // the problem does not determine what is wanted
	exitHungUp      = 129 // SIGHUP
	exitInterrupted = 130 // SIGINT
	exitTerminated  = 143 // SIGTERM
)

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
