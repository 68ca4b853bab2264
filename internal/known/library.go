package known

import "math"

// library is every known solution. It is never written to. Names, coordinates and constants are part of the problem files'
// vocabulary: renaming one breaks files that users wrote. What a file can write as one expression is not here.
var library = []entry{
	{
		name: "heat1d",
		doc: "u_t = kappa u_xx on [0,1], t in [0,1], u(0,x) = sin(pi x), u = 0 at x = 0 and x = 1.\n" +
			"u = e^(-kappa pi^2 t) sin(pi x)",
		axes: []axis{{"t", 0, 1}, {"x", 0, 1}}, fields: []string{"u"},
		params: []param{{name: "kappa", value: 0.1, min: 0, max: 10}},
		solve: func(c map[string]float64) recipe {
			return closed(func(u, p []float64) { u[0] = math.Exp(-c["kappa"]*math.Pi*math.Pi*p[0]) * math.Sin(math.Pi*p[1]) })
		},
	},
	{
		name: "burgers_cole_hopf",
		doc: "u_t + u u_x = nu u_xx on [-1,1], t in [0,1], u(0,x) = -sin(pi x), u = 0 at x = -1 and x = 1.\n" +
			"u by the Cole-Hopf transformation, its two integrals by Gauss-Hermite quadrature with 100 nodes",
		axes: []axis{{"t", 0, 1}, {"x", -1, 1}}, fields: []string{"u"},
		params: []param{viscosity},
		solve:  burgersColeHopf,
	},
	{
		name: "allen_cahn",
		doc: "u_t = diffusion u_xx + reaction (u - u^3), periodic on [-1,1], t in [0,1], u(0,x) = x^2 cos(pi x).\n" +
			"u by a Fourier method in space and ETDRK4 in time, the kink at x = -1 and x = 1 split off in closed form",
		axes: []axis{{"t", 0, 1}, {"x", -1, 1}}, fields: []string{"u"},
		params: []param{
			{name: "diffusion", value: 1e-4, min: 5e-5, max: 1e-3},
			{name: "reaction", value: 5, min: 0, max: 6},
		},
		solve: allenCahnField,
	},
	{
		name: "lotka_volterra",
		doc: "r' = rate (2 r - 8 r p), p' = rate (4 r p - 1.06 p), r(0) = 0.5, p(0) = 0.075, t in [0,1]: prey and predators.\n" +
			"r and p by the Taylor series of order 20 in 2000 steps",
		axes: []axis{{"t", 0, 1}}, fields: []string{"r", "p"},
		params: []param{{name: "rate", value: 20, min: 0, max: 100}},
		solve:  lotkaVolterraSystem,
	},
	{
		name: "inverse_burgers",
		doc: "Find lambda1 and lambda2 in u_t + lambda1 u u_x - lambda2 u_xx = 0 from values of u; the truth is 1 and nu.\n" +
			"u is that of burgers_cole_hopf",
		axes: []axis{{"t", 0, 1}, {"x", -1, 1}}, fields: []string{"u"},
		params: []param{viscosity},
		solve:  burgersColeHopf,
	},
}

// viscosity is the constant of both Burgers problems; see coleHopf for its range.
var viscosity = param{name: "nu", value: 0.01 / math.Pi, min: 0.00125, max: 0.1}
