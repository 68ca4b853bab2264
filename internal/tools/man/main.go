// Command man writes the manual pages of crux into a folder: go -C internal/tools run ./man FOLDER.
package main

import (
	"log"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra/doc"

	"github.com/crux-pinn/crux/internal/cli"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: man FOLDER")
	}
	if err := os.MkdirAll(os.Args[1], 0o755); err != nil {
		log.Fatal(err)
	}
	seconds, _ := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64) // of the commit, so that the pages are the same each time
	date := time.Unix(seconds, 0).UTC()
	if err := doc.GenManTree(cli.Commands(), &doc.GenManHeader{Section: "1", Source: cli.Version(), Manual: "crux", Date: &date},
		os.Args[1]); err != nil {
		log.Fatal(err)
	}
}
