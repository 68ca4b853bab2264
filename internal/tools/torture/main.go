// Command torture attacks the program as accidents do: it kills it, damages its files, fills its disk, starts it twice, and gives it files
// that nobody would write. Then it looks whether something is lost, or other than it should be without a word.
//
//	make torture            # the short one, as CI has it
//	make torture LONG=1     # a thousand kills, thousands of damages; writes docs/reliability.md, fault by fault
package main

import (
	"bytes"
	"cmp"
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

// A command that computes for longer than most, or has not ended after patience, hangs. A machine that has other work to do hangs nothing.
const (
	most     = 60 * time.Second
	patience = 10 * time.Minute
)

// harm is what came of faults, and how many there were: a signal counts if it ended a process.
type harm struct{ times, lost, other, panics, hangs int }

func (h harm) any() bool { return h.lost+h.other+h.panics+h.hangs > 0 }

func (h *harm) add(o harm) {
	h.times += o.times
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
	number int // of the try
	dir    string
	rng    *rand.Rand
	crux   string          // the program
	root   string          // the working copy
	said   strings.Builder // the commands so far, and what they said
	not    string          // why the fault cannot be tried on this machine
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
	ctx, cancel := context.WithTimeout(context.Background(), patience)
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
	if s := c.ProcessState; ctx.Err() != nil || s != nil && s.UserTime()+s.SystemTime() > most {
		o.harm.hangs = 1
	}
	if strings.Contains(o.err, "panic:") || strings.Contains(o.err, "\ngoroutine ") || strings.Contains(o.err, "fatal error:") {
		o.harm.panics = 1
	}
	fmt.Fprintf(&b.said, "$ crux %s\n%.2000s[%d]\n", strings.Join(args, " "), o.err, o.code)
	return o
}

// signalled reports whether a signal ended a command: at once, or as crux does after it has saved.
func (o outcome) signalled(s syscall.Signal) bool { return o.code == -1 || o.code == 128+int(s) }

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
	fmt.Print(head)
	var all harm
	var rows []string
	start := time.Now()
	for _, f := range faults {
		n := f.short
		if long {
			n = f.long
		}
		if !strings.Contains(f.name, only) {
			continue
		}
		h, bad, not := f.times(n, func(k int) *bench {
			name := fnv.New64()
			name.Write([]byte(f.name)) //nolint:errcheck // a hash never fails
			return &bench{
				number: k, dir: filepath.Join(tmp, fmt.Sprintf("%x-%d", name.Sum64(), k)),
				rng: rand.New(rand.NewPCG(seed+uint64(k), name.Sum64())), crux: program, root: root,
			}
		})
		if not != "" {
			fmt.Fprintf(os.Stderr, "%s: not tried: %s\n", f.name, not)
			continue
		}
		row := fmt.Sprintf("| %s | %d | %d | %d | %d | %d | %s |\n", f.name, h.times, h.lost, h.other, h.panics, h.hangs, commit)
		fmt.Print(row)
		for _, s := range bad {
			fmt.Fprintln(os.Stderr, s)
		}
		all.add(h)
		if rows = append(rows, row); long { // hours are not lost with the last of them
			err := checkout.Rewrite(page, func(command, old string) string {
				if command != makes {
					return old
				}
				return merged(old, rows, seed)
			})
			if err != nil {
				return err
			}
		}
	}
	fmt.Printf("%d in all, in %v\n", all.times, time.Since(start).Round(time.Second))
	if all.any() {
		return fmt.Errorf("%d lost, %d silently other, %d panics, %d hangs; what was done stands above", all.lost, all.other, all.panics,
			all.hangs)
	}
	return nil
}

// times tries a fault until it has been there n times, as many at once as there are cores. It returns the sum, and what was done where
// there was harm, of some; or why the fault cannot be tried here.
func (f *fault) times(n int, at func(k int) *bench) (sum harm, bad []string, not string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := 0
	for range runtime.NumCPU() {
		wg.Go(func() {
			for {
				mu.Lock()
				k := next
				next++
				over := sum.times >= n || not != "" || k >= 10*n // tries that came to nothing are not repeated for ever
				mu.Unlock()
				if over {
					return
				}
				b := at(k)
				h := harm{times: 1, lost: 1}
				if err := os.MkdirAll(b.dir, 0o755); err == nil {
					h = f.try(b)
				}
				mu.Lock()
				sum.add(h)
				not = cmp.Or(not, b.not)
				if h.any() && len(bad) < 5 {
					bad = append(bad, fmt.Sprintf("%s, number %d: %+v\n%s", f.name, k, h, b.said.String()))
				}
				mu.Unlock()
				os.RemoveAll(b.dir) //nolint:errcheck // it is a temporary folder
			}
		})
	}
	wg.Wait()
	return sum, bad, not
}

// after returns what sends a signal some time after a process has begun.
func (b *bench) after(within time.Duration, s syscall.Signal) func(p *os.Process) {
	wait := time.Duration(b.rng.Int64N(int64(within)))
	return func(p *os.Process) {
		time.Sleep(wait)
		p.Signal(s) //nolint:errcheck // it may have ended
	}
}
