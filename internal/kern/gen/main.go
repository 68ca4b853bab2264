// Command gen writes the assembly of package kern. Run it in this folder:
//
//	go run . -out ..
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	flags := flag.NewFlagSet("gen", flag.ExitOnError) // avo has put its own flags into the common set
	out := flags.String("out", "..", "folder of package kern")
	if err := flags.Parse(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
	for _, isa := range []struct {
		name   string
		avx512 bool
	}{{"avx2", false}, {"avx512", true}} {
		products := newFile("gemm_" + isa.name)
		for _, size := range []int{8, 4} {
			m := products.machine(isa.avx512, size)
			gemm(m)
			dots(m)
		}
		for _, f := range []*file{products} {
			if err := f.write(*out); err != nil {
				log.Fatal(err)
			}
		}
	}
}
