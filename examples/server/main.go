// Command server answers requests for the values of a solution: go run ./examples/server -run runs/poisson2d-1 -addr localhost:8080, and
// then
//
//	curl -d '{"expr": "u_x", "points": [[0.5, 0.25], [0.1, 0.9]]}' localhost:8080/eval
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/crux/file"
)

func main() {
	run := flag.String("run", "runs/poisson2d-1", "run directory")
	addr := flag.String("addr", "localhost:8080", "where to listen")
	flag.Parse()
	h, err := newHandler(*run, "u", "u_x", "u_y")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Addr: *addr, Handler: h, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// handler has the functions that it serves, made once. They keep a pool of evaluators themselves: as many as there are requests at once.
type handler struct {
	functions map[string]*crux.Function
	coords    int
}

// newHandler opens a run and prepares expressions of it.
func newHandler(run string, exprs ...string) (http.Handler, error) {
	solution, err := file.Open(run)
	if err != nil {
		return nil, err
	}
	h := &handler{functions: map[string]*crux.Function{}, coords: len(solution.Coords)}
	for _, e := range exprs {
		if h.functions[e], err = solution.Function(e, solution.Coords...); err != nil {
			return nil, err
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /eval", h.eval)
	return mux, nil
}

// request is what is asked for, and answer what comes back: one row for each point.
type request struct {
	Expr   string      `json:"expr"`
	Points [][]float64 `json:"points"`
}

type answer struct {
	Values []float64 `json:"values"`
}

func (h *handler) eval(w http.ResponseWriter, r *http.Request) {
	var q request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<24)).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f, ok := h.functions[q.Expr]
	if !ok {
		http.Error(w, fmt.Sprintf("no expression %q is served", q.Expr), http.StatusNotFound)
		return
	}
	x := make([]float64, 0, len(q.Points)*h.coords)
	for _, p := range q.Points {
		if len(p) != h.coords {
			http.Error(w, fmt.Sprintf("a point has %d coordinates, not %d", h.coords, len(p)), http.StatusBadRequest)
			return
		}
		x = append(x, p...)
	}
	values, err := f.Eval(make([]float64, 0, len(q.Points)), x)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(answer{values}); err != nil {
		log.Print(err)
	}
}
