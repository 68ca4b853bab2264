package problemfile_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/crux-pinn/crux/internal/problemfile"
)

// With the schema in its first line, a file has its mistakes marked, its keys completed and their meaning shown by yaml-language-server, which VS Code
// and Neovim run: CRUX_YAML_SERVER names its script.
func TestEditorReads(t *testing.T) {
	server := os.Getenv("CRUX_YAML_SERVER")
	if server == "" {
		t.Skip("CRUX_YAML_SERVER names no yaml-language-server")
	}
	dir := t.TempDir()
	schema, err := problemfile.Schema()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "crux.schema.json"), schema, 0o644); err != nil {
		t.Fatal(err)
	}
	text := "# yaml-language-server: $schema=crux.schema.json\nproblem: p\ncoords: {x: [0, 1]}\nfields: {u: {net: mlpp}}\nconstraintz: {}\n\n"
	c := exec.Command("node", server, "--stdio")
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	guard := time.AfterFunc(2*time.Minute, func() { c.Process.Kill() }) //nolint:errcheck
	defer func() {
		guard.Stop()
		c.Process.Kill() //nolint:errcheck
		c.Wait()         //nolint:errcheck // it was killed
	}()
	send := func(message map[string]any) {
		message["jsonrpc"] = "2.0"
		b, err := json.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(in, "Content-Length: %d\r\n\r\n%s", len(b), b) //nolint:errcheck // the answer will be missing
	}
	uri := "file://" + filepath.ToSlash(dir)
	type object = map[string]any
	ask := func(id int, method string, line, character int) {
		send(object{"id": id, "method": method, "params": object{"textDocument": object{"uri": uri + "/problem.yaml"}, "position": object{"line": line, "character": character}}})
	}
	send(object{"id": 1, "method": "initialize", "params": object{
		"processId": os.Getpid(), "rootUri": uri, "workspaceFolders": []object{{"uri": uri, "name": "p"}},
		"capabilities": object{"textDocument": object{"completion": object{}, "publishDiagnostics": object{}}, "workspace": object{"configuration": true}},
	}})
	var mistakes string
	var keys []string
	for r := bufio.NewReader(out); ; {
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			t.Fatalf("the server ended: %v", err)
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, n)
		if _, err := io.ReadFull(r, b); err != nil {
			t.Fatal(err)
		}
		var m struct {
			ID     any
			Method string
			Result struct {
				Contents struct{ Value string }
				Items    []struct{ Label string }
			}
			Params struct {
				Items       []struct{ Section string }
				Diagnostics []struct{ Message string }
			}
		}
		if err := json.Unmarshal(b, &m); err != nil && m.ID != 1.0 {
			t.Fatalf("%v: %s", err, b)
		}
		switch {
		case m.Method == "workspace/configuration":
			var list []object
			for _, i := range m.Params.Items {
				o := object{}
				if i.Section == "yaml" {
					o = object{"validate": true, "completion": true, "hover": true}
				}
				list = append(list, o)
			}
			send(object{"id": m.ID, "result": list})
		case m.Method == "client/registerCapability":
			send(object{"id": m.ID, "result": nil})
		case m.Method == "textDocument/publishDiagnostics" && mistakes == "":
			for _, d := range m.Params.Diagnostics {
				mistakes += d.Message + "\n"
			}
			ask(2, "textDocument/completion", 5, 0)
		case m.Method != "":
		case m.ID == 1.0:
			send(object{"method": "initialized", "params": object{}})
			send(object{"method": "textDocument/didOpen", "params": object{"textDocument": object{"uri": uri + "/problem.yaml", "languageId": "yaml", "version": 1, "text": text}}})
		case m.ID == 2.0:
			for _, i := range m.Result.Items {
				keys = append(keys, i.Label)
			}
			ask(3, "textDocument/hover", 2, 2)
		case m.ID == 3.0:
			for _, want := range []string{`Missing property "constraints"`, "constraintz is not allowed", `"piratenet"`} {
				if !strings.Contains(mistakes, want) {
					t.Errorf("no %q in\n%s", want, mistakes)
				}
			}
			if !slices.Contains(keys, "optimizer") || !slices.Contains(keys, "accuracy") {
				t.Errorf("it completes %q", keys)
			}
			if !strings.Contains(m.Result.Contents.Value, "the coordinates, each with its ends") {
				t.Errorf("it shows %q", m.Result.Contents.Value)
			}
			return
		}
	}
}
