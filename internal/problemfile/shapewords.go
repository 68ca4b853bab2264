package problemfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// shapeWords is a shape of a file in words: "the box without the disk of radius 0.2 around (0.5, 0.5)". The whole box of the coordinates,
// where nothing is said, is "". What is no shape stays as it is written.
func shapeWords(n *tree.Node) string {
	if n == nil || n.Kind == tree.Scalar && n.Text == "box" {
		return ""
	}
	return oneShapeWords(n)
}

func oneShapeWords(n *tree.Node) string {
	if n == nil || n.Kind != tree.Mapping || len(n.Entries) != 1 {
		if n != nil && n.Kind == tree.Scalar && n.Text == "box" {
			return "the box"
		}
		return words(n)
	}
	kind, v := n.Entries[0].Key, n.Entries[0].Value
	get := func(key string) string { return words(v.Get(key)) }
	at := func(key string) string { return pointWords(v.Get(key)) }
	has := func(key string) bool { return v.Get(key) != nil }
	part := func() string { return oneShapeWords(v.Get("shape")) }
	switch kind {
	case "box":
		return "the box " + strings.Join(axesWords(v), ", ")
	case "disk", "ball":
		return "the " + kind + " of radius " + get("radius") + " around " + at("center")
	case "polygon":
		return polygonWords(v)
	case "cylinder":
		return "the cylinder of radius " + get("radius") + " from " + at("from") + " to " + at("to")
	case "cone":
		return "the cone from " + at("from") + " to " + at("to") + " with the radii " + and(eachWords(v.Get("radii")))
	case "torus":
		return "the ring of radius " + get("radius") + " around " + at("center") + " with the axis " + at("axis") +
			", its tube of radius " + get("tube")
	case "extrude":
		return part() + ", along " + strings.Join(axesWords(v.Get("along")), ", ")
	case "revolve":
		return part() + ", turned around the axis " + at("axis") + " through " + at("through")
	case "transform":
		text := part()
		if has("scale") {
			text += ", scaled by " + pointWords(v.Get("scale"))
		}
		if has("rotate") {
			text += ", turned by " + get("rotate") + "°"
			if has("axis") {
				text += " around " + at("axis")
			}
		}
		if has("shift") {
			text += ", moved by " + at("shift")
		}
		return text
	case "file":
		if has("path") {
			return "the shape in " + get("path")
		}
		return "the shape in " + words(v)
	case "union":
		return "the union of " + and(members(v))
	case "intersection":
		return "what " + and(members(v)) + " have in common"
	case "difference":
		if list := members(v); len(list) > 1 {
			return list[0] + " without " + and(list[1:])
		}
	}
	return words(n)
}

// members are the shapes of a list; those that are made of others have brackets.
func members(n *tree.Node) (list []string) {
	for _, x := range n.Items {
		text := oneShapeWords(x)
		made := func(of string) bool { return x.Get(of) != nil }
		if x.Kind == tree.Mapping && slices.ContainsFunc([]string{"union", "intersection", "difference"}, made) {
			text = "(" + text + ")"
		}
		list = append(list, text)
	}
	return list
}

// and joins texts as a sentence does.
func and(list []string) string {
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " and " + list[n-1]
	}
	return strings.Join(list, "")
}

// pointWords is a list of numbers as a point; a number stays one.
func pointWords(n *tree.Node) string {
	if n == nil || n.Kind != tree.Sequence {
		return words(n)
	}
	return "(" + strings.Join(eachWords(n), ", ") + ")"
}

func eachWords(n *tree.Node) (list []string) {
	if n == nil {
		return nil
	}
	for _, x := range n.Items {
		list = append(list, words(x))
	}
	return list
}

// axesWords are coordinates with their ends: "x ∈ [0, 1]".
func axesWords(n *tree.Node) (list []string) {
	if n == nil {
		return nil
	}
	for _, e := range n.Entries {
		list = append(list, e.Key+" ∈ "+words(e.Value))
	}
	return list
}

// fewCorners of a polygon are written one by one.
const fewCorners = 8

func polygonWords(n *tree.Node) string {
	if n.Kind != tree.Sequence || len(n.Items) > fewCorners {
		return "a polygon"
	}
	var list []string
	for _, x := range n.Items {
		list = append(list, pointWords(x))
	}
	return "the polygon " + strings.Join(list, ", ")
}

// placeWords is a region of a file in words: "inside", "on the boundary", "at x = 0", "on hole".
func (p *Problem) placeWords(on *tree.Node) string {
	switch {
	case on == nil || on.Text == "interior":
		return "inside"
	case on.Text == "boundary":
		return "on the boundary"
	case on.Text == "initial" && p.Time != nil:
		lo, _ := p.Bounds(p.Time)
		return fmt.Sprintf("at %s = %v", p.Time.Name(), lo)
	case on.Text == "final" && p.Time != nil:
		_, hi := p.Bounds(p.Time)
		return fmt.Sprintf("at %s = %v", p.Time.Name(), hi)
	case on.Kind == tree.Sequence:
		var list []string
		for _, x := range on.Items {
			list = append(list, p.placeWords(x))
		}
		return and(list)
	case on.Kind == tree.Mapping && len(on.Entries) == 1 && p.axis(on.Entries[0].Key):
		e := on.Entries[0]
		if e.Value.Kind == tree.Sequence {
			return "at " + e.Key + " = " + and(eachWords(e.Value))
		}
		return "at " + e.Key + " = " + words(e.Value)
	case on.Kind == tree.Scalar && p.axis(on.Text):
		return "at both ends of " + on.Text
	case on.Kind == tree.Scalar:
		return "on " + on.Text
	case on.Get("data") != nil:
		return "at the points of " + words(on.Get("data"))
	case on.Get("file") != nil:
		return "at the points of " + words(on.Get("file"))
	}
	return "on " + words(on)
}

// axis reports whether a name is that of a coordinate.
func (p *Problem) axis(name string) bool {
	for _, c := range p.Coords {
		if c.Name() == name {
			return true
		}
	}
	return false
}
