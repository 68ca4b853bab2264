// Command plots draws the pictures of the documentation.
//
//	go -C internal/tools run ./plots trackers -o docs/explainability
//	go -C internal/tools run ./plots field -run runs/poisson2d-1 -x x -y y -field u -o docs/poisson2d.png
//
// The first trains Burgers' equation and draws what the trackers saw of it, the second draws a field of a run. Paths are
// relative to the root of the project.
package main

import (
	"log"
	"os"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("plots: ")
	plots := map[string]func(args []string) error{"trackers": watch, "field": field}
	if len(os.Args) < 2 || plots[os.Args[1]] == nil {
		log.Fatal("say what to draw: trackers or field, with -h for its flags")
	}
	if err := checkout.Enter(); err != nil {
		log.Fatal(err)
	}
	if err := plots[os.Args[1]](os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}
