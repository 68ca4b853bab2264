package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/kern"
	"github.com/crux-pinn/crux/internal/problemfile"
)

// yardstick is the problem of the row "poisson 2-64×3-1 N=1024 f64" of docs/results/performance.md.
const yardstick = `problem: yardstick
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {net: mlp, hidden: [64, 64, 64]}}
constraints: {pde: {residual: "laplacian(u) = 1", points: 1024, resample: 0}}
optimizer: [{adam: {}, steps: 1000000}]
scale: none
`

// yardstickSeconds is what a step of it takes there.
const yardstickSeconds = 1.939e-3

func (a *app) doctor() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine is for crux, and how fast",
		Long: `Say what this machine is for crux: instruction set, cores, memory, whether results can be written here, and how long a training
step takes, measured for a second and beside the machine of docs/results/performance.md.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runDoctor(c.Context()) },
	}
}

func (a *app) runDoctor(ctx context.Context) error {
	p, err := problemfile.Parse("yardstick", []byte(yardstick), "", nil)
	if err != nil {
		return fail(exitFailed, err)
	}
	b, err := a.measure(ctx, p, time.Second/2) // steps, and as long again for their parts
	if err != nil {
		return err
	}
	instructions := kern.Instructions()
	switch instructions {
	case "portable":
		instructions += ": there are no kernels for this processor, so training is slow"
	case "neon":
		instructions += ": matrix products in assembly, functions in Go"
	}
	cores := fmt.Sprint(runtime.GOMAXPROCS(0))
	if n := runtime.NumCPU(); n != runtime.GOMAXPROCS(0) {
		cores += fmt.Sprintf(" of %d, by GOMAXPROCS", n)
	}
	memory := "unknown on this system"
	if n, ok := crux.MachineMemory(); ok {
		memory = fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	folder := "results can be written here"
	if f, err := os.CreateTemp(".", ".crux-doctor-*"); err != nil {
		folder = "results cannot be written here: give a folder with --out"
	} else {
		f.Close()           //nolint:errcheck // it is empty
		os.Remove(f.Name()) //nolint:errcheck
	}
	screen := "none, or it cannot move its cursor: progress is lines"
	if a.Terminal != nil {
		cols, rows := a.Terminal()
		screen = fmt.Sprintf("%d columns, %d rows: progress is a block that renews itself", cols, rows)
	}
	var t strings.Builder
	table(&t, [][]string{
		{"version", strings.TrimPrefix(versionLine(), "crux ")},
		{"processor", processor()},
		{"instructions", instructions},
		{"cores", cores},
		{"memory", memory},
		{"folder", folder},
		{"terminal", screen},
		{"step", fmt.Sprintf("%.2f ms, %.1f times as long as in docs/results/performance.md (1024 points, 3 layers of 64, float64)",
			1e3*float64(b.Step), float64(b.Step)/yardstickSeconds)},
		{"products", fmt.Sprintf("%.0f GFLOP/s", float64(b.Peak))},
	})
	a.Out.Write([]byte(t.String())) //nolint:errcheck // Run checks the writer at the end
	return nil
}
