// Command peers times training steps in crux and in the programs that a user would otherwise take, side by side.
//
// Every row alternates crux, peer, crux, peer, … within one run on the same points and weights, after both have warmed
// up, and prints the median of the ratios peer time / crux time and their range: the machine's state drops out of a
// ratio, not out of a time. Before anything is timed, losses and gradients of both sides are compared; a row where they
// disagree is void. "make bench-peers" sets the peers up and runs all rows; docs/performance.md has the results.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"regexp"
	"runtime"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("peers: ")
	home, err := os.UserHomeDir()
	if err != nil {
		log.Fatal(err)
	}
	c := config{}
	flag.StringVar(&c.envs, "envs", home+"/.cache/crux-peers", "folder of the virtual environments that testdata/peers/setup.sh makes")
	flag.StringVar(&c.scripts, "scripts", "testdata/peers", "folder of the peers' scripts")
	flag.IntVar(&c.rounds, "rounds", 11, "rounds of crux, peer")
	flag.Float64Var(&c.seconds, "seconds", 0.15, "least time of one side in a round")
	flag.BoolVar(&c.users, "users", true, "time JAX as users write it also where there is no target for that")
	quick := flag.Bool("quick", false, "five short rounds: a look, not a measurement")
	only := flag.String("only", "", "rows whose name matches this regular expression")
	flag.Parse()
	if *quick {
		c.rounds, c.seconds, c.users = 5, 0.05, false
	}
	if c.only, err = regexp.Compile(*only); err != nil {
		log.Fatal(err)
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
	envs, scripts string
	rounds        int
	users         bool
	seconds       float64
	only          *regexp.Regexp
}
