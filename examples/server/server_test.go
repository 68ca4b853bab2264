package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/crux-pinn/crux/crux/file"
)

// A solved problem served on loopback to many clients at once gives the values of its closed form to all of them.
func TestServer(t *testing.T) {
	dir := t.TempDir()
	problem := `problem: poisson
coords: {x: [0, 1], y: [0, 1]}
fields: {u: {net: mlp, hidden: [20, 20], output: "x*(1 - x)*y*(1 - y)*u"}}
constraints: {pde: {residual: "u_xx + u_yy = -2*pi^2*sin(pi*x)*sin(pi*y)", points: 400}}
optimizer: [{ssbroyden: {}, steps: 150}]
seed: 1
`
	path := filepath.Join(dir, "problem.yaml")
	if err := os.WriteFile(path, []byte(problem), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := file.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Solve(t.Context(), p.Steps, p.Callbacks(filepath.Join(dir, "checkpoints"))...); err != nil {
		t.Fatal(err)
	}
	s.Close() //nolint:errcheck

	h, err := newHandler(dir, "u", "u_x")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	post := func(q request) (answer, int) {
		body, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.Post(server.URL+"/eval", "application/json", bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return answer{}, 0
		}
		defer r.Body.Close()
		var v answer
		if r.StatusCode == http.StatusOK {
			err = json.NewDecoder(r.Body).Decode(&v)
		}
		if err != nil {
			t.Error(err)
		}
		return v, r.StatusCode
	}
	const clients, requests, points = 32, 25, 40
	began := time.Now()
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for k := range requests {
				q := request{Expr: []string{"u", "u_x"}[(c+k)%2]}
				for i := range points {
					q.Points = append(q.Points, []float64{float64(i) / points, float64((7*c+3*k+i)%points) / points})
				}
				v, code := post(q)
				if code != http.StatusOK || len(v.Values) != points {
					t.Errorf("code %d, %d values", code, len(v.Values))
					return
				}
				for i, x := range q.Points {
					want := math.Sin(math.Pi*x[0]) * math.Sin(math.Pi*x[1])
					if q.Expr == "u_x" {
						want = math.Pi * math.Cos(math.Pi*x[0]) * math.Sin(math.Pi*x[1])
					}
					if !(math.Abs(v.Values[i]-want) < 1e-2) {
						t.Errorf("%s at %v is %v, want %v", q.Expr, x, v.Values[i], want)
						return
					}
				}
			}
		})
	}
	all.Wait()
	d := time.Since(began)
	t.Logf("%d clients: %.0f requests and %.0f values a second", clients, clients*requests/d.Seconds(), clients*requests*points/d.Seconds())
	for _, bad := range []struct {
		q    request
		code int
	}{{request{Expr: "w"}, http.StatusNotFound}, {request{Expr: "u", Points: [][]float64{{1}}}, http.StatusBadRequest}} {
		if _, code := post(bad.q); code != bad.code {
			t.Errorf("%v: code %d, want %d", bad.q, code, bad.code)
		}
	}
}
