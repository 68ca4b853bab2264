package callbacks_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// point is a number at a step; NaN for what is no scalar.
type point struct {
	step  int
	value float64
}

// board reads the event files of a folder, by tag, with a reader of the test's own: TFRecord framing, and of the messages Event, Summary and
// Value the fields that it needs.
func board(t *testing.T, dir string) (scalars, images, histograms map[string][]point) {
	t.Helper()
	scalars, images, histograms = map[string][]point{}, map[string][]point{}, map[string][]point{}
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no event files in %s (%v)", dir, err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for len(raw) > 0 {
			n := int(binary.LittleEndian.Uint64(raw))
			step, summary := 0, []byte(nil)
			wire(raw[12:12+n], func(num protowire.Number, b []byte, v uint64) {
				switch num {
				case 2:
					step = int(v)
				case 5:
					summary = b
				}
			})
			raw = raw[16+n:]
			wire(summary, func(_ protowire.Number, b []byte, _ uint64) {
				tag := ""
				wire(b, func(num protowire.Number, b []byte, v uint64) {
					switch num {
					case 1:
						tag = string(b)
					case 2:
						scalars[tag] = append(scalars[tag], point{step, float64(math.Float32frombits(uint32(v)))})
					case 4:
						images[tag] = append(images[tag], point{step, math.NaN()})
					case 5:
						histograms[tag] = append(histograms[tag], point{step, math.NaN()})
					}
				})
			})
		}
	}
	return scalars, images, histograms
}

// wire calls f with every field of a message.
func wire(b []byte, f func(num protowire.Number, b []byte, v uint64)) {
	for len(b) > 0 {
		num, kind, n := protowire.ConsumeTag(b)
		size := protowire.ConsumeFieldValue(num, kind, b[n:])
		var data []byte
		var v uint64
		switch kind {
		case protowire.BytesType:
			data, _ = protowire.ConsumeBytes(b[n:])
		case protowire.VarintType:
			v, _ = protowire.ConsumeVarint(b[n:])
		case protowire.Fixed32Type:
			x, _ := protowire.ConsumeFixed32(b[n:])
			v = uint64(x)
		}
		f(num, data, v)
		b = b[n+size:]
	}
}

func stepsOf(list []point) []int {
	var steps []int
	for _, p := range list {
		steps = append(steps, p.step)
	}
	return steps
}

// pictures are the steps of the images in a W&B run directory by key, as the names of its files say.
func pictures(t *testing.T, run string) map[string][]int {
	t.Helper()
	found := map[string][]int{}
	root := filepath.Join(run, "files", "media", "images")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		parts := strings.Split(strings.TrimSuffix(filepath.ToSlash(rel), ".png"), "_")
		if err != nil || len(parts) < 3 {
			return fmt.Errorf("%s: %w", path, err)
		}
		step, err := strconv.Atoi(parts[len(parts)-2])
		key := strings.Join(parts[:len(parts)-2], "_")
		found[key] = append(found[key], step)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, steps := range found {
		slices.Sort(steps)
	}
	return found
}
