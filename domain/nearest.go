package domain

import (
	"fmt"

	"github.com/crux-pinn/crux/internal/nearest"
)

// didYouMean returns `did you mean "…"? ` for the nearest of the names, or nothing when none is near.
func didYouMean(name string, names []string) string {
	if best := nearest.Name(name, names); best != "" {
		return fmt.Sprintf("did you mean %q? ", best)
	}
	return ""
}
