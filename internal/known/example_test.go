package known_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"github.com/crux-pinn/crux/internal/known"
)

func ExampleLookup() {
	s, err := known.Lookup("heat1d", map[string]float64{"kappa": 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Coords, s.Fields, s.Params)
	fmt.Println(s.Doc)

	_, err = known.Lookup("burgers1d", nil)
	fmt.Println(err)
	// Output:
	// [t x] [u] map[kappa:1]
	// u_t = kappa u_xx on [0,1], t in [0,1], u(0,x) = sin(pi x), u = 0 at x = 0 and x = 1.
	// u = e^(-kappa pi^2 t) sin(pi x)
	// known: no solution "burgers1d"; there are allen_cahn, burgers_cole_hopf, heat1d, inverse_burgers, lotka_volterra
}

// Two fields at two points: the values of a field lie side by side.
func ExampleSolution_Eval() {
	s, err := known.Lookup("lotka_volterra", nil)
	if err != nil {
		log.Fatal(err)
	}
	points := []float64{0.25, 0.5} // t
	n := len(points) / len(s.Coords)
	values := make([]float64, n*len(s.Fields))
	if err := s.Eval(values, points); err != nil {
		log.Fatal(err)
	}
	for f, name := range s.Fields {
		fmt.Printf("%s %.6f\n", name, values[f*n:(f+1)*n])
	}
	// Output:
	// r [0.500819 0.501640]
	// p [0.075083 0.075166]
}

// An error measured against a computed solution means nothing below the error of that solution.
func ExampleSolution_SelfError() {
	for _, name := range []string{"heat1d", "burgers_cole_hopf", "allen_cahn"} {
		s, err := known.Lookup(name, nil)
		if err != nil {
			log.Fatal(err)
		}
		e := s.SelfError()
		fmt.Printf("%-17s closed form %-5v error below 1e-11 %-5v below 1e-8 %v\n", name, s.ClosedForm, e < 1e-11, e < 1e-8)
	}
	// Output:
	// heat1d            closed form true  error below 1e-11 true  below 1e-8 true
	// burgers_cole_hopf closed form false error below 1e-11 true  below 1e-8 true
	// allen_cahn        closed form false error below 1e-11 false below 1e-8 true
}

// Fifty measurements of u with 1 % noise, from which the coefficients of Burgers' equation are to be found.
func ExampleNoisyData() {
	s, err := known.Lookup("inverse_burgers", nil)
	if err != nil {
		log.Fatal(err)
	}
	const n = 50
	data, err := known.NoisyData(s, n, 0.01, rand.New(rand.NewPCG(1, 0)))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d points, sigma of u %.5f\n", len(data.Points)/2, data.Sigma[0])
	fmt.Printf("first: u(%.4f, %.4f) = %.4f, measured %.4f\n", data.Points[0], data.Points[1], data.Exact[0], data.Values[0])
	// Output:
	// 50 points, sigma of u 0.00647
	// first: u(0.2384, 0.0018) = -0.0208, measured -0.0104
}
