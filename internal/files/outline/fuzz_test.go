package outline_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/crux-pinn/crux/internal/files/outline"
)

// Whatever a drawing holds, edges or an error come out, and edges have finite ends.
func FuzzDXF(f *testing.F)     { drawings(f, ".dxf", outline.DXF) }
func FuzzSVG(f *testing.F)     { drawings(f, ".svg", outline.SVG) }
func FuzzGeoJSON(f *testing.F) { drawings(f, ".geojson", outline.GeoJSON) }

func drawings(f *testing.F, ending string, read func(b []byte) ([]outline.Edge, error)) {
	files, err := filepath.Glob("../../../testdata/shapes/*" + ending)
	if err != nil {
		f.Fatal(err)
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
	for _, text := range []string{
		"0\nSECTION\n2\nENTITIES\n0\nLWPOLYLINE\n8\nwall\n90\n3\n70\n1\n10\n0\n20\n0\n42\n1\n10\n1\n20\n0\n10\n0\n20\n1\n0\nENDSEC\n0\nEOF\n",
		"0\nSECTION\n2\nENTITIES\n0\nARC\n8\na\n10\n0\n20\n0\n40\n1\n50\n0\n51\n90\n0\nCIRCLE\n8\nb\n10\n0\n20\n0\n40\n2\n0\nENDSEC\n0\nEOF\n",
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g transform="rotate(9) scale(2,3)"><path id="a" d="M0 0h4a2 2 0 1 1 3 4c1 2 3 4 5 6q1 1 2 2t3 3z"/></g></svg>`,
		`<svg xmlns="http://www.w3.org/2000/svg"><rect x="1" y="1" width="2" height="3" rx="1"/><circle r="2"/><ellipse rx="2" ry="1"/><polygon points="0,0 1,0 1,1"/></svg>`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"a"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,1],[0,0]]]}}]}`,
		`{"type":"MultiPolygon","coordinates":[[[[0,0],[9,0],[0,9],[0,0]],[[1,1],[2,1],[1,2],[1,1]]]]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		edges, err := read(b)
		if err != nil {
			return
		}
		for _, e := range edges {
			for _, x := range []float64{e.From[0], e.From[1], e.To[0], e.To[1], e.Bulge} {
				if math.IsNaN(x) || math.IsInf(x, 0) {
					t.Fatalf("an edge %+v", e)
				}
			}
		}
	})
}
