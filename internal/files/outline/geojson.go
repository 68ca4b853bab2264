package outline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// geometry is an object of GeoJSON (RFC 7946), of whatever type.
type geometry struct {
	Type        string
	Coordinates json.RawMessage
	Geometries  []geometry // of a GeometryCollection
	Geometry    *geometry  // of a Feature
	Features    []geometry // of a FeatureCollection
	ID          any
	Properties  map[string]any
}

// GeoJSON reads polygons, alone or in features and collections. The name of a feature is its property name, or its id. Coordinates are
// taken as they are: those in degrees are no lengths.
func GeoJSON(b []byte) ([]Edge, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	var g geometry
	if err := d.Decode(&g); err != nil {
		return nil, jsonErr(err, len(b))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the object; a GeoJSON file is one")
	}
	p := &path{}
	if err := p.geojson(&g, 0); err != nil {
		return nil, err
	}
	if len(p.edges) == 0 {
		return nil, errors.New("it has no polygon")
	}
	return p.edges, nil
}

// jsonErr says where a text is no JSON, or of another shape than GeoJSON.
func jsonErr(err error, size int) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("it is cut off after %d bytes; export or copy it again", size)
	case errors.As(err, &syntax):
		return fmt.Errorf("byte %d: it is no JSON: %v", syntax.Offset, syntax)
	case errors.As(err, &kind):
		return fmt.Errorf("byte %d: %s is %s, which GeoJSON does not have there", kind.Offset, kind.Field, kind.Value)
	}
	return err
}

func (p *path) geojson(g *geometry, depth int) error {
	if depth > 32 {
		return errors.New("collections are nested more than 32 deep")
	}
	switch g.Type {
	case "FeatureCollection":
		for i := range g.Features {
			if err := p.geojson(&g.Features[i], depth+1); err != nil {
				return err
			}
		}
	case "GeometryCollection":
		for i := range g.Geometries {
			if err := p.geojson(&g.Geometries[i], depth+1); err != nil {
				return err
			}
		}
	case "Feature":
		if p.name = ""; g.ID != nil {
			p.name = fmt.Sprint(g.ID)
		}
		if s, ok := g.Properties["name"].(string); ok {
			p.name = s
		}
		if g.Geometry != nil {
			return p.geojson(g.Geometry, depth+1)
		}
	case "Polygon":
		var rings [][][]float64
		if err := json.Unmarshal(g.Coordinates, &rings); err != nil {
			return fmt.Errorf("the coordinates of a Polygon are lists of points such as [[0, 0], [1, 0], [0, 1], [0, 0]]: %w",
				jsonErr(err, len(g.Coordinates)))
		}
		return p.rings(rings)
	case "MultiPolygon":
		var polygons [][][][]float64
		if err := json.Unmarshal(g.Coordinates, &polygons); err != nil {
			return fmt.Errorf("the coordinates of a MultiPolygon are those of polygons: %w", jsonErr(err, len(g.Coordinates)))
		}
		for _, rings := range polygons {
			if err := p.rings(rings); err != nil {
				return err
			}
		}
	case "Point", "MultiPoint", "LineString", "MultiLineString": // bound no area
	default:
		return fmt.Errorf("%q is no type of GeoJSON; there are Feature, FeatureCollection, Polygon and MultiPolygon", g.Type)
	}
	return nil
}

func (p *path) rings(rings [][][]float64) error {
	for _, ring := range rings {
		for i, x := range ring {
			if len(x) < 2 {
				return fmt.Errorf("point %d of a ring has %d coordinates; it needs two", i+1, len(x))
			}
			if to := [2]float64{x[0], x[1]}; i == 0 {
				p.move(to)
			} else {
				p.line(to)
			}
		}
		if p.close(); len(p.edges) > most {
			return fmt.Errorf("it has more than %d edges", most)
		}
	}
	return nil
}
