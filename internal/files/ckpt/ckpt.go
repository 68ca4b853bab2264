// Package ckpt keeps the parameters of a solver in files.
//
// The format is safetensors: one float64 tensor for each parameter, named by its path ("u/layer0/weight"), and text
// metadata that say where it comes from. Python reads it with safetensors.numpy.load_file.
package ckpt

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/nlpodyssey/safetensors"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/schema"
)

// format marks files of this package, and their version. Files of the first one have no checksum.
const (
	format = "crux.parameters/2"
	first  = "crux.parameters/1"
)

// Origin says where parameters come from.
type Origin struct {
	Problem string // name of the problem
	Epoch   int    // updates made in all
	Seed    uint64 // root of the random streams
	Version string // of crux
}

// Write writes parameters. Paths must differ.
func Write(w io.Writer, ps []crux.Parameter, o Origin) error {
	tensors := make(map[string]Tensor, len(ps))
	fixed := []string{}
	for _, p := range ps {
		if _, ok := tensors[p.Path]; ok || p.Path == "" || p.Path == "__metadata__" {
			return fmt.Errorf("ckpt: parameter path %q is empty, reserved or used twice", p.Path)
		}
		if p.Fixed {
			fixed = append(fixed, p.Path)
		}
		n := 1
		for _, k := range p.Shape {
			n *= k
		}
		if n != len(p.Data) {
			return fmt.Errorf("ckpt: parameter %q of shape %v has %d values", p.Path, p.Shape, len(p.Data))
		}
		tensors[p.Path] = Floats(p.Shape, p.Data)
	}
	list, err := json.Marshal(fixed)
	if err != nil {
		return fmt.Errorf("ckpt: %w", err)
	}
	meta := map[string]string{
		"format": format, "schema": strconv.Itoa(schema.Version), "version": o.Version, "problem": o.Problem,
		"epoch": strconv.Itoa(o.Epoch), "seed": strconv.FormatUint(o.Seed, 10), "fixed": string(list),
	}
	data := map[string][]byte{}
	for path, t := range tensors {
		data[path] = t.data
	}
	meta["sha256"] = sumOf(data, meta)
	return safetensors.SerializeToWriter(tensors, meta, w)
}

// sumOf is the checksum of parameters and what is said of them.
func sumOf(data map[string][]byte, meta map[string]string) string {
	all := maps.Clone(data)
	for key, text := range meta {
		if key != "sha256" {
			all["__metadata__/"+key] = []byte(text)
		}
	}
	return Checksum(all)
}

// Checksum is the SHA-256 of names and contents, in hexadecimal digits.
func Checksum(data map[string][]byte) string {
	h := sha256.New()
	var size [8]byte
	for _, n := range slices.Sorted(maps.Keys(data)) {
		for _, part := range [][]byte{[]byte(n), data[n]} {
			binary.LittleEndian.PutUint64(size[:], uint64(len(part)))
			h.Write(size[:]) //nolint:errcheck // a hash never fails
			h.Write(part)    //nolint:errcheck
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Save writes parameters to a file, whole or not at all.
func Save(path string, ps []crux.Parameter, o Origin) error {
	return WriteFile(path, func(w io.Writer) error { return Write(w, ps, o) })
}

// Load reads a file of parameters, in the order of their paths. Truncated files, files of other origin and tensors that
// are not float64 are errors, and so are numbers other than those that were written. Files of safetensors without our metadata are read
// too: their origin is empty.
func Load(path string) ([]crux.Parameter, Origin, error) {
	b, err := ReadFile(path)
	if err != nil {
		return nil, Origin{}, fmt.Errorf("read %s: %w", path, Cause(err))
	}
	ps, o, err := Decode(b)
	if err != nil {
		return nil, Origin{}, fmt.Errorf("read %s: %w", path, err)
	}
	return ps, o, nil
}

// Decode is Load for bytes in memory.
func Decode(b []byte) ([]crux.Parameter, Origin, error) {
	var o Origin
	_, meta, err := safetensors.ReadMetadata(b)
	if err != nil {
		return nil, o, fmt.Errorf("not a safetensors file, or a damaged one (%w); take the parameters.safetensors of a run", err)
	}
	m := meta.Metadata()
	if err := Readable(m); err != nil {
		return nil, o, err
	}
	if f, ok := m["format"]; ok && strings.HasPrefix(f, "crux.") && f != format && f != first {
		return nil, o, fmt.Errorf("its format is %q, and this version of crux reads %q", f, format)
	}
	o.Problem, o.Version = m["problem"], m["version"]
	var fixed []string
	for key, parse := range map[string]func(string) error{
		"epoch": func(s string) (err error) { o.Epoch, err = strconv.Atoi(s); return err },
		"seed":  func(s string) (err error) { o.Seed, err = strconv.ParseUint(s, 10, 64); return err },
		"fixed": func(s string) error { return json.Unmarshal([]byte(s), &fixed) },
	} {
		if s, ok := m[key]; ok && (m["format"] == format || m["format"] == first) {
			if err := parse(s); err != nil {
				return nil, o, fmt.Errorf("its metadata are damaged: %s is %q", key, s)
			}
		}
	}
	st, err := safetensors.Deserialize(b)
	if err != nil {
		return nil, o, err
	}
	var ps []crux.Parameter
	data := map[string][]byte{}
	for _, t := range st.Tensors() {
		data[t.Name] = t.TensorView.Data()
		if t.TensorView.DType() != safetensors.F64 {
			return nil, o, fmt.Errorf("parameter %q has numbers of type %s; crux keeps parameters as F64", t.Name, t.TensorView.DType())
		}
		p := crux.Parameter{Path: t.Name, Fixed: slices.Contains(fixed, t.Name)}
		for _, n := range t.TensorView.Shape() {
			p.Shape = append(p.Shape, int(n))
		}
		p.Data = ReadFloats(t.TensorView.Data())
		ps = append(ps, p)
	}
	if sum, ok := m["sha256"]; (ok || m["format"] == format) && sumOf(data, m) != sum {
		return nil, o, fmt.Errorf("%w: the checksum differs", ErrDamaged)
	}
	slices.SortFunc(ps, func(a, b crux.Parameter) int { return strings.Compare(a.Path, b.Path) })
	return ps, o, nil
}

// Readable returns an error for the metadata of a file that a newer crux has written.
func Readable(meta map[string]string) error {
	v, _ := strconv.Atoi(meta["schema"]) // other programs may have texts of their own there
	return schema.Check(v)
}

// Restore gives a solver's parameters, all of them, the values read from a file. A parameter that is missing, one that
// the problem does not have, another shape and a value that is not finite are errors, all reported together; then
// nothing changes.
func Restore(s *crux.Solver, ps []crux.Parameter) error {
	have := map[string]crux.Parameter{}
	for _, p := range ps {
		have[p.Path] = p
	}
	var errs []error
	for _, want := range s.Parameters() {
		p, ok := have[want.Path]
		delete(have, want.Path)
		switch {
		case !ok:
			errs = append(errs, fmt.Errorf("parameter %q is missing", want.Path))
		case !slices.Equal(p.Shape, want.Shape):
			errs = append(errs, fmt.Errorf("parameter %q has shape %v; the problem needs %v", p.Path, p.Shape, want.Shape))
		default:
			for i, v := range p.Data {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					errs = append(errs, fmt.Errorf("parameter %q: value %d is %v", p.Path, i, v))
					break
				}
			}
		}
	}
	for _, p := range ps {
		if _, extra := have[p.Path]; extra {
			errs = append(errs, fmt.Errorf("parameter %q is not part of the problem", p.Path))
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("ckpt: the parameters do not fit the problem: %w", errors.Join(errs...))
	}
	for _, p := range ps {
		if err := s.SetParameter(p.Path, p.Data); err != nil {
			return err
		}
	}
	return nil
}

// Cause drops path and operation from an error of the file system: who wraps it has named the file.
func Cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err
	}
	return err
}
