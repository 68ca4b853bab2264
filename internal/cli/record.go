package cli

import (
	"path/filepath"

	"github.com/crux-pinn/crux/callbacks"
	"github.com/crux-pinn/crux/crux"
)

// recorders are the callbacks that write down what a run measures. They come last, so that they see what all others have
// recorded at a step.
func recorders(dir string) []crux.Callback {
	return []crux.Callback{
		&callbacks.CSV{Path: filepath.Join(dir, historyFile)},
		&callbacks.JSONL{Path: filepath.Join(dir, metricsFile)},
		&callbacks.Arrays{Dir: filepath.Join(dir, arraysDir)},
	}
}
