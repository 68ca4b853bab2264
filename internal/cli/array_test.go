package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
)

var sweepOfSix = []string{"sweep", "tiny.yaml", "--quiet", "--steps", "5", "--grid", "fields.u.hidden=[3],[4],[5]", "--seeds", "2"}

// Processes that share the runs of a sweep, all at once, leave what one process leaves.
func TestArray(t *testing.T) {
	folder(t)
	call(t, append(sweepOfSix, "--out", "alone")...)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			r := call(t, append(sweepOfSix, "--out", "shared", "--of", "4", "--index", fmt.Sprint(i))...)
			want := fmt.Sprintf("tiny: %d of the %[1]d runs of process %d of 4 are done, in shared\n", []int{2, 2, 1, 1}[i], i)
			if r.code != 0 || r.out != want {
				t.Errorf("process %d: %+v, want %q", i, r, want)
			}
		})
	}
	wg.Wait()
	a, b := call(t, append(sweepOfSix, "--out", "alone")...), call(t, append(sweepOfSix, "--out", "shared", "--gather")...)
	if a.code != b.code || masked(strings.ReplaceAll(a.out, "alone", "shared")) != masked(b.out) {
		t.Errorf("gathered:\n%s\nalone:\n%s", b.out, a.out)
	}
	for _, name := range []string{"run-1-1", "run-2-2", "run-3-1"} {
		for _, file := range []string{problemFile, parametersFile, historyFile} {
			x, errX := os.ReadFile(filepath.Join("alone", name, file))
			y, errY := os.ReadFile(filepath.Join("shared", name, file))
			if errX != nil || errY != nil || string(x) != string(y) {
				t.Errorf("%s of %s differs (%v, %v)", file, name, errX, errY)
			}
		}
	}
	// of another sweep
	if r := call(t, append(sweepOfSix, "--out", "shared", "--of", "4", "--index", "0", "--set", "seed=7")...); r.code != exitUsage || !strings.Contains(r.err, "shared holds other runs") {
		t.Errorf("%+v", r)
	}
}

// What has not been done is said by --gather, and what others are training is left to them.
func TestGatherPart(t *testing.T) {
	folder(t)
	t.Setenv("JOB_COMPLETION_INDEX", "1")
	call(t, append(sweepOfSix, "--out", "part", "--of", "2")...)
	owner, err := (&app{}).own(filepath.Join("part", "run-1-1"))
	if err != nil {
		t.Fatal(err)
	}
	if r := call(t, append(sweepOfSix, "--out", "part", "--of", "3", "--index", "0")...); r.code != 0 || !strings.HasPrefix(r.out, "tiny: 1 of the 2 runs of process 0 of 3 are done") {
		t.Errorf("%+v", r)
	}
	owner.release()
	if r := call(t, append(sweepOfSix, "--out", "part", "--gather")...); !strings.Contains(r.out, "3 of 6 runs completed") || !strings.Contains(r.out, "run-1-1 not begun") {
		t.Errorf("%+v", r)
	}
}

// Ranks of mpirun take runs as they come, and rank 0 makes the table, also of runs that have failed.
func TestQueue(t *testing.T) {
	folder(t)
	call(t, append(sweepOfSix, "--out", "alone")...)
	t.Setenv("PMI_SIZE", "2")
	t.Setenv("PMI_RANK", "1")
	if r := call(t, append(sweepOfSix, "--out", "shared")...); r.code != 0 || r.out != "" {
		t.Errorf("rank 1: %+v", r)
	}
	t.Setenv("PMI_RANK", "0")
	b := call(t, append(sweepOfSix, "--out", "shared")...)
	t.Setenv("PMI_SIZE", "")
	a := call(t, append(sweepOfSix, "--out", "alone")...)
	if a.code != b.code || masked(strings.ReplaceAll(a.out, "alone", "shared")) != masked(b.out) {
		t.Errorf("rank 0:\n%s\nalone:\n%s", b.out, a.out)
	}
}

func TestArrayRefuses(t *testing.T) {
	folder(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"--of", "0"}, "--of 0; take 1 to 10000"},
		{[]string{"--of", "2"}, "--of 2 without --index, and neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; give --index 0 to 1"},
		{[]string{"--of", "2", "--index", "2"}, "index 2 of 2 processes; it must be 0 to 1"},
		{[]string{"--index", "1"}, "--index says which of several processes this is; give their number with --of"},
		{[]string{"--gather", "--of", "2"}, "--gather looks at all runs; leave out --of"},
		{[]string{"--gather", "--out", "none"}, "there are no runs in none to gather"},
		{[]string{"--script", "pbs"}, "--script pbs; take slurm or k8s"},
		{[]string{"--script", "k8s", "--dry-run"}, "--script prints a file, and does nothing else"},
		{[]string{"--of", "2", "--index", "0", "--out", "."}, "the directory . is not empty, and holds no runs"},
	} {
		if r := call(t, append(sweepOfSix, test.args...)...); r.code != exitUsage || !strings.Contains(r.err, test.want) {
			t.Errorf("%v: %+v", test.args, r)
		}
	}
	t.Setenv("SLURM_ARRAY_TASK_ID", "x")
	if r := call(t, append(sweepOfSix, "--of", "2")...); r.code != exitUsage || !strings.Contains(r.err, `SLURM_ARRAY_TASK_ID is "x" and no whole number`) {
		t.Errorf("%+v", r)
	}
}

// The files for Slurm and Kubernetes start as many processes as they say, with the command line as it was; internal/tools checks the second
// against the schema of Kubernetes.
func TestScripts(t *testing.T) {
	folder(t)
	slurm := quietly(t, append(sweepOfSix, "--script", "slurm")...)
	for _, want := range []string{
		"#!/bin/bash\n", "#SBATCH --array=0-5\n",
		"exec crux sweep tiny.yaml --quiet --steps 5 --grid 'fields.u.hidden=[3],[4],[5]' --seeds 2 --out runs/tiny-sweep --of 6 --quiet",
		"--seeds 2 --out runs/tiny-sweep --gather\n",
	} {
		if !strings.Contains(slurm, want) {
			t.Errorf("%q is missing:\n%s", want, slurm)
		}
	}
	var job struct {
		APIVersion, Kind string
		Metadata         struct{ Name string }
		Spec             struct {
			CompletionMode string `yaml:"completionMode"`
			Completions    int
			Template       struct {
				Spec struct {
					Containers []struct{ Command []string }
				}
			}
		}
	}
	text := quietly(t, append(sweepOfSix, "--script=k8s", "--of", "3", "--out", "a b")...)
	if err := yaml.Unmarshal([]byte(text), &job); err != nil {
		t.Fatal(err)
	}
	command := job.Spec.Template.Spec.Containers[0].Command
	if job.Metadata.Name != "crux-tiny" || job.Spec.CompletionMode != "Indexed" || job.Spec.Completions != 3 ||
		strings.Join(command, "|") != "crux|"+strings.Join(sweepOfSix, "|")+"|--out|a b|--of|3|--quiet" {
		t.Errorf("%+v", job)
	}
}
