// Command peers times training steps in crux and in the programs that a user would otherwise take, side by side.
//
// Every row alternates crux, peer, crux, peer, … within one run on the same points and weights, after both have warmed
// up, and prints the median of the ratios peer time / crux time and their range: the machine's state drops out of a
// ratio, not out of a time. Before anything is timed, losses and gradients of both sides are compared; a row where they
// disagree is void. "make bench-peers" sets the peers up and runs all rows; docs/results/performance.md has the results.
//
// With -accuracy it instead lets crux and its peers solve whole problems, one after the other, and notes the error over the
// training time of each: "make peers-accuracy", which writes docs/results/peers_accuracy.md.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"regexp"
	"runtime"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("peers: ")
	home, err := os.UserHomeDir()
	if err := errors.Join(err, checkout.Enter()); err != nil {
		log.Fatal(err)
	}
	c := config{users: true, seconds: 0.15}
	flag.StringVar(&c.envs, "envs", home+"/.cache/crux-peers", "folder of the virtual environments that testdata/peers/setup.sh makes")
	flag.IntVar(&c.rounds, "rounds", 11, "rounds of crux, peer")
	accuracy := flag.Bool("accuracy", false, "instead: the time in which crux and its peers reach an error")
	budget := flag.Duration("budget", 0, "training time of each peer, for -accuracy; 0 means 30, 60 and 90 s, and only then a page is written")
	flag.Func("set", "an override of the problem files, as in crux solve (repeatable), for -accuracy; then no page is written",
		func(s string) error {
			c.sets = append(c.sets, s)
			return nil
		})
	quick := flag.Bool("quick", false, "five short rounds: a look, not a measurement")
	only := flag.String("only", "", "rows whose name matches this regular expression")
	flag.Parse()
	if *quick {
		c.rounds, c.seconds, c.users = 5, 0.05, false
	}
	if c.only, err = regexp.Compile(*only); err != nil {
		log.Fatal(err)
	}
	if *accuracy {
		if err := c.accuracy(*budget); err != nil {
			log.Fatal(err)
		}
		return
	}
	fmt.Printf("%s/%s, %d threads each, %s, %d rounds; ratios are peer time / crux time\n\n",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), processor(), c.rounds)
	ok := true
	for _, table := range []func(config) (bool, error){tuned, frameworks, watching} {
		agreed, err := table(c)
		if err != nil {
			log.Fatal(err)
		}
		ok = ok && agreed
	}
	if !ok {
		log.Fatal("rows marked void are no comparison")
	}
}

// config is what the command line says.
type config struct {
	envs    string
	rounds  int
	users   bool    // time JAX as users write it also where there is no target for that
	seconds float64 // least time of one side in a round
	only    *regexp.Regexp
	sets    []string // overrides of the problem files
}
