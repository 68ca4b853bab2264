package problemfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/files/tree"
	ph "github.com/crux-pinn/crux/placeholder"
)

// shapeFile reads a shape from a file: domain: {file: sink.stl}, or {file: {path: sink.stl, sha256: …}}.
func (b *builder) shapeFile(n *tree.Node, space []*ph.Coord) domain.Geometry {
	if n.Kind == tree.Scalar {
		path := *n
		path.Path = tree.Join(n.Path, "path")
		*n = tree.Node{Kind: tree.Mapping, Path: n.Path, At: n.At}
		n.Put("path", &path)
	}
	s := b.section(n, "domain.file")
	defer s.done()
	at := s.need("path")
	s.get("sha256")
	if at == nil {
		return nil
	}
	name, path, ok := b.path(at)
	if !ok {
		return nil
	}
	shape := domain.ReadShape(path, space...)
	if err := shape.Err(); err != nil {
		b.fail(at, "%s", b.wayOut(err, path, name))
		return nil
	}
	if !b.bind(s, at, path) {
		return nil
	}
	return shape
}

// path is that of a file, as it is written and as it is opened: paths start in the folder of the problem file.
func (b *builder) path(n *tree.Node) (name, path string, ok bool) {
	name, ok = b.textOf(n, "the path of a file")
	path = name
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.dir, path)
	}
	if info, err := os.Stat(path); ok && err == nil && !info.Mode().IsRegular() { // what waits for nobody is read twice
		b.fail(n, "%s is a folder, a pipe or a device; give a file, and copy into one what a pipe holds", name)
		return name, path, false
	}
	return name, path, ok
}

// wayOut is an error of package domain about a file: it names the file as it was opened, and the user wrote it shorter.
func (b *builder) wayOut(err error, path, name string) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no file " + name + "; paths start in the folder of the problem file"
	}
	return strings.ReplaceAll(strings.TrimPrefix(err.Error(), "domain: "), path, name)
}

// bind notes a file that has been read, with its SHA-256. Its path is absolute in the resolved file, which may lie elsewhere.
func (b *builder) bind(s *section, n *tree.Node, path string) bool {
	abs, err := filepath.Abs(path)
	if err != nil {
		b.fail(n, "%v", err)
		return false
	}
	if !b.reads(s, n, abs) {
		return false
	}
	n.Text, n.Quoted = abs, true
	return true
}
