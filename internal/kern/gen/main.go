// Command gen writes the assembly of package kern. Run it in this folder:
//
//	go run . -out ..
package main

import (
	"flag"
	"go/format"
	"log"
	"os"
	"path/filepath"
)

func main() {
	log.SetFlags(0)
	flags := flag.NewFlagSet("gen", flag.ExitOnError) // avo has put its own flags into the common set
	out := flags.String("out", "..", "folder of package kern")
	if err := flags.Parse(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
	if err := generate(*out); err != nil {
		log.Fatal(err)
	}
}

// parts are the files of each instruction set.
var parts = []struct {
	name  string
	write []func(*machine)
}{
	{"gemm", []func(*machine){gemm, dots}},
	{"arithmetic", []func(*machine){arithmetic, reductions}},
	{"functions", []func(*machine){functions}},
	{"steps", []func(*machine){steps}},
}

// generate writes all files to a folder.
func generate(dir string) error {
	for _, isa := range []struct {
		name   string
		avx512 bool
	}{{"avx2", false}, {"avx512", true}} {
		for _, part := range parts {
			f := newFile(part.name + "_" + isa.name)
			for _, size := range []int{8, 4} {
				for _, write := range part.write {
					write(f.machine(isa.avx512, size))
				}
			}
			if err := f.write(dir); err != nil {
				return err
			}
		}
	}
	for _, write := range []func(string) error{writeChain, writeNEON} {
		if err := write(dir); err != nil {
			return err
		}
	}
	text, err := tables()
	if err != nil {
		return err
	}
	if text, err = format.Source(text); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "tables_amd64.go"), text, 0o644)
}
