package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// problem has a bit of everything that a run keeps. It takes a third of a second.
const problem = `problem: p
coords: {x: [0, 1]}
params: {k: {init: 0.5, true: 1}}
fields: {u: {net: mlp, hidden: [8, 8]}}
constraints:
  pde: {residual: "k*u_xx + sin(pi*x)", points: 30, resample: {rad: {interval: 7}}}
  bc: {residual: u, on: boundary, points: 2}
  data: {residual: u - u_data, on: {data: d.csv}}
optimizer: [{adam: {lr: 1e-2}, steps: 120}]
trackers: {gradient_norms: {interval: 5}, residual_stats: {interval: 10}}
checkpoint: {interval: 10, keep: 3}
hard: none
grid: 21
seed: 1
`

const data = "x,u\n0.25,0.07\n0.5,0.1\n0.75,0.07\n"

// settings are what runs are killed with: methods, schemes, samplers, and what else has state.
var settings = []string{
	"seed=1", "optimizer=[{lbfgs: {}, steps: 120}]", "optimizer=[{ssbroyden: {}, steps: 120}]", "optimizer=[{lm: {}, steps: 60}]",
	"optimizer=[{soap: {}, steps: 120}]", "optimizer=[{adam: {}, steps: 50}, {lbfgs: {}, steps: 70}]",
	"weights=relobralo", "weights={gradient_norm: {ema: 0.5}}", "weights=softadapt", "weights=uncertainty", "weights=dwa", "weights=rlw",
	"constraints.pde.resample={r3: {interval: 5}}", "constraints.pde.resample={rar_d: {interval: 10}}", "constraints.pde.resample=3",
	"constraints.pde.point_weights={rba: {}}",
	"precision=float32", "early_stopping={patience: 100}", "checkpoint.best=loss", "trackers=all",
}

var faults = []fault{
	{"kill -9 of a run at a random moment, up to three times in a row, then `resume`", 24, 1000, func(b *bench) harm {
		return b.interrupted(syscall.SIGKILL, 3)
	}},
	{"SIGINT, SIGTERM or SIGHUP at a random moment, then `resume`", 6, 60, func(b *bench) harm {
		sig := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[b.rng.IntN(3)]
		if signal.Ignored(sig) { // by nohup, or in the background of a script; runs inherit that
			sig = syscall.SIGTERM
		}
		return b.interrupted(sig, 1)
	}},
	{"kill -9 of a `sweep`, then the same command again", 4, 80, killedSweep},
	{"two owners: `resume` while the run lives", 5, 60, twoOwners},
	{"two `solve --out` in one folder at once", 5, 60, twoSolves},
	{"a disk that takes only small files, then `resume`", 4, 40, smallDisk},
	{"a disk that is full for a while", 3, 40, fullDisk},
	{"a run on a disk that cannot be written to", 2, 20, readOnlyDisk},
	damaged("checkpoint-*.safetensors", "eval d --at x=0.3", "parameters.safetensors"),
	damaged("parameters.safetensors", "eval d --at x=0.3", ""),
	damaged("problem.yaml", "eval d --at x=0.3", ""),
	damaged("data/d-*.csv", "eval d --at x=0.3", ""),
	damaged("result.json", "show d --json", ""),
	damaged("history.csv", "resume d -q --steps 130", ""),
	damaged("metrics.jsonl", "resume d -q --steps 130", ""),
	{"a problem file with random changes, `validate`", 100, 3000, mutated},
	{"numbers: overflow, poles, roots and logarithms of anything, under random methods", 20, 600, numbers},
	{"another arithmetic: losses of random problems with and without assembly, to 1e-12", 10, 300, otherArithmetic},
	{"sizes: 1e5 terms, 2e4 constants, 2e5 keys, 1e9 points, layers of 1e5, 25 dimensions, derivatives of order 20, " +
		"a mark of the order of bytes, a pipe in place of a file", 9, 90, sizes},
}

// begin writes the problem.
func (b *bench) begin() {
	os.WriteFile(filepath.Join(b.dir, "p.yaml"), []byte(problem), 0o644) //nolint:errcheck // the command says so
	os.WriteFile(filepath.Join(b.dir, "d.csv"), []byte(data), 0o644)     //nolint:errcheck
}

// solve is a command line that trains into a folder, with settings that a bar divides.
func solve(out, set string) []string {
	line := []string{"solve", "p.yaml", "-q", "--out", out}
	for _, s := range strings.Split(set, "|") {
		line = append(line, "--set", s)
	}
	return line
}

// ended is what a run came to, all digits of it.
func (b *bench) ended(dir string) string {
	return b.run(nil, "eval", dir, "--expr", "u", "--expr", "u_xx", "--expr", "k").out
}

// same compares a run with the one that nothing happened to: its end, and its logs.
func (b *bench) same(dir, whole string) (h harm) {
	if b.ended(dir) != b.ended(whole) {
		h.lost = 1
	}
	for _, name := range []string{"history.csv", "metrics.jsonl"} {
		x, y := b.log(dir, name), b.log(whole, name)
		if !slices.Equal(x, y) {
			fmt.Fprintf(&b.said, "%s has %d lines, not %d\n", name, len(x), len(y))
			h.other = 1
		}
	}
	return h
}

// log is the file of a run without the times in it.
func (b *bench) log(dir, name string) []string {
	text, _ := os.ReadFile(filepath.Join(b.dir, dir, name)) // one that is not there has no lines
	lines := strings.Split(string(text), "\n")
	for i, l := range lines {
		if before, rest, ok := strings.Cut(l, `"time":`); ok {
			_, after, _ := strings.Cut(rest, ",")
			lines[i] = before + after
		} else if name == "metrics.jsonl" { // filled in, without a time
			lines[i] = l
		}
	}
	return lines
}

// interrupted is a run that a signal ends some times, and that is resumed until its end.
func (b *bench) interrupted(s syscall.Signal, times int) (h harm) {
	b.begin()
	set := settings[b.rng.IntN(len(settings))]
	start := time.Now()
	whole := b.run(nil, solve("whole", set)...)
	h.add(whole.harm)
	if !well(whole.code) {
		fmt.Fprintf(&b.said, "%s does not train\n", set)
		h.lost = 1
		return h
	}
	takes := time.Since(start)
	command := append(solve("d", set), "--set", "checkpoint.interval=1")
	ended := false
	for range times {
		if ended {
			break
		}
		o := b.run(b.after(takes, s), command...)
		h.add(o.harm)
		if o.signalled(s) {
			h.times++
		}
		ended = well(o.code) || strings.Contains(o.err, "as many as it should") // killed after the last file was written
		if files, _ := filepath.Glob(filepath.Join(b.dir, "d/checkpoints/checkpoint-*")); len(files) > 0 {
			command = []string{"resume", "d", "-q"}
		} else {
			os.RemoveAll(filepath.Join(b.dir, "d")) //nolint:errcheck // the command says so
		}
	}
	if !ended {
		o := b.run(nil, command...)
		if h.add(o.harm); !well(o.code) && !strings.Contains(o.err, "as many as it should") {
			h.lost = 1
		}
	}
	h.add(b.same("d", "whole"))
	if left, _ := filepath.Glob(filepath.Join(b.dir, "d/checkpoints/.*")); len(left) > 0 {
		h.lost = 1
	}
	return h
}

func killedSweep(b *bench) (h harm) {
	b.begin()
	args := func(out string) []string {
		return []string{"sweep", "p.yaml", "-q", "--grid", "optimizer.0.adam.lr=1e-3,1e-2", "--seeds", "2", "--jobs", "2", "--out", out}
	}
	start := time.Now()
	h.add(b.run(nil, args("whole")...).harm)
	takes := time.Since(start)
	for range 2 {
		o := b.run(b.after(takes, syscall.SIGKILL), args("d")...)
		h.add(o.harm)
		if o.signalled(syscall.SIGKILL) {
			h.times++
		}
	}
	if o := b.run(nil, args("d")...); !well(o.code) {
		h.lost = 1
	}
	for _, run := range []string{"run-1-1", "run-1-2", "run-2-1", "run-2-2"} {
		h.add(b.same("d/"+run, "whole/"+run))
	}
	return h
}

// long makes a run so long that another command meets it, and not longer by what its disk takes for checkpoints.
const long = "optimizer=[{adam: {lr: 1e-2}, steps: 6000}]|checkpoint.interval=200"

func twoOwners(b *bench) (h harm) {
	h.times = 1
	b.begin()
	h.add(b.run(nil, solve("whole", long)...).harm)
	second := outcome{code: -2}
	first := b.run(func(*os.Process) {
		for range 1000 {
			if files, _ := filepath.Glob(filepath.Join(b.dir, "d/checkpoints/checkpoint-*")); len(files) > 0 {
				break
			}
			time.Sleep(time.Millisecond)
		}
		second = b.run(nil, "resume", "d", "-q")
	}, solve("d", long)...)
	h.add(first.harm)
	h.add(second.harm)
	if !well(first.code) || second.code != 2 { // the second is refused, or finds a run that has ended
		h.lost = 1
	}
	h.add(b.same("d", "whole"))
	return h
}

func twoSolves(b *bench) (h harm) {
	h.times = 1
	b.begin()
	h.add(b.run(nil, solve("whole", "seed=1")...).harm)
	var codes [2]outcome
	var said [2]bench
	var wg sync.WaitGroup
	for i := range codes {
		said[i] = bench{dir: b.dir, crux: b.crux}
		wg.Go(func() { codes[i] = said[i].run(nil, solve("d", "seed=1")...) })
	}
	wg.Wait()
	trained := 0
	for i, o := range codes {
		b.said.WriteString(said[i].said.String())
		h.add(o.harm)
		if well(o.code) {
			trained++
		}
	}
	if trained != 1 {
		h.lost = 1
	}
	h.add(b.same("d", "whole"))
	return h
}

func smallDisk(b *bench) (h harm) {
	h.times = 1
	b.begin()
	h.add(b.run(nil, solve("whole", "seed=1")...).harm)
	blocks := 8 + b.rng.IntN(60) // of 512 bytes, which is less than a checkpoint or more
	line := strings.Join(append([]string{"ulimit -f", fmt.Sprint(blocks), "; exec", b.crux}, solve("d", "seed=1")...), " ")
	h.add(b.exec(nil, "sh", "-c", line).harm)
	command := []string{"resume", "d", "-q"}
	if files, _ := filepath.Glob(filepath.Join(b.dir, "d/checkpoints/checkpoint-*")); len(files) == 0 {
		os.RemoveAll(filepath.Join(b.dir, "d")) //nolint:errcheck // the command says so
		command = solve("d", "seed=1")
	}
	if _, err := os.Stat(filepath.Join(b.dir, "d/result.json")); err != nil {
		if o := b.run(nil, command...); !well(o.code) {
			h.lost = 1
		}
	}
	if b.ended("d") != b.ended("whole") {
		h.lost = 1
	}
	return h
}

// damages are what happens to the bytes of a file.
var damages = []func(b *bench, text []byte) []byte{
	func(b *bench, text []byte) []byte { return text[:b.rng.IntN(len(text))] },
	func(b *bench, text []byte) []byte { text[b.rng.IntN(len(text))] ^= 1 << b.rng.IntN(8); return text },
	func(b *bench, text []byte) []byte { text[b.rng.IntN(len(text))] = byte(b.rng.IntN(256)); return text },
	func(b *bench, text []byte) []byte {
		at := b.rng.IntN(len(text))
		clear(text[at:min(len(text), at+512)])
		return text
	},
	func(b *bench, text []byte) []byte {
		i, j := b.rng.IntN(len(text)), b.rng.IntN(len(text))
		text[i], text[j] = text[j], text[i]
		return text
	},
}

// each is how many damages one run gets, one after the other.
const each = 10

// damaged is the fault that a file of a run has other bytes; what reads it says so, or says the same as before. without is a file that is
// removed before, so that the damaged one is what counts.
func damaged(file, command, without string) fault {
	name := fmt.Sprintf("other bytes in %s, `%s`", file, command)
	return fault{name, 2 * each, 72 * each, func(b *bench) (h harm) {
		b.begin()
		h.times = each
		if o := b.run(nil, solve("d", "seed=1")...); !well(o.code) {
			return harm{times: each, lost: 1}
		}
		if without != "" {
			os.Remove(filepath.Join(b.dir, "d", without))       //nolint:errcheck // the command says so
			os.Remove(filepath.Join(b.dir, "d", "result.json")) //nolint:errcheck
		}
		files, _ := filepath.Glob(filepath.Join(b.dir, "d", file))
		if len(files) == 0 {
			files, _ = filepath.Glob(filepath.Join(b.dir, "d/checkpoints", file))
		}
		path := files[len(files)-1]
		whole, err := os.ReadFile(path)
		if err != nil || len(whole) == 0 {
			return harm{times: each, lost: 1}
		}
		os.CopyFS(filepath.Join(b.dir, "kept"), os.DirFS(filepath.Join(b.dir, "d"))) //nolint:errcheck // what follows says so
		resumes := strings.HasPrefix(command, "resume")
		want := ""
		for k := range each + 1 { // the first time without damage
			b.again()
			if k > 0 {
				text := damages[b.rng.IntN(len(damages))](b, bytes.Clone(whole))
				os.WriteFile(path, text, 0o644) //nolint:errcheck // what follows says so
			}
			o := b.run(nil, strings.Fields(command)...)
			h.add(o.harm)
			result := o.out
			if resumes {
				result = b.ended("d")
			}
			switch {
			case k == 0:
				want = result
			case !well(o.code) && (o.err == "" || resumes): // a log forbids nothing
				h.lost++
			case well(o.code) && result != want && (o.err == "" || resumes):
				h.other++
			}
		}
		return h
	}}
}

// again puts the run back as it was.
func (b *bench) again() {
	os.RemoveAll(filepath.Join(b.dir, "d"))                                      //nolint:errcheck // what follows says so
	os.CopyFS(filepath.Join(b.dir, "d"), os.DirFS(filepath.Join(b.dir, "kept"))) //nolint:errcheck
}

// mutated is a shipped problem file with random changes: it is read or refused with a place, and within the limit.
func mutated(b *bench) (h harm) {
	h.times = 1
	files, _ := filepath.Glob(filepath.Join(b.root, "testdata/problems/*.yaml"))
	text, err := os.ReadFile(files[b.rng.IntN(len(files))])
	if err != nil {
		return harm{times: 1, lost: 1}
	}
	words := [][]byte{
		[]byte("{"), []byte("]"), []byte(": "), []byte("\n"), []byte("-"), []byte("1e999"), []byte("u_xx"), []byte("nan"),
		[]byte("*"), []byte("&a"), []byte("9999999999"), []byte("'"), []byte("\x00"), []byte("laplacian("),
	}
	for range 1 + b.rng.IntN(4) {
		at := b.rng.IntN(len(text))
		switch b.rng.IntN(3) {
		case 0:
			text = damages[b.rng.IntN(len(damages))](b, text)
		case 1:
			text = slices.Insert(text, at, words[b.rng.IntN(len(words))]...)
		default:
			text = slices.Delete(text, at, min(len(text), at+1+b.rng.IntN(20)))
		}
		if len(text) == 0 {
			return h
		}
	}
	os.WriteFile(filepath.Join(b.dir, "m.yaml"), text, 0o644) //nolint:errcheck // the command says so
	o := b.run(nil, "validate", "m.yaml")
	h.add(o.harm)
	if o.code != 0 && (o.code != 2 || !strings.Contains(o.err, "m.yaml")) {
		h.other = 1
	}
	return h
}

// sizes are files that are too large in some way, one for each try.
func sizes(b *bench) harm {
	list := func(n int, item, between string) string {
		var parts []string
		for i := range n {
			parts = append(parts, strings.ReplaceAll(item, "#", fmt.Sprint(i)))
		}
		return strings.Join(parts, between)
	}
	b.begin()
	of := func(old, now string) string { return strings.Replace(problem, old, now, 1) }
	const pde = "k*u_xx + sin(pi*x)"
	texts := []func() string{
		func() string { return of(pde, list(100_000, "#*u", "+")) },
		func() string { return problem + "constants: {" + list(20_000, "c#: 1", ", ") + "}\n" },
		func() string { return problem + list(200_000, "k#: 1", "\n") },
		func() string { return of("points: 30", "points: 1000000000") },
		func() string { return of("[8, 8]", "[100000, 100000]") },
		func() string {
			return "problem: p\ncoords: {" + list(25, "x#: [0, 1]", ", ") + "}\nfields: {u: {hidden: [4]}}\nconstraints: {pde: {residual: \"" +
				list(25, "u_x#x#", " + ") + " + 1\", points: 9}, bc: {residual: u, on: boundary, points: 9}}\n" +
				"optimizer: {adam: {}, steps: 2}\nhard: none\n"
		},
		func() string { return of(pde, "u_"+strings.Repeat("x", 20)) },
		func() string { return "\ufeff" + problem },
		nil, // a pipe
	}
	path := filepath.Join(b.dir, "p.yaml")
	if text := texts[b.number%len(texts)]; text != nil {
		os.WriteFile(path, []byte(text()), 0o644) //nolint:errcheck // the command says so
	} else {
		os.Remove(path) //nolint:errcheck // the command says so
		if err := exec.Command("mkfifo", path).Run(); err != nil {
			b.not = err.Error()
			return harm{}
		}
	}
	o := b.run(nil, "solve", "p.yaml", "-q", "--steps", "2", "--out", "d")
	if !well(o.code) && o.code != 2 {
		o.harm.other = 1
	}
	o.harm.times = 1
	return o.harm
}
