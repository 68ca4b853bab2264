package ckpt

import (
	"os"
	"path/filepath"
	"regexp"
)

// leftover matches the temporary files of WriteFile: a dot, the name of the file, and digits.
var leftover = regexp.MustCompile(`^\..+\.(safetensors|npz|json|jsonl|yaml|csv|html)\d+$`)

// RemoveLeftovers removes what WriteFile had half written in folders when its process was killed, as far as that can be done. Nobody may
// be writing there.
func RemoveLeftovers(folders ...string) {
	for _, dir := range folders {
		entries, _ := os.ReadDir(dir) // one that does not exist has none
		for _, e := range entries {
			if e.Type().IsRegular() && leftover.MatchString(e.Name()) {
				os.Remove(filepath.Join(dir, e.Name())) //nolint:errcheck // it only takes room
			}
		}
	}
}
