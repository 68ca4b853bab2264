package msh_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/files/msh"
)

// damaged has a node on an entity of 2147483647 dimensions, with as many parameters. It kept the reader busy for seconds.
const damaged = "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$Nodes\n1 1 1 1\n2147483647 1 1 1\n1\n0 0 0\n$EndNodes\n"

func TestDamagedDimension(t *testing.T) {
	if _, err := msh.Parse([]byte(damaged)); err == nil || !strings.Contains(err.Error(), "dimension 2147483647") {
		t.Error(err)
	}
}

// Whatever a file holds, a mesh or an error comes out, and the cells of a mesh have corners that are there.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("../../../testdata/shapes/*.msh")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 50_000 { // the large ones are slow to change
			f.Add(b)
		}
	}
	f.Add([]byte("$MeshFormat\n4.1 0 8\n$EndMeshFormat\n$PhysicalNames\n1\n1 1 \"wall\"\n$EndPhysicalNames\n$Entities\n0 1 0 0\n1 0 0 0 1 0 0 1 1 0\n$EndEntities\n" +
		"$Nodes\n1 2 1 2\n1 1 0 2\n1\n2\n0 0 0\n1 0 0\n$EndNodes\n$Elements\n1 1 1 1\n1 1 1 1\n1 1 2\n$EndElements\n"))
	f.Add([]byte(damaged))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := msh.Parse(b)
		if err != nil {
			return
		}
		for _, n := range m.Nodes {
			for _, x := range n {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Fatalf("a node at %v", n)
				}
			}
		}
		for dim, cells := range m.Cells {
			for _, c := range cells {
				for _, n := range c.Nodes[:dim+1] {
					if n < 0 || int(n) >= len(m.Nodes) {
						t.Fatalf("node %d of %d", n, len(m.Nodes))
					}
				}
			}
		}
	})
}
