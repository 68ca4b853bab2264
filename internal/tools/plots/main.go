// Command plots draws the pictures of docs/explainability.md.
//
//	go -C internal/tools run ./plots trackers -o docs/explainability
//
// It trains Burgers' equation and draws what the trackers saw of it, as dashboards show it. Paths are relative to the root of the project.
// Pictures of runs are drawn by crux plot.
package main

import (
	"log"
	"os"

	"github.com/crux-pinn/crux/internal/tools/checkout"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("plots: ")
	if len(os.Args) < 2 || os.Args[1] != "trackers" {
		log.Fatal("say what to draw: trackers, with -h for its flags")
	}
	if err := checkout.Enter(); err != nil {
		log.Fatal(err)
	}
	if err := watch(os.Args[2:]); err != nil {
		log.Fatal(err)
	}
}
