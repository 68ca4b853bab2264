// Command torture attacks the program as accidents do: it kills it, damages its files, fills its disk, starts it twice, and gives it files
// that nobody would write. Then it looks whether something is lost, or other than it should be without a word.
//
//	make torture            # the short one, as CI has it
//	make torture LONG=1     # a thousand kills, thousands of damages; writes docs/reliability.md
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

// limit is how long a command may take: more is a hang.
const limit = 60 * time.Second

// harm is what came of a fault.
type harm struct{ lost, other, panics, hangs int }

func (h harm) any() bool { return h != harm{} }

func (h *harm) add(o harm) {
	h.lost += o.lost
	h.other += o.other
	h.panics += o.panics
	h.hangs += o.hangs
}

// fault is a kind of accident.
type fault struct {
	name        string
	short, long int // times
	try         func(b *bench) harm
}

// bench is where a fault is tried once: a folder of its own, and its own random numbers.
type bench struct {
	dir  string
	rng  *rand.Rand
	crux string          // the program
	root string          // the working copy
	said strings.Builder // the commands so far, and what they said
}

// outcome is what a command left.
type outcome struct {
	code     int // −1 if a signal ended it
	out, err string
	harm     harm
}

// run runs a command line of crux in the folder; during, if not nil, is called as the process has started.
func (b *bench) run(during func(p *os.Process), args ...string) outcome {
	return b.exec(during, b.crux, args...)
}

func (b *bench) exec(during func(p *os.Process), name string, args ...string) outcome {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = b.dir, append(os.Environ(), "GOMAXPROCS=1")
	var out, stderr bytes.Buffer
	c.Stdout, c.Stderr = &out, &stderr
	err := c.Start()
	if err == nil {
		if during != nil {
			during(c.Process)
		}
		err = c.Wait()
	}
	o := outcome{0, out.String(), stderr.String(), harm{}}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		o.code = exit.ExitCode()
	} else if err != nil {
		o.code, o.err = -1, o.err+err.Error()
	}
	if ctx.Err() != nil {
		o.harm.hangs = 1
	}
	if strings.Contains(o.err, "panic:") || strings.Contains(o.err, "\ngoroutine ") || strings.Contains(o.err, "fatal error:") {
		o.harm.panics = 1
	}
	fmt.Fprintf(&b.said, "$ crux %s\n%.2000s[%d]\n", strings.Join(args, " "), o.err, o.code)
	return o
}

// well reports whether a run went well; what it came to is another matter.
func well(code int) bool { return code == 0 || code >= 4 && code <= 6 }

func main() {
	long := flag.Bool("long", false, "try each fault often, and write docs/reliability.md")
	only := flag.String("only", "", "only faults with this in their name")
	seed := flag.Uint64("seed", 1, "of the random numbers")
	flag.Parse()
	if err := torture(*long, *only, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
}

func torture(long bool, only string, seed uint64) error {
	if err := checkout.Enter(); err != nil {
		return err
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "torture-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)          //nolint:errcheck // it is a temporary folder
	commit, err := checkout.Commit() // before the hours in which it may change
	if err != nil {
		return err
	}
	program := filepath.Join(tmp, "crux")
	build := exec.Command("go", "build", "-o", program, "./cmd/crux")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	table := "| fault | times | lost | silently other | panics | hangs |\n|---|---|---|---|---|---|\n"
	fmt.Print(table)
	var all harm
	times, start := 0, time.Now()
	for _, f := range faults {
		n := f.short
		if long {
			n = f.long
		}
		if n == 0 || !strings.Contains(f.name, only) {
			continue
		}
		tries := n
		if strings.HasPrefix(f.name, "other bytes") {
			tries /= each
		}
		h, bad := f.times(tries, func(k int) *bench {
			name := fnv.New64()
			name.Write([]byte(f.name)) //nolint:errcheck // a hash never fails
			return &bench{
				dir: filepath.Join(tmp, fmt.Sprintf("%x-%d", name.Sum64(), k)),
				rng: rand.New(rand.NewPCG(seed+uint64(k), name.Sum64())), crux: program, root: root,
			}
		})
		row := fmt.Sprintf("| %s | %d | %d | %d | %d | %d |\n", f.name, n, h.lost, h.other, h.panics, h.hangs)
		fmt.Print(row)
		for _, s := range bad {
			fmt.Fprintln(os.Stderr, s)
		}
		table += row
		all.add(h)
		times += n
	}
	row := fmt.Sprintf("| all, in %v | %d | %d | %d | %d | %d |\n", time.Since(start).Round(time.Second), times, all.lost, all.other,
		all.panics, all.hangs)
	fmt.Print(row)
	if long && only == "" {
		text := fmt.Sprintf("At commit %s, on %s with %d cores, seed %d.\n\n%s%s", commit, runtime.GOOS+"/"+runtime.GOARCH, runtime.NumCPU(),
			seed, table, row)
		if err := checkout.Rewrite("docs/reliability.md", func(string, string) string { return text }); err != nil {
			return err
		}
	}
	if all.any() {
		return fmt.Errorf("%d lost, %d silently other, %d panics, %d hangs; what was done stands above", all.lost, all.other, all.panics,
			all.hangs)
	}
	return nil
}

// times tries a fault n times, as many at once as there are cores. It returns the sum, and what was done where there was harm, of some.
func (f *fault) times(n int, at func(k int) *bench) (sum harm, bad []string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan int)
	for range runtime.NumCPU() {
		wg.Go(func() {
			for k := range next {
				b := at(k)
				h := harm{lost: 1}
				if err := os.MkdirAll(b.dir, 0o755); err == nil {
					h = f.try(b)
				}
				mu.Lock()
				sum.add(h)
				if h.any() && len(bad) < 3 {
					bad = append(bad, fmt.Sprintf("%s, number %d: %+v\n%s", f.name, k, h, b.said.String()))
				}
				mu.Unlock()
				os.RemoveAll(b.dir) //nolint:errcheck // it is a temporary folder
			}
		})
	}
	for k := range n {
		next <- k
	}
	close(next)
	wg.Wait()
	return sum, bad
}

// after returns what sends a signal some time after a process has begun.
func (b *bench) after(most time.Duration, s syscall.Signal) func(p *os.Process) {
	wait := time.Duration(b.rng.Int64N(int64(most)))
	return func(p *os.Process) {
		time.Sleep(wait)
		p.Signal(s) //nolint:errcheck // it may have ended
	}
}
