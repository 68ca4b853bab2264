package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux/mpi"
	"github.com/crux-pinn/crux/internal/files/ckpt"
	"github.com/crux-pinn/crux/internal/report"
)

// array is how several processes share the runs of one directory: each takes every N-th run, or the next one that nobody has. They
// meet in that directory alone: whoever comes first writes down what runs there are, which are the same for all.
type array struct {
	index, of int
	gather    bool
	script    string
	rank      int // of mpirun, whose processes take runs as they come; −1 without it
}

func (r *array) flag(c *cobra.Command) {
	c.Flags().IntVar(&r.index, "index", 0, "with --of: which of the processes this is, from 0 "+
		"(default SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX)")
	c.Flags().IntVar(&r.of, "of", 0, "number of processes that share the runs, as those of an array do")
	c.Flags().BoolVar(&r.gather, "gather", false, "train nothing; gather what the processes of --of have come to")
	c.Flags().StringVar(&r.script, "script", "", "print what starts the processes of --of, one for each run without it: slurm or k8s")
	must(c.RegisterFlagCompletionFunc("script", cobra.FixedCompletions([]cobra.Completion{"slurm", "k8s"},
		cobra.ShellCompDirectiveNoFileComp)))
}

// indices are the variables in which arrays number their processes, and their least value.
var indices = [][2]string{{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN"}, {"JOB_COMPLETION_INDEX", ""}}

// read checks the flags, and finds out which process this is.
func (r *array) read(f *solveFlags) error {
	r.rank = -1
	if rank, size := mpi.Launched(); size > 1 && r.of == 0 && !r.gather && r.script == "" {
		r.rank = rank
	}
	switch {
	case r.script != "" && r.script != "slurm" && r.script != "k8s":
		return fail(exitUsage, fmt.Errorf("--script %s; take slurm or k8s", r.script))
	case f.changed("of") && (r.of < 1 || r.of > maxRuns):
		return fail(exitUsage, fmt.Errorf("--of %d; take 1 to %d", r.of, maxRuns))
	case f.changed("index") && r.of == 0:
		return fail(exitUsage, errors.New("--index says which of several processes this is; give their number with --of"))
	case r.gather && r.of > 0:
		return fail(exitUsage, errors.New("--gather looks at all runs; leave out --of"))
	case r.script != "" && (r.gather || f.changed("index") || f.dryRun):
		return fail(exitUsage, errors.New("--script prints a file, and does nothing else; leave out --gather, --index and --dry-run"))
	case r.of == 0 || r.script != "":
		return nil
	}
	if !f.changed("index") {
		i := slices.IndexFunc(indices, func(n [2]string) bool { return os.Getenv(n[0]) != "" })
		if i < 0 {
			return fail(exitUsage, fmt.Errorf("--of %d without --index, and neither %s nor %s is set; give --index 0 to %d", r.of, indices[0][0],
				indices[1][0], r.of-1))
		}
		id, err := strconv.Atoi(os.Getenv(indices[i][0]))
		if err != nil {
			return fail(exitUsage, fmt.Errorf("%s is %q and no whole number; give --index", indices[i][0], os.Getenv(indices[i][0])))
		}
		least, _ := strconv.Atoi(os.Getenv(indices[i][1])) // 0 where it is not set
		r.index = id - least
	}
	if r.index < 0 || r.index >= r.of {
		return fail(exitUsage, fmt.Errorf("index %d of %d processes; it must be 0 to %d", r.index, r.of, r.of-1))
	}
	return nil
}

// shared reports whether other processes take runs of the same directory.
func (r *array) shared() bool { return r.of > 0 || r.rank >= 0 || r.gather }

// takes reports whether a run may be one of this process.
func (r *array) takes(run int) bool { return r.of == 0 && !r.gather || r.of > 0 && run%r.of == r.index }

// join makes or opens the directory of runs that several processes share.
func (b *batch) join(a *app, dir, path string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fail(exitFailed, fmt.Errorf("cannot make the directory %s: %w; give another with --out", dir, ckpt.Cause(err)))
	}
	b.dir = dir
	if exists(filepath.Join(dir, batchFile)) {
		if err := b.fits(dir); err != nil {
			return err
		}
	} else {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return fail(exitFailed, fmt.Errorf("cannot use the directory %s: %w", dir, ckpt.Cause(err)))
		}
		// a dot begins what another process is writing
		if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".") }) &&
			!exists(filepath.Join(dir, batchFile)) {
			return fail(exitUsage, fmt.Errorf("the directory %s is not empty, and holds no runs; "+
				"results overwrite nothing, so give another with --out", dir))
		}
	}
	if err := b.write(); err != nil {
		return err
	}
	if exists(filepath.Join(dir, originFile)) {
		return nil
	}
	_, err := a.begun(dir, path)
	return err
}

// runArray takes this process's runs of a directory that several share. The first rank of mpirun also gathers what all came to.
func (a *app) runArray(ctx context.Context, b *batch, r *array, f *solveFlags) error {
	if r.gather {
		b.look()
		return a.showBatch(ctx, b, f.json)
	}
	b.takes, b.shared = r.takes, true
	if err := a.trainBatch(ctx, b, f); err != nil {
		return err
	}
	again := *f
	again.quiet = true
	for r.rank == 0 && ctx.Err() == nil { // what others are training ends there, or is left by them
		b.look()
		if !slices.ContainsFunc(b.runs, (*member).open) {
			return a.showBatch(ctx, b, f.json)
		}
		if err := a.trainBatch(ctx, b, &again); err != nil {
			return err
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	var own []*member
	done := 0
	for i, m := range b.runs {
		if !r.takes(i) {
			continue
		}
		own = append(own, m)
		if m.done() {
			done++
		}
	}
	if r.rank > 0 && ctx.Err() == nil {
		return nil // rank 0 says what went wrong
	}
	if r.rank < 0 {
		fmt.Fprintf(a.Out, "%s: %d of the %d runs of process %d of %d are done, in %s\n", //nolint:errcheck
			b.Problem, done, len(own), r.index, r.of, b.dir)
	}
	if done == len(own) {
		return nil // what they are worth is said by --gather: starting this process again would not change it
	}
	b.runs = own
	return b.conclusion(ctx)
}

// open reports whether there is something left to do for a run, by whomever.
func (m *member) open() bool { return !m.done() && m.err == nil }

// printScript prints what starts the processes of an array.
func (a *app) printScript(b *batch, r *array, dir string) error {
	n := len(b.runs)
	if r.of > 0 {
		n = min(n, r.of)
	}
	var args []string // of the command line, but for what is said in another way
	for i := 0; i < len(a.args); i++ {
		name, _, whole := strings.Cut(a.args[i], "=")
		if name == "--script" || name == "--of" || name == "--out" {
			if !whole {
				i++
			}
			continue
		}
		args = append(args, a.args[i])
	}
	command := slices.Concat([]string{"crux"}, args, []string{"--out", dir})
	var words []string
	for _, w := range command {
		words = append(words, report.Quoted(w))
	}
	gather := strings.Join(words, " ") + " --gather"
	name := strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		}
		return '-'
	}, "crux-"+b.Problem), "-")
	name = strings.TrimRight(name[:min(len(name), 52)], "-") // and the index, in 63 characters
	return scripts.ExecuteTemplate(a.Out, r.script, map[string]any{
		"Name": name, "Last": n - 1, "Count": n, "Command": strings.Join(words, " "), "Args": append(command, "--of", strconv.Itoa(n), "--quiet"),
		"Gather": gather, "Dir": report.Quoted(dir),
	})
}

var scripts = template.Must(template.New("").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(`{{define "slurm"}}#!/bin/bash
# {{.Count}} processes that share the runs. Start them with: sbatch THIS_FILE
# and then, after all of them: {{.Gather}}
#SBATCH --job-name={{.Name}}
#SBATCH --array=0-{{.Last}}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --time=04:00:00
#SBATCH --requeue
# A run that is ended continues from its last checkpoint when the job is queued again.
exec {{.Command}} --of {{.Count}} --quiet --workers "${SLURM_CPUS_PER_TASK:-1}" --jobs 1
{{end}}{{define "k8s"}}# {{.Count}} processes that share the runs. Start them with: kubectl apply -f THIS_FILE
# The claim "crux" is a volume that all nodes may write, with the problem file; the image is that of docs/install.md.
# After all of them, in the volume: {{.Gather}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{.Name}}
spec:
  completionMode: Indexed
  completions: {{.Count}}
  parallelism: {{.Count}}
  backoffLimit: {{.Count}}
  template:
    spec:
      restartPolicy: OnFailure
      containers:
        - name: crux
          image: crux
          workingDir: /work
          command:
{{- range .Args}}
            - {{quote .}}
{{- end}}
          resources:
            requests: {cpu: "2", memory: 2Gi}
          volumeMounts:
            - {name: work, mountPath: /work}
      volumes:
        - name: work
          persistentVolumeClaim: {claimName: crux}
{{end}}`))
