// Package live shows a page to browsers on this machine, and tells them what changes while they look.
//
//	s, err := live.Start()
//	fmt.Println(s.URL()) // http://127.0.0.1:40123/4fd1…/
//	s.Tell(state)        // as often as there is something to tell: JSON
//	s.Show(page)         // instead of the page before: HTML
//	s.Close()
//
// Nobody else can read it: the server listens on 127.0.0.1 alone, the address has a random part of 128 bits, and a request that names
// another host is refused, so that a page of another site cannot reach it by a name that resolves to 127.0.0.1. There is nothing that could
// be changed.
package live

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server serves a page.
type Server struct {
	host  string // of the address: 127.0.0.1:40123
	token string
	http  *http.Server
	done  chan struct{} // closed when it serves no more
	end   chan struct{} // closed when clients are to leave

	mu      sync.Mutex
	page    []byte
	version int // of the page; 0 means that there is none yet
	state   []byte
	told    int                    // times that the state has been replaced
	clients map[chan struct{}]bool // each is told that there is something new
	left    chan struct{}          // gets something whenever a client has left
}

// The bounds: browsers that look at the same time, how long a client may keep a write waiting, and how long Close waits for them.
const (
	mostClients = 16
	writeWithin = 10 * time.Second
	leaveWithin = 3 * time.Second
)

//go:embed shell.html
var shell []byte

// Start serves on a port that is free. Until there is a page, browsers see that it will come.
func Start() (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("live: %w", err)
	}
	var secret [16]byte
	rand.Read(secret[:]) //nolint:errcheck // it never returns an error
	s := &Server{
		host: l.Addr().String(), token: hex.EncodeToString(secret[:]), done: make(chan struct{}), end: make(chan struct{}),
		clients: map[chan struct{}]bool{}, left: make(chan struct{}, 1),
	}
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: writeWithin, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 14}
	go func() {
		defer close(s.done)
		s.http.Serve(l) //nolint:errcheck // it ends by Close
	}()
	return s, nil
}

// URL is the address, which is a secret: whoever has it can read.
func (s *Server) URL() string { return "http://" + s.host + "/" + s.token + "/" }

// Show replaces the page. It belongs to the server from now on.
func (s *Server) Show(page []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.page = page
	s.version++
	s.wake()
}

// Tell replaces the state, an object of JSON without line breaks, which browsers get as soon as they can.
func (s *Server) Tell(state []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = state
	s.told++
	s.wake()
}

// wake tells all clients that there is something new; one that is busy will see it then.
func (s *Server) wake() {
	for c := range s.clients {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Watched reports whether somebody looks.
func (s *Server) Watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients) > 0
}

// Close lets browsers take the last page and state, for some seconds at most, and ends the server. It waits for all that the server has
// begun.
func (s *Server) Close() {
	close(s.end)
	for late := time.After(leaveWithin); s.Watched(); {
		select {
		case <-s.left:
		case <-late:
			s.http.Close() //nolint:errcheck // whoever is still there has had the time
			<-s.done
			return
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveWithin)
	defer cancel()
	if s.http.Shutdown(ctx) != nil {
		s.http.Close() //nolint:errcheck // as above
	}
	<-s.done
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, port, _ := net.SplitHostPort(s.host)
	token, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.Host != s.host && r.Host != "localhost:"+port:
		http.Error(w, "this is for 127.0.0.1 alone", http.StatusMisdirectedRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "there is nothing to change", http.StatusMethodNotAllowed)
	case subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1:
		http.NotFound(w, r)
	case path == "":
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "+
			"connect-src 'self'; frame-src 'self'; frame-ancestors 'none'")
		w.Write(shell) //nolint:errcheck // the browser has gone
	case path == "report":
		s.report(w)
	case path == "events":
		s.events(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) report(w http.ResponseWriter) {
	s.mu.Lock()
	page := s.page
	s.mu.Unlock()
	if page == nil {
		http.Error(w, "not yet", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "frame-ancestors 'self'")
	w.Write(page) //nolint:errcheck // the browser has gone
}

// events sends what is new until the browser leaves or the server ends.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	news := make(chan struct{}, 1)
	s.mu.Lock()
	if len(s.clients) >= mostClients {
		s.mu.Unlock()
		http.Error(w, "too many browsers look", http.StatusServiceUnavailable)
		return
	}
	s.clients[news] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.clients, news)
		s.mu.Unlock()
		select {
		case s.left <- struct{}{}:
		default:
		}
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	send := func(event string, data []byte) error {
		out.SetWriteDeadline(time.Now().Add(writeWithin)) //nolint:errcheck // all servers of net/http can
		if _, err := fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data); err != nil {
			return err
		}
		return out.Flush()
	}
	if out.Flush() != nil { // the browser is connected before there is anything to tell
		return
	}
	heard, shown, end := 0, 0, s.end
	news <- struct{}{} // what there is already
	for {
		select {
		case <-news:
		case <-end:
			end = nil // the last of all comes before the word that it is that
		case <-r.Context().Done():
			return
		case <-s.done:
			return
		}
		s.mu.Lock()
		state, told, version := s.state, s.told, s.version
		s.mu.Unlock()
		if told > heard && send("state", state) != nil {
			return
		}
		if version > shown && send("page", fmt.Append(nil, version)) != nil {
			return
		}
		heard, shown = told, version
		if end == nil {
			if send("end", []byte("{}")) != nil {
				return
			}
			<-r.Context().Done() // when the browser has what it wants it leaves
			return
		}
	}
}
