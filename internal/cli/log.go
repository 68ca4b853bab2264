package cli

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// logFlag adds --log-format. With json everything on standard error is a line of JSON: progress and mistakes have their parts by name, and
// what else is said to people is the message of a line.
func (a *app) logFlag(root *cobra.Command) {
	format := root.PersistentFlags().String("log-format", "text", "progress and errors: text, or json for one object a line")
	must(root.RegisterFlagCompletionFunc("log-format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)))
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		switch *format {
		case "text":
		case "json":
			a.log = slog.New(slog.NewJSONHandler(a.Err, nil))
			a.Err, a.Terminal = &sentences{log: a.log}, nil
		default:
			return fail(exitUsage, fmt.Errorf("--log-format %s; take text or json", *format))
		}
		return nil
	}
}

// sentences makes a line of a log of each line of text.
type sentences struct {
	log  *slog.Logger
	rest []byte
}

func (s *sentences) Write(p []byte) (int, error) {
	s.rest = append(s.rest, p...)
	for {
		line, rest, ok := bytes.Cut(s.rest, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		if text := strings.TrimSpace(string(line)); text != "" {
			s.log.Info(text)
		}
		s.rest = rest
	}
}

// say says an error to the user.
func (a *app) say(err error) {
	if a.log == nil {
		fmt.Fprintln(a.Err, message(err)) //nolint:errcheck // there is no other place to say so
		return
	}
	mistakes, ok := errors.AsType[problemfile.Errors](err)
	if !ok {
		a.log.Error(message(err), "code", exitCode(err))
	}
	for _, e := range mistakes {
		a.log.Error(e.Message, "code", exitCode(err), "file", e.File, "line", e.Line, "column", e.Column, "path", e.Path, "suggestion",
			e.Suggestion, "excerpt", e.Excerpt)
	}
}
