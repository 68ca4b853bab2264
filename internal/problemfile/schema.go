package problemfile

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// Schema is the JSON Schema (draft 2020-12) of a problem file, made from the table of keys. It knows keys, kinds, words and ranges; what
// depends on other parts of a file, such as names, expressions and regions, crux says when it reads the file.
func Schema() ([]byte, error) {
	defs := map[string]any{}
	for _, p := range parts {
		if !strings.HasPrefix(p.path, "net.") {
			defs[defOf(p.path)] = p.schema()
		}
	}
	return json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "crux problem file",
		"$ref":    "#/$defs/" + defOf(""),
		"$defs":   defs,
	}, "", "  ")
}

// defOf is the name of a part among the definitions.
func defOf(path string) string {
	if path == "" {
		return "file"
	}
	return path
}

// schema is that of a mapping.
func (p part) schema() map[string]any {
	properties := map[string]any{}
	s := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	keys := p.keys
	if p.path == "fields.*" { // each kind of network has keys of its own
		keys = slices.Concat(keys, networkKeys(""))
	}
	for _, k := range keys {
		of := k.schema(&p)
		if k.name == "*" {
			s["additionalProperties"] = of
			continue
		}
		properties[k.name] = of
	}
	for _, n := range pageNames {
		if n.section == p.path && properties[n.ours] != nil {
			properties[n.page] = properties[n.ours]
		}
	}
	if p.path == "" {
		s["required"] = []string{"problem", "coords", "constraints"}
	}
	return s
}

// schema is that of a key's value. An empty value is as good as none.
func (k key) schema(p *part) map[string]any {
	s := k.form.schema(k, p)
	s["description"] = k.means
	if def := strings.Trim(k.def, "()"); def != "" {
		s["description"] = k.means + "; default: " + def
	}
	return s
}

func (f form) schema(k key, p *part) map[string]any {
	scalar := []string{"string", "number", "boolean", "null"}
	switch f.is {
	case real, whole: // or an expression in the constants
		s := map[string]any{"type": []string{"number", "string", "null"}}
		lo, hi, withLo, withHi := f.ends()
		for _, end := range []struct {
			at          float64
			with        bool
			name, above string
		}{{lo, withLo, "minimum", "exclusiveMinimum"}, {hi, withHi, "maximum", "exclusiveMaximum"}} {
			if math.IsInf(end.at, 0) {
				continue
			}
			if end.with {
				s[end.name] = end.at
			} else {
				s[end.above] = end.at
			}
		}
		return s
	case flag:
		return map[string]any{"enum": []any{true, false, "true", "false", nil}}
	case word:
		words := []any{nil}
		for _, w := range f.words {
			words = append(words, w)
		}
		return map[string]any{"enum": words}
	case text, period:
		return map[string]any{"type": scalar}
	case texts, pattern:
		return map[string]any{"type": append(scalar, "array")}
	case reals, widths:
		return map[string]any{"type": []string{"array", "null"}, "items": map[string]any{"type": []string{"number", "string"}}}
	}
	if f.is == own && f.part == "" {
		return map[string]any{}
	}
	path := f.part
	if path == "" {
		path = k.in(p).path
	}
	mapping, as := map[string]any{"type": "object"}, map[string]any{"$ref": "#/$defs/" + defOf(path)}
	each := map[string]any{"if": mapping, "then": as} // of a list
	return map[string]any{"if": mapping, "then": as, "else": map[string]any{"items": each}}
}
