// Package cli is the command line of crux: solve, sweep, resume, explain, validate, trace, eval, bench and what belongs to them.
//
// Results go to standard output, progress and errors to standard error. Every error ends in one of the exit codes of
// exit.go.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux/mpi"
	"github.com/crux-pinn/crux/internal/report"
)

// Main runs a command line as the program does: with signals and the wall clock. It returns the exit code.
func Main(args []string, stdout, stderr *os.File) int {
	streams := Streams{
		Out: stdout, Err: stderr, Terminal: terminal(stderr), Keyboard: newKeyboard(os.Stdin), Colours: colours(),
		Now: time.Now,
	}
	defer streams.handBack()
	ctx, stop := watchSignals(context.Background(), func(code int) {
		streams.handBack()
		os.Exit(code)
	})
	defer stop()
	var world *mpi.World
	if rank, size := mpi.Launched(); size > 1 {
		streams.Ranks = func() (r Ranks, err error) {
			world, err = openWorld(size)
			return world, err
		}
		streams.Complain = stderr
		streams.Keyboard = nil // a key would tell one of them alone
		if rank > 0 {
			streams.Out, streams.Err, streams.Terminal = io.Discard, io.Discard, nil
		}
	}
	code := Run(ctx, args, streams)
	if world != nil {
		world.Exit(code)
	}
	return code
}

// openWorld joins the processes that were started together.
func openWorld(size int) (*mpi.World, error) {
	w, err := mpi.Open()
	if errors.Is(err, mpi.ErrNotBuilt) {
		return nil, fmt.Errorf("%d processes were started together, which this program cannot use: build one that can with "+
			"go build -tags mpi -o crux-mpi ./cmd/crux, or start one process", size)
	}
	return w, err
}

// Streams is the outside world as commands see it.
type Streams struct {
	Out      io.Writer               // results
	Err      io.Writer               // progress and errors
	Terminal func() (cols, rows int) // size of the terminal behind Err; nil if it is none
	Keyboard Keyboard                // in front of it; nil if there is none
	Colours  int                     // of it; 0 means none
	Now      func() time.Time        // for times in reports; nil means time.Now
	Ranks    func() (Ranks, error)   // joins the processes that were started together; nil means that this one is alone
	Complain io.Writer               // where a rank says errors that are its own; Out and Err of those above 0 lead nowhere
}

// handBack leaves the terminal as a shell needs it, whatever was going on: with a cursor, and showing what is typed.
func (s *Streams) handBack() {
	if s.Keyboard != nil {
		s.Keyboard.End()
	}
	if s.Terminal != nil {
		io.WriteString(s.Err, seen) //nolint:errcheck // there is nothing else to try
	}
}

// Run runs a command line and returns the exit code. Commands end early when ctx does; see [Interrupt].
func Run(ctx context.Context, args []string, s Streams) int {
	if s.Now == nil {
		s.Now = time.Now
	}
	out := &checked{w: s.Out}
	a := &app{Streams: s, args: args}
	a.Out = out
	root := a.root()
	a.logFlag(root)
	root.SetArgs(longFlags(args))
	root.SetOut(out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	if err != nil {
		a.say(err)
	}
	code := exitCode(err)
	if out.err != nil && code == exitOK {
		a.say(fmt.Errorf("cannot write the result: %w", out.err))
		code = exitFailed
	}
	return a.leave(code, err)
}

// app is what the commands share.
type app struct {
	Streams
	args []string     // of the command line
	team *teamwork    // of which this process is a rank; nil if it is alone
	log  *slog.Logger // of what goes to Err, where lines of JSON are asked for; nil otherwise
}

// Commands is the tree of all commands, for what is made of it: man pages.
func Commands() *cobra.Command {
	a := &app{Streams: Streams{Out: io.Discard, Err: io.Discard, Now: time.Now}}
	root := a.root()
	a.logFlag(root)
	return root
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "crux",
		Short: "Solve partial differential equations with physics-informed neural networks",
		Long: `crux solves partial differential equations with physics-informed neural networks.
A problem is a YAML file; 'crux init' writes a first one. 'crux help exit-codes' says what the exit codes mean.`,
		Version:       versionLine(),
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(a.solve(), a.sweep(), a.resume(), a.explain(), a.design(), a.profile(), a.validate(), a.watchFile(), a.trace(),
		a.eval(), a.plot(), a.export(), a.bench(), a.schema(), a.init(), a.doctor(), a.version(), helpExitCodes())

	// the next morning
	root.AddCommand(a.show(), a.ls(), a.compare(), a.report())

	root.SetVersionTemplate("{{.Version}}\n")
	return root
}

// longFlags lets the flags of trace be written with one dash, as the tools of Go write theirs.
func longFlags(args []string) []string {
	args = append([]string{}, args...) // never nil: cobra would read the process' own arguments
	if len(args) == 0 || args[0] != "trace" {
		return args
	}
	for i, s := range args {
		for _, f := range []string{"pass", "constraint"} {
			if s == "-"+f || strings.HasPrefix(s, "-"+f+"=") {
				args[i] = "-" + s
			}
		}
	}
	return args
}

// checked remembers the first error of a writer, so that commands can print without asking each time.
type checked struct {
	w   io.Writer
	err error
}

func (c *checked) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.w.Write(p)
	c.err = err
	return n, err
}

// printJSON prints what a command with --json gives.
func (a *app) printJSON(v any) error {
	b, err := report.JSON(v)
	a.Out.Write(b) //nolint:errcheck // Run checks the writer at the end
	return fail(exitFailed, err)
}

// printSealed prints the report of a run as its result.json has it.
func (a *app) printSealed(r *report.Report) error {
	b, err := report.Sealed(r)
	a.Out.Write(b) //nolint:errcheck // Run checks the writer at the end
	return fail(exitFailed, err)
}

// yamlFiles completes arguments with problem files.
func yamlFiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}
