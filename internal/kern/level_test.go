package kern

import "testing"

// atEachLevel runs f once with each set of kernels this processor can run.
func atEachLevel(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	was64, was32 := engine64, engine32
	defer func() { engine64, engine32 = was64, was32 }()
	for _, l := range levels() {
		engine64, engine32 = newEngine[float64](l), newEngine[float32](l)
		t.Run(l.String(), f)
	}
}

func TestLevels(t *testing.T) {
	t.Logf("this processor: %v of %v", engine64.level, levels())
	if engine64.level != bestLevel() || engine32.level != bestLevel() {
		t.Errorf("the engines are at %v and %v, want %v", engine64.level, engine32.level, bestLevel())
	}
}
