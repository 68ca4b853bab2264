package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/report"
)

// A run that is interrupted in the middle of a lesson, at its end or in the last one, ends as one that is not, to the bit; and so
// does one that goes on from any of its checkpoints.
func TestCurriculumResume(t *testing.T) {
	alone(t, "lessons.yaml")
	r := call(t, "solve", "lessons.yaml", "--out", "whole")
	if r.code != exitOK || !strings.Contains(r.err, "lessons  lesson 1/3, beta = 1, ended after 16 steps") || !strings.Contains(r.out, "ran all 3 lessons") ||
		strings.Contains(r.out, "not finished") {
		t.Fatalf("%+v", r)
	}
	resumeFromSeams(t, "lessons.yaml")
	resumeFromEach(t)
}

// A run that ends before the last lesson says so, and whatever is asked of it is of the value that it has come to: errors, expressions.
func TestCurriculumUnfinished(t *testing.T) {
	alone(t, "lessons.yaml")
	r := call(t, "solve", "lessons.yaml", "--out", "run", "--quiet", "--steps", "30")
	const line = "the curriculum is not finished: this solves the problem with beta = 2, and errors are of it, not of 3"
	if r.code != exitOK || !strings.Contains(r.out, line) {
		t.Fatalf("%+v", r)
	}
	var v report.Report
	b, err := os.ReadFile(filepath.Join("run", resultFile))
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	if c := v.Curriculum; err != nil || c == nil || c.Constant != "beta" || c.Value != 2 || c.Final != 3 || len(c.Lessons) != 3 || c.Lessons[0].Steps != 16 || c.Lessons[1].Steps != 14 || c.Lessons[2].Steps != 0 {
		t.Errorf("%v: %s", err, b)
	}
	for _, checkpoints := range []bool{true, false} { // without them the parameters alone must tell
		if !checkpoints {
			if err := os.RemoveAll(filepath.Join("run", checkpointFolder)); err != nil {
				t.Fatal(err)
			}
		}
		e := call(t, "eval", "run", "--at", "t=0.5,x=1", "--expr", "beta", "--expr", "half")
		if e.out != "t,x,beta,half\n0.5,1,2,1\n" || !strings.Contains(e.err, line) {
			t.Errorf("%+v", e)
		}
	}
	if r := call(t, "solve", "lessons.yaml", "--dry-run"); !strings.Contains(r.out, "#   lessons: beta = 1, 2, 3, at most 16 steps each\n") || !strings.Contains(r.out, "# 48 steps") {
		t.Errorf("%+v", r)
	}
}

// The trace is that of the last lesson.
func TestCurriculumTrace(t *testing.T) {
	alone(t, "lessons.yaml")
	args := []string{"trace", "lessons.yaml", "-pass", "fuse", "-constraint", "pde", "--set", "weights=", "--set", "trackers="}
	if a, b := quietly(t, args...), quietly(t, append(args, "--set", "curriculum=none")...); a != b || len(a) < 100 {
		t.Errorf("%s\n%s", a, b)
	}
}

// Seeds and grids have lessons like any other run.
func TestCurriculumBatches(t *testing.T) {
	alone(t, "lessons.yaml")
	if r := call(t, "solve", "lessons.yaml", "--seeds", "2", "--quiet", "--out", "seeds"); r.code != exitOK || !strings.Contains(r.out, "2 of 2 runs") {
		t.Errorf("%+v", r)
	}
	r := call(t, "sweep", "lessons.yaml", "--grid", "curriculum=none,{beta: 1}", "--quiet", "--out", "grid")
	if r.code != exitOK || !strings.Contains(r.out, "2 of 2 runs") || !strings.Contains(r.out, " 16 ") || !strings.Contains(r.out, " 32 ") {
		t.Errorf("%+v", r)
	}
}
