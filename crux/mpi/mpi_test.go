package mpi_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux/mpi"
)

// A program without the tag says how to get one with it.
func TestNotBuilt(t *testing.T) {
	if _, err := mpi.Open(); !errors.Is(err, mpi.ErrNotBuilt) {
		t.Skipf("this test is of a program without MPI: %v", err)
	}
}

func TestLaunched(t *testing.T) {
	for _, name := range []string{"PMI_RANK", "PMI_SIZE", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "SLURM_STEP_NUM_TASKS"} {
		t.Setenv(name, "")
	}
	check := func(rank, size int) {
		t.Helper()
		if r, n := mpi.Launched(); r != rank || n != size {
			t.Errorf("rank %d of %d, want %d of %d", r, n, rank, size)
		}
	}
	check(0, 1)
	t.Setenv("PMI_RANK", "2")
	check(0, 1)
	t.Setenv("PMI_SIZE", "3")
	check(2, 3)
	t.Setenv("PMI_RANK", "7")
	check(0, 1)
	t.Setenv("OMPI_COMM_WORLD_RANK", "1")
	t.Setenv("OMPI_COMM_WORLD_SIZE", "2")
	check(1, 2)
}

// launcher is an mpiexec of MPICH 5, and the program built for it. CRUX_MPIEXEC names the first, and CRUX_MPI the library that belongs to
// it; .ci/run mpi installs both.
func launcher(t *testing.T) (mpiexec, crux string) {
	t.Helper()
	mpiexec = os.Getenv("CRUX_MPIEXEC")
	if mpiexec == "" {
		t.Skip("CRUX_MPIEXEC names no mpiexec of an MPI with the ABI of MPI 5: ranks are not tried; bash .ci/run mpi installs one and tries them")
	}
	crux = filepath.Join(t.TempDir(), "crux-mpi")
	build := exec.Command("go", "build", "-tags", "mpi", "-o", crux, "../../cmd/crux")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return mpiexec, crux
}

// on is a command on a number of ranks; 1 is one process with two workers, without mpiexec.
func on(ctx context.Context, mpiexec, crux string, ranks int, args ...string) *exec.Cmd {
	if ranks == 1 {
		return exec.CommandContext(ctx, crux, append(args, "--workers", "2")...)
	}
	return exec.CommandContext(ctx, mpiexec, append([]string{"-n", strconv.Itoa(ranks), crux}, append(args, "--workers", "1")...)...)
}

// code is the exit code of a command that must end.
func code(t *testing.T, c *exec.Cmd) int {
	t.Helper()
	out, err := c.CombinedOutput()
	if c.ProcessState == nil || !c.ProcessState.Exited() || bytes.Contains(out, []byte("BAD TERMINATION")) {
		t.Fatalf("%v: %v\n%s", c.Args, err, out)
	}
	return c.ProcessState.ExitCode()
}

// same reports files of two runs that are not byte for byte the same. Other files have times in them.
func same(t *testing.T, a, b string) {
	t.Helper()
	for _, name := range []string{"parameters.safetensors", "history.csv", "solution.npz", "problem.yaml"} {
		x, err := os.ReadFile(filepath.Join(a, name))
		y, errY := os.ReadFile(filepath.Join(b, name))
		if err := errors.Join(err, errY); err != nil {
			t.Error(err)
		} else if !bytes.Equal(x, y) {
			t.Errorf("%s of %s and %s differ", name, a, b)
		}
	}
}

// The bits of a run, its verdict and its exit code are the same for one process with two workers and for 2, 3 and 4 ranks: first order and
// the late stage of lm, windows, unknown numbers, another number of ranks that resumes, trackers and a loss of its own.
func TestRanksHaveTheBitsOfOneProcess(t *testing.T) {
	mpiexec, crux := launcher(t)
	for _, test := range []struct {
		file string
		args []string
	}{
		{"poisson2d", []string{"--set", "optimizer.0.steps=30", "--set", "optimizer.1.steps=6", "--set", "trackers={gradient_norms: {interval: 7}, hessian_spectrum: {interval: 20}, ntk_spectrum: {interval: 15}}"}},
		{"burgers1d", []string{"--set", "optimizer.0.steps=20", "--set", "optimizer.1.steps=8"}},
		{"convection", []string{"--set", "optimizer.0.steps=10", "--set", "optimizer.1.steps=3", "--set", "windows=2"}},
		{"inverse_burgers", []string{"--steps", "12"}},
		{"kovasznay", []string{"--set", "optimizer=[{soap: {}, steps: 10}, {ssbroyden: {}, steps: 10}]", "--set", "precision=float32"}},
	} {
		t.Run(test.file, func(t *testing.T) {
			dir := t.TempDir()
			want := -1
			for _, ranks := range []int{1, 2, 3, 4} {
				out := filepath.Join(dir, strconv.Itoa(ranks))
				args := append([]string{"solve", "../../testdata/problems/" + test.file + ".yaml", "--quiet", "--out", out}, test.args...)
				got := code(t, on(t.Context(), mpiexec, crux, ranks, args...))
				if want < 0 {
					want = got
				}
				if got != want {
					t.Errorf("%d ranks end with exit code %d, one process with %d", ranks, got, want)
				}
				same(t, filepath.Join(dir, "1"), out)
			}
		})
	}
}

// What is killed, one rank or all, has lost nothing from before its last checkpoint, and another number of ranks goes on bit for bit.
func TestKilledRanksResume(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("it finds the processes in /proc")
	}
	mpiexec, crux := launcher(t)
	dir := t.TempDir()
	args := []string{"../../testdata/problems/burgers1d.yaml", "--quiet", "--set", "optimizer.0.steps=120", "--set", "optimizer.1.steps=4", "--set", "checkpoint={interval: 10, keep: 1000}"}
	whole, broken := filepath.Join(dir, "whole"), filepath.Join(dir, "broken")
	want := code(t, on(t.Context(), mpiexec, crux, 1, append([]string{"solve", "--out", whole}, args...)...))
	run := on(t.Context(), mpiexec, crux, 3, append([]string{"solve", "--out", broken}, args...)...)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run.Wait() }()
	for { // a checkpoint after the first
		files, _ := filepath.Glob(filepath.Join(broken, "checkpoints", "checkpoint-*"))
		if len(files) > 1 {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended before a checkpoint: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	killOne(t, crux)
	if err := <-ended; err == nil {
		t.Error("a run of which a rank was killed ends well")
	}
	if got := code(t, on(t.Context(), mpiexec, crux, 2, "resume", broken, "--quiet")); got != want {
		t.Errorf("exit code %d, want %d", got, want)
	}
	same(t, whole, broken)
}

// killOne kills the rank of a program that was started last.
func killOne(t *testing.T, program string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		line, errLine := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && errLine == nil && strings.HasPrefix(string(line), program+"\x00solve") {
			last = max(last, pid)
		}
	}
	p, err := os.FindProcess(last)
	if err == nil && last > 0 {
		err = p.Kill()
	}
	if err != nil || last == 0 {
		t.Fatalf("no process of %s: %v", program, err)
	}
}

// A library that is none is named, and so is what to do.
func TestNoMPI(t *testing.T) {
	mpiexec, crux := launcher(t)
	run := on(t.Context(), mpiexec, crux, 2, "solve", "../../testdata/problems/poisson1d.yaml", "--quiet", "--out", filepath.Join(t.TempDir(), "x"))
	run.Env = append(os.Environ(), "CRUX_MPI=libm.so.6")
	out, err := run.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "older than the ABI of MPI 5; install MPICH 5") {
		t.Errorf("%v\n%s", err, out)
	}
	run = on(t.Context(), mpiexec, crux, 2, "solve", "../../testdata/problems/poisson1d.yaml", "--quiet", "--out", filepath.Join(t.TempDir(), "x"))
	run.Env = append(os.Environ(), "CRUX_MPI=/nowhere/libmpi_abi.so.1")
	out, err = run.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "no MPI was found (/nowhere/libmpi_abi.so.1") {
		t.Errorf("%v\n%s", err, out)
	}
}

// Ranks join, add up and leave again and again, and never wait for ever. CRUX_SOAK is how often; 20 without it.
func TestSoak(t *testing.T) {
	mpiexec, _ := launcher(t)
	soak := filepath.Join(t.TempDir(), "soak")
	build := exec.Command("go", "build", "-tags", "mpi", "-o", soak, "./testdata/soak")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	times, err := strconv.Atoi(os.Getenv("CRUX_SOAK"))
	if err != nil {
		times = 20
	}
	for i := range times {
		if out, err := exec.CommandContext(t.Context(), mpiexec, "-n", strconv.Itoa(2+i%2), soak).CombinedOutput(); err != nil {
			t.Fatalf("time %d: %v\n%s", i, err, out)
		}
	}
}
