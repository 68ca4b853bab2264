package known

import "math"

// library is every known solution, by kind. It is never written to. Names, coordinates and constants are part of the
// problem files' vocabulary: renaming one breaks files that users wrote.
var library = []entry{
	// Steady problems, in steady.go.
	{
		name: "poisson1d",
		doc: "-u_xx = pi^2 sin(pi x) on [-1,1], u(-1) = u(1) = 0.\n" +
			"u = sin(pi x)",
		axes: []axis{{"x", -1, 1}}, fields: []string{"u"},
		solve: poisson1d,
	},
	{
		name: "poisson2d",
		doc: "-(u_xx + u_yy) = 2 pi^2 sin(pi x) sin(pi y) on [0,1]^2, u = 0 on the boundary.\n" +
			"u = sin(pi x) sin(pi y)",
		axes: []axis{{"x", 0, 1}, {"y", 0, 1}}, fields: []string{"u"},
		solve: poisson2d,
	},
	{
		name: "laplace",
		doc: "u_xx + u_yy = 0 on [0,1]^2, u = sin(pi x) at y = 1 and 0 on the other sides.\n" +
			"u = sin(pi x) sinh(pi y)/sinh(pi)",
		axes: []axis{{"x", 0, 1}, {"y", 0, 1}}, fields: []string{"u"},
		solve: laplace,
	},
	{
		name: "helmholtz2d",
		doc: "u_xx + u_yy + k^2 u = f on [-1,1]^2, u = 0 on the boundary, f = (k^2 - (a1^2 + a2^2) pi^2) u.\n" +
			"u = sin(a1 pi x) sin(a2 pi y)",
		axes: []axis{{"x", -1, 1}, {"y", -1, 1}}, fields: []string{"u", "f"},
		params: []param{
			{name: "k", value: 1, min: 0, max: 1000},
			{name: "a1", value: 1, min: 1, max: 1000, whole: true},
			{name: "a2", value: 4, min: 1, max: 1000, whole: true},
		},
		solve: helmholtz2d,
	},
	{
		name: "lshape",
		doc: "u_xx + u_yy = 0 on [-1,1]^2 without (0,1]x[-1,0), u given on the boundary.\n" +
			"u = r^(2/3) sin(2 theta/3) with theta in [0, 3 pi/2]; the gradient is infinite at the corner (0,0)",
		axes: []axis{{"x", -1, 1}, {"y", -1, 1}}, except: &lshapeHole, fields: []string{"u"},
		solve: lshape,
	},
	{
		name: "kovasznay",
		doc: "u u_x + v u_y + p_x = (u_xx + u_yy)/Re, u v_x + v v_y + p_y = (v_xx + v_yy)/Re, u_x + v_y = 0 " +
			"on [-1/2,1]x[-1/2,3/2], u and v given on the boundary.\n" +
			"u = 1 - e^(l x) cos(2 pi y), v = l/(2 pi) e^(l x) sin(2 pi y), p = (1 - e^(2 l x))/2 " +
			"with l = Re/2 - sqrt(Re^2/4 + 4 pi^2)",
		axes: []axis{{"x", -0.5, 1}, {"y", -0.5, 1.5}}, fields: []string{"u", "v", "p"},
		params: []param{{name: "Re", value: 20, min: 1, max: 1e4}},
		solve:  kovasznay,
	},
	{
		name: "elasticity_plate",
		doc: "(sxx)_x + (sxy)_y + fx = 0, (sxy)_x + (syy)_y + fy = 0 on [0,1]^2 in plane strain, " +
			"sij = lambda (ux_x + uy_y) delta_ij + 2 mu eij; ux = uy = 0 at y = 0, " +
			"ux = 0 and syy = (lambda + 2 mu) Q sin(pi x) at y = 1, uy = sxx = 0 at x = 0 and x = 1.\n" +
			"ux = cos(2 pi x) sin(pi y), uy = sin(pi x) Q y^4/4, the stresses and the body force by substitution",
		axes: []axis{{"x", 0, 1}, {"y", 0, 1}}, fields: []string{"ux", "uy", "sxx", "syy", "sxy", "fx", "fy"},
		params: []param{
			{name: "lambda", value: 1, min: 0, max: 1e6},
			{name: "mu", value: 0.5, min: 1e-6, max: 1e6},
			{name: "Q", value: 4, min: -1e3, max: 1e3},
		},
		solve: elasticityPlate,
	},

	// Problems in time, in evolution.go, colehopf.go, allencahn.go and lotkavolterra.go.
	{
		name: "oscillator",
		doc: "u_tt + 2 delta u_t + omega0^2 u = 0, u(0) = 1, u_t(0) = 0, t in [0,1].\n" +
			"u = e^(-delta t) (cos(w t) + (delta/w) sin(w t)) with w^2 = omega0^2 - delta^2 > 0",
		axes: []axis{{"t", 0, 1}}, fields: []string{"u"},
		params: []param{
			{name: "delta", value: 2, min: 0, max: 1e3},
			{name: "omega0", value: 20, min: 1e-3, max: 1e3},
		},
		solve: oscillator,
	},
	{
		name: "volterra",
		doc: "y' + y = integral over s from 0 to x of e^(s-x) y(s), y(0) = 1, x in [0,5].\n" +
			"y = e^(-x) cosh(x)",
		axes: []axis{{"x", 0, 5}}, fields: []string{"y"},
		solve: volterra,
	},
	{
		name: "heat1d",
		doc: "u_t = kappa u_xx on [0,1], t in [0,1], u(0,x) = sin(pi x), u = 0 at x = 0 and x = 1.\n" +
			"u = e^(-kappa pi^2 t) sin(pi x)",
		axes: []axis{{"t", 0, 1}, {"x", 0, 1}}, fields: []string{"u"},
		params: []param{{name: "kappa", value: 0.1, min: 0, max: 10}},
		solve:  heat1d,
	},
	{
		name: "param_heat",
		doc: "u_t = kappa u_xx on [0,1], t in [0,1], for every kappa in [0.05,1], which is a coordinate; " +
			"u(0,x) = sin(pi x), u = 0 at x = 0 and x = 1.\n" +
			"u = e^(-kappa pi^2 t) sin(pi x)",
		axes: []axis{{"t", 0, 1}, {"x", 0, 1}, {"kappa", 0.05, 1}}, fields: []string{"u"},
		solve: paramHeat,
	},
	{
		name: "convection",
		doc: "u_t + beta u_x = 0, periodic on [0,2 pi], t in [0,1], u(0,x) = sin(x).\n" +
			"u = sin(x - beta t)",
		axes: []axis{{"t", 0, 1}, {"x", 0, 2 * math.Pi}}, fields: []string{"u"},
		params: []param{{name: "beta", value: 30, min: -1e3, max: 1e3}},
		solve:  convection,
	},
	{
		name: "wave1d",
		doc: "u_tt = c^2 u_xx on [0,1], t in [0,1], u(0,x) = sin(pi x) + sin(4 pi x)/2, u_t(0,x) = 0, u = 0 at x = 0 and x = 1.\n" +
			"u = sin(pi x) cos(c pi t) + sin(4 pi x) cos(4 c pi t)/2",
		axes: []axis{{"t", 0, 1}, {"x", 0, 1}}, fields: []string{"u"},
		params: []param{{name: "c", value: 2, min: 0, max: 100}},
		solve:  wave1d,
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

	// Inverse problems, in inverse.go.
	{
		name: "inverse_burgers",
		doc: "Find lambda1 and lambda2 in u_t + lambda1 u u_x - lambda2 u_xx = 0 from values of u; the truth is 1 and nu.\n" +
			"u is that of burgers_cole_hopf",
		axes: []axis{{"t", 0, 1}, {"x", -1, 1}}, fields: []string{"u"},
		params: []param{viscosity},
		solve:  inverseBurgers,
	},
	{
		name: "inverse_field",
		doc: "Find k in -(k u_x)_x = f on [0,1] from values of u and k(0) = 1.\n" +
			"u = sin(pi x), k = 1 + sin(2 pi x)/2, f = pi^2 sin(pi x) (1 + sin(2 pi x)/2) - pi^2 cos(pi x) cos(2 pi x)",
		axes: []axis{{"x", 0, 1}}, fields: []string{"u", "k", "f"},
		solve: inverseField,
	},
}

// viscosity is the constant of both Burgers problems; see coleHopf for its range.
var viscosity = param{name: "nu", value: 0.01 / math.Pi, min: 0.00125, max: 0.1}
