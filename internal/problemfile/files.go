package problemfile

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/crux-pinn/crux/internal/files/tree"
)

// File is a file that a problem reads: measurements, or a reference.
type File struct {
	Path string // absolute
	Size int64  // in bytes
	Sum  string // its SHA-256, in hexadecimal digits
	Kept string // where a run directory has its own copy, with slashes; "" for one that is too large for that

	at *tree.Node // where its path stands
}

// largestCopy is the size, in bytes, up to which run directories have copies of data files.
const largestCopy = 64 << 20

// reads notes a file that the problem reads. The resolved file says what its SHA-256 was, and a file that says so is read with no other
// one.
func (b *builder) reads(s *section, n *tree.Node, abs string) bool {
	f := File{Path: abs, at: n}
	sum := sha256.New()
	in, err := os.Open(abs)
	if err == nil {
		defer in.Close() //nolint:errcheck // it was only read
		f.Size, err = io.Copy(sum, in)
	}
	if err != nil {
		b.fail(n, "%v", err)
		return false
	}
	f.Sum = hex.EncodeToString(sum.Sum(nil))
	if said := s.get("sha256"); said != nil && said.Text != f.Sum {
		b.fail(said, "%s has changed: its SHA-256 is %s; bring back the file as it was, or leave out sha256", filepath.Base(abs), f.Sum)
		return false
	}
	s.n.Set("sha256", f.Sum)
	if f.Size <= largestCopy {
		// the name has a part of the sum: another file of the same name does not take its place
		ext := filepath.Ext(abs)
		mark := "-" + f.Sum[:8]
		f.Kept = path.Join("data", strings.TrimSuffix(strings.TrimSuffix(filepath.Base(abs), ext), mark)+mark+ext)
	}
	b.p.Files = append(b.p.Files, f)
	return true
}

// resolve writes what the problem says into Resolved and Kept.
func (p *Problem) resolve() {
	p.Resolved = tree.Write(p.root)
	for _, f := range p.Files {
		if f.Kept != "" {
			f.at.Text, f.at.Quoted = f.Kept, true
		}
	}
	p.Kept = tree.Write(p.root)
	for _, f := range p.Files {
		f.at.Text = f.Path
	}
}
