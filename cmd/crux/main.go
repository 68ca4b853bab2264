// Command crux solves PDE problems with physics-informed neural networks. Run it with --help.
package main

import (
	"os"

	"github.com/crux-pinn/crux/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr)) }
