package cli

import (
	"bytes"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// report writes the page of a run, ended or not, and solve --report the same at its end.
func TestReportPage(t *testing.T) {
	folder(t)
	r := call(t, "solve", "tiny.yaml", "-q", "--report", "--json")
	if r.code != exitOK || !strings.Contains(r.err, "report in runs/tiny-1/report.html") {
		t.Fatalf("%+v", r)
	}
	at, err := os.ReadFile("runs/tiny-1/report.html")
	if err != nil {
		t.Fatal(err)
	}
	if r := call(t, "report", "-o", "again.html"); r.code != exitOK || r.out != "again.html\n" {
		t.Fatalf("%+v", r)
	}
	again, err := os.ReadFile("again.html")
	if err != nil {
		t.Fatal(err)
	}
	// the one written at the end still has what was printed with the reference
	if !bytes.Equal(at, again) {
		t.Errorf("%d bytes at the end of the run, %d later", len(at), len(again))
	}
	for _, want := range []string{
		"ill-posed", "estimated error of u", "<mi>k</mi><mo>&#x2062;</mo><mfrac>", "closed form, cos(x), at 11 points", "Losses", "Unknown parameters over the steps", "crux solve tiny.yaml -q --report --json",
	} {
		if !strings.Contains(string(again), want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if err := os.Remove(filepath.Join("runs/tiny-1", resultFile)); err != nil {
		t.Fatal(err)
	}
	if r := call(t, "report", "runs/tiny-1", "-o", "running.html"); r.code != exitOK {
		t.Fatalf("%+v", r)
	}
	for _, c := range []struct{ args, want string }{
		{"report nowhere", "did you mean"}, {"report tiny-1", "did you mean runs/tiny-1?"}, {"solve tiny.yaml --seeds 2 --report", "--report is of one run"},
	} {
		if r := call(t, strings.Fields(c.args)...); r.code != exitUsage || !strings.Contains(r.err, c.want) && !strings.Contains(r.err, "is not a directory") {
			t.Errorf("%s: %+v", c.args, r)
		}
	}
}

// TestBrowserOpens shows pages in a browser: without an error on the console, which is where a request would show that their policy forbids,
// without anything that is wider than a phone, and with a slider that moves. CRUX_BROWSER is the program; .ci/run browser sets it.
func TestBrowserOpens(t *testing.T) {
	browser := os.Getenv("CRUX_BROWSER")
	if browser == "" {
		t.Skip("CRUX_BROWSER is not set; bash .ci/run browser sets it")
	}
	burgers, err := filepath.Abs("../../testdata/problems/burgers1d.yaml")
	if err != nil {
		t.Fatal(err)
	}
	watched(t)
	quietly(t, "solve", "watched.yaml", "-q", "--report", "--out", "watched")
	quietly(t, "solve", burgers, "-q", "--report", "--out", "burgers", "--set", "trackers=all", "--steps", "40")
	quietly(t, "solve", "watched.yaml", "-q", "--report", "--out", "still", "--steps", "40", "--set", "constraints.pde.resample=0", "--set", "constraints.bc.resample=0")
	if err := os.Mkdir("both", 0o700); err != nil {
		t.Fatal(err)
	}
	quietly(t, "compare", "watched", "still", "-o", "both/"+reportFile)
	const probe = `<script>
const slider = document.querySelector("input");
let moved = "none";
if (slider) { slider.value = 0; slider.dispatchEvent(new Event("input")); moved = [...document.querySelector(".movie").querySelectorAll(".frame")].findIndex(f => f.classList.contains("shown")); }
parent.document.title = (document.documentElement.scrollWidth <= window.innerWidth ? "fits " : "is too wide for ") + window.innerWidth + ", frame " + moved;
</script></html>`
	// the points of watched.yaml move, burgers1d.yaml has a time, still has neither, and both is their comparison
	for run, want := range map[string]string{"watched": "frame 0", "burgers": "frame 0", "still": "frame none", "both": "frame none"} {
		text, err := os.ReadFile(filepath.Join(run, reportFile))
		if err != nil {
			t.Fatal(err)
		}
		if len(text) > 6<<20 {
			t.Errorf("%s: %d bytes", run, len(text))
		}
		page, err := filepath.Abs(run + ".html")
		if err != nil {
			t.Fatal(err)
		}
		// no window is as narrow as a phone, but a frame can be
		framed := `<!DOCTYPE html><html><head><title></title></head><body><iframe width="390" height="844" style="border: 0" srcdoc="` +
			html.EscapeString(strings.Replace(string(text), "</html>", probe, 1)) + `"></iframe></body></html>`
		if err := os.WriteFile(page, []byte(framed), 0o600); err != nil {
			t.Fatal(err)
		}
		var out, said bytes.Buffer
		c := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--hide-scrollbars", "--dump-dom", "--user-data-dir="+t.TempDir(), "file://"+page)
		c.Stdout, c.Stderr = &out, &said
		if err := c.Run(); err != nil {
			t.Fatalf("%v\n%s", err, said.String())
		}
		for line := range strings.Lines(said.String()) {
			if strings.Contains(line, "CONSOLE") {
				t.Errorf("%s: %s", run, line)
			}
		}
		if title := regexp.MustCompile(`<title>(.*)</title>`).FindString(out.String()); title != "<title>fits 390, "+want+"</title>" {
			t.Errorf("%s: %s, want that it fits 390, %s", run, title, want)
		}
	}
}
