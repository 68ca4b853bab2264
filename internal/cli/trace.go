package cli

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/compiler"
	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/problemfile"
	"github.com/crux-pinn/crux/internal/report"
)

func (a *app) trace() *cobra.Command {
	var o overrides
	var pass, constraint string
	var dot bool
	c := &cobra.Command{
		Use:   "trace problem.yaml",
		Short: "Print what the compiler makes of the residuals, pass by pass",
		Long: `Print what the compiler makes of the residuals, pass by pass.

Constraints that share points are compiled together and make one trace. The passes, in order: ` + strings.Join(passNames(), ", ") + `.
The last, ` + graphPass + `, is the Gorgonia graph of losses and gradient that the machine runs; --dot writes it for Graphviz.`,
		Example: `  crux trace burgers.yaml -pass jets -constraint pde
  crux trace burgers.yaml -constraint pde --dot | dot -Tsvg > burgers.svg`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: yamlFiles,
		RunE: func(_ *cobra.Command, args []string) error {
			if pass != "" && !slices.Contains(passNames(), pass) {
				return fail(exitUsage, fmt.Errorf("no pass %q; there are %s", pass, strings.Join(passNames(), ", ")))
			}
			p, err := o.load(args[0])
			if err != nil {
				return err
			}
			s, err := compile(p)
			if err != nil {
				return err
			}
			defer s.Close() //nolint:errcheck // it only ends workers
			if dot {
				if pass != "" && pass != graphPass {
					return fail(exitUsage, fmt.Errorf("--dot draws the graph, -pass %s; leave out -pass %s", graphPass, pass))
				}
				pass = drawnGraph
			}
			return a.printTrace(p, s, pass, constraint)
		},
	}
	o.flag(c)
	c.Flags().StringVar(&pass, "pass", "", "only the trace after this pass")
	c.Flags().StringVar(&constraint, "constraint", "", "only the constraint with this name")
	c.Flags().BoolVar(&dot, "dot", false, "the Gorgonia graph in Graphviz's language")
	must(c.RegisterFlagCompletionFunc("pass", cobra.FixedCompletions(passNames(), cobra.ShellCompDirectiveNoFileComp)))
	return c
}

// must reports a broken invariant of the commands themselves.
func must(err error) {
	if err != nil {
		panic("cli: " + err.Error())
	}
}

// graphPass is what -pass calls the Gorgonia graph, which comes after all passes; drawnGraph stands for it in Graphviz's language.
const (
	graphPass  = "gorgonia"
	drawnGraph = "\x00dot"
)

func passNames() []string {
	var names []string
	for _, p := range compiler.Passes() {
		names = append(names, p.Name)
	}
	return append(names, graphPass)
}

// printTrace compiles the groups of constraints as the solver does, with the compiler's account of its work.
func (a *app) printTrace(p *problemfile.Problem, s *crux.Solver, pass, constraint string) error {
	names := s.Names()
	if constraint != "" && !slices.Contains(names, constraint) {
		return fail(exitUsage, fmt.Errorf("no constraint %q; there are %s", constraint, strings.Join(names, ", ")))
	}
	list, layout, err := groups(p, s, constraint)
	if err != nil {
		return fail(exitUsage, err)
	}
	for _, g := range list {
		var dump bytes.Buffer
		tc := compiler.TraceCompiler{Dump: &dump, Layout: layout, Single: p.Options.Precision == crux.Float32}
		program, err := tc.Compile(g.Group)
		if err != nil {
			return fail(exitUsage, err)
		}
		var members []string
		for _, r := range g.Residuals {
			members = append(members, r.Name)
		}
		head := fmt.Sprintf("%s, on %s", strings.Join(members, ", "), report.Counted(g.cloud.Len(), "point"))
		err = a.printProgram(program, dump.Bytes(), pass, head)
		program.Close() //nolint:errcheck // it only ends workers
		if err != nil {
			return fail(exitFailed, err)
		}
	}
	return nil
}

// printProgram writes what a pass, or each of them, has made of one group.
func (a *app) printProgram(p *compiler.Program, dump []byte, pass, head string) error {
	if pass == drawnGraph {
		return p.DrawGraph(a.Out)
	}
	fmt.Fprintf(a.Out, "## %s\n", head) //nolint:errcheck // Run checks the writer
	if pass != graphPass {
		a.Out.Write(section(dump, pass)) //nolint:errcheck
	}
	if pass != "" && pass != graphPass {
		return nil
	}
	fmt.Fprintf(a.Out, "# %s: the graph of losses and gradient that the machine runs\n", graphPass) //nolint:errcheck
	return p.PrintGraph(a.Out)
}

// section is the part of a dump that belongs to a pass; all of it for "".
func section(dump []byte, pass string) []byte {
	if pass == "" {
		return dump
	}
	const mark = "# after "
	from := bytes.Index(dump, []byte(mark+pass+":"))
	if from < 0 {
		return nil
	}
	rest := dump[from+len(mark):]
	if end := bytes.Index(rest, []byte("\n"+mark)); end >= 0 {
		return dump[from : from+len(mark)+end+1]
	}
	return dump[from:]
}
