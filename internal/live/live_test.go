package live

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started is a server, and a client of its own.
func started(t *testing.T) (*Server, *http.Client) {
	t.Helper()
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return s, c
}

// ask returns the status and the body of an answer.
func ask(t *testing.T, c *http.Client, method, url, host string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	a, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close() //nolint:errcheck
	b, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a.StatusCode, string(b), a.Header
}

// Only who knows the address reads, by the name of this machine, and nobody changes anything.
func TestAccess(t *testing.T) {
	s, c := started(t)
	defer s.Close()
	s.Show([]byte("<p>secret</p>"))
	url := s.URL()
	other, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if other.token == s.token || len(s.token) != 32 || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Errorf("tokens %s and %s, address %s", s.token, other.token, url)
	}
	_, port, _ := strings.Cut(s.host, ":")
	wrong := strings.Replace(url, s.token, other.token, 1)
	for _, x := range []struct {
		method, url, host string
		status            int
	}{
		{"GET", url, "", 200},
		{"HEAD", url, "", 200},
		{"GET", url + "report", "", 200},
		{"GET", url + "report", "localhost:" + port, 200},
		{"GET", url + "report", "evil.example", 421}, // a name that resolves to 127.0.0.1
		{"GET", url + "report", "evil.example:" + port, 421},
		{"GET", url + "report", "127.0.0.1", 421},
		{"POST", url, "", 405},
		{"DELETE", url + "report", "", 405},
		{"GET", wrong, "", 404},
		{"GET", wrong + "report", "", 404},
		{"GET", url + "other", "", 404},
		{"GET", strings.TrimSuffix(url, s.token+"/"), "", 404},
		{"GET", url + "../report", "", 404},
	} {
		status, body, header := ask(t, c, x.method, x.url, x.host)
		if status != x.status {
			t.Errorf("%s %s, host %q: %d, want %d", x.method, x.url, x.host, status, x.status)
		}
		if status != 200 && strings.Contains(body, "secret") {
			t.Errorf("%s %s, host %q: %s", x.method, x.url, x.host, body)
		}
		if header.Get("Cache-Control") != "no-store" || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s: %v", x.method, x.url, header)
		}
	}
	if _, body, h := ask(t, c, "GET", url, ""); !strings.Contains(body, "EventSource") || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("%v", h)
	}
}

// Before there is a page there is none, and later it is the newest one.
func TestShow(t *testing.T) {
	s, c := started(t)
	defer s.Close()
	if status, _, _ := ask(t, c, "GET", s.URL()+"report", ""); status != 404 {
		t.Errorf("%d without a page", status)
	}
	for _, page := range []string{"one", "two"} {
		s.Show([]byte(page))
		if _, body, _ := ask(t, c, "GET", s.URL()+"report", ""); body != page {
			t.Errorf("%q, want %q", body, page)
		}
	}
}

// listener is a browser that looks.
type listener struct {
	body  io.Closer
	lines *bufio.Scanner
}

func listen(t *testing.T, s *Server, c *http.Client) *listener {
	t.Helper()
	a, err := c.Get(s.URL() + "events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Body.Close() }) //nolint:errcheck
	if a.StatusCode != 200 {
		t.Fatalf("status %d", a.StatusCode)
	}
	return &listener{a.Body, bufio.NewScanner(a.Body)}
}

// next is the next event and its data.
func (l *listener) next() string {
	var parts []string
	for l.lines.Scan() && l.lines.Text() != "" {
		_, part, _ := strings.Cut(l.lines.Text(), ": ")
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// A browser gets what there is when it comes, then what changes, and at the end the last of all before it is told that it is the end.
func TestEvents(t *testing.T) {
	s, c := started(t)
	if s.Watched() {
		t.Error("nobody looks")
	}
	s.Tell([]byte(`{"step":1}`))
	l := listen(t, s, c)
	if e := l.next(); e != `state {"step":1}` || !s.Watched() {
		t.Errorf("%s", e)
	}
	s.Show([]byte("page"))
	if e := l.next(); e != `page 1` {
		t.Errorf("%s", e)
	}
	closed := make(chan struct{})
	s.Tell([]byte(`{"step":2}`))
	s.Show([]byte("last"))
	go func() {
		defer close(closed)
		s.Close()
	}()
	var seen []string
	for e := l.next(); e != "end {}" && e != ""; e = l.next() {
		seen = append(seen, e)
	}
	if all := strings.Join(seen, " "); !strings.HasSuffix(all, "page 2") || !strings.Contains(all, `{"step":2}`) {
		t.Errorf("before the end: %s", all)
	}
	if _, body, _ := ask(t, c, "GET", s.URL()+"report", ""); body != "last" { // there is time for it
		t.Errorf("%q", body)
	}
	l.body.Close() //nolint:errcheck
	<-closed
	if _, err := c.Get(s.URL()); err == nil {
		t.Error("it still serves")
	}
}

// Browsers that do not leave do not keep the server, and those that are too many are sent away.
func TestBounds(t *testing.T) {
	s, c := started(t)
	for range mostClients {
		s.Tell([]byte("{}"))
		listen(t, s, c).next()
	}
	if status, _, _ := ask(t, c, "GET", s.URL()+"events", ""); status != http.StatusServiceUnavailable {
		t.Errorf("%d for the %dth", status, mostClients+1)
	}
	s.Close()
}

func ExampleServer() {
	s, err := Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	s.Show([]byte("<!DOCTYPE html><title>run</title>"))
	fmt.Println(strings.HasPrefix(s.URL(), "http://127.0.0.1:"), s.Watched())
	// Output: true false
}
