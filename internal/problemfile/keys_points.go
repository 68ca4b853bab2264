package problemfile

import (
	"slices"

	"github.com/crux-pinn/crux/domain"
)

// maxGrid bounds the points of a grid, by the memory for evaluating a field on it.
const maxGrid = 1 << 22

// maxSlabs bounds the slabs of time, which are gone through at every step.
const maxSlabs = 1 << 20

var fewPoints = wholeUpTo(1, maxGrid, "%d points are more than fit; take at most %d")

// pointKeys are those of a set of points beside on.
var pointKeys = []key{
	{"where", formula, "", "x < 0.5", "keeps the points for which it holds"},
	{"points", wholeFrom(1), "(as many as the region needs)", "1000", "how many there are"},
	{"grid", mappingOf("grid"), "", "{x: 20, y: 20}", "a regular grid, by points along all axes or each"},
	{"quadrature", mappingOf("grid"), "", "20", "points and weights of Gauss and Legendre, by their number along all axes or each"},
	{"at", hand("a list of points"), "", "[[0, 1], [0.5, 1]]", "points one by one, in the order of coords"},
	{
		"sampler", oneWord("sampler", domain.Samplers()...),
		"(scrambled_sobol)", "uniform", "how they are drawn",
	},
}

// region is on, the region of points.
func region(def string) key {
	return key{"on", hand("a region"), def, "{x: 0}", "interior, boundary, initial, final, faces, or a name from regions, data or the file of a shape"}
}

// oneShape is a shape within another, of which --set completes what the file has.
var oneShape = form{is: own, what: "a shape", part: "domain"}

// pointParts are shapes, regions, data and constraints.
var pointParts = []part{
	{"domain", "{disk: {center: [0.5, 0.5], radius: 0.2}}", []key{
		{"box", mapped, "", "{x: [0, 1], y: [0, 1]}", "a box; axes that are left out are those of coords"},
		{"disk", mapped, "", "{center: [0.5, 0.5], radius: 0.2}", "a disk in the plane"},
		{"ball", mappingOf("domain.disk"), "", "{center: [0.5, 0.5], radius: 0.2}", "a ball in any number of dimensions"},
		{"polygon", hand("a list of vertices"), "", "[[0, 0], [1, 0], [0, 1]]", "a polygon in the plane"},
		{"cylinder", mapped, "", "{from: [0.5, 0.5, 0], to: [0.5, 0.5, 1], radius: 0.5}", "a cylinder in space, between two points"},
		{"cone", mapped, "", "{from: [0.5, 0.5, 0], to: [0.5, 0.5, 1], radii: [0.5, 0]}", "a cone in space, or a part of one"},
		{"torus", mapped, "", "{center: [0.5, 0.5, 0.5], axis: [0, 0, 1], radius: 0.3, tube: 0.1}", "a ring in space"},
		{
			"extrude", mapped, "", "{shape: {polygon: [[0, 0], [1, 0], [0, 1]]}, along: {z: [0, 1]}}",
			"a shape in two coordinates, along the third",
		},
		{
			"revolve", mapped, "", "{shape: {polygon: [[0, 0], [0.5, 0], [0, 1]]}, through: [0.5, 0.5, 0], axis: [0, 0, 1]}",
			"a shape in the plane that turns around an axis",
		},
		{"transform", mapped, "", "{shape: {disk: {center: [5, 5], radius: 2}}, scale: 0.1}", "a shape that is scaled, then turned, then moved"},
		{"file", mapped, "", "sink.stl", "a shape in a file: .stl in space; .dxf, .svg, .geojson, or a table of corners in the plane"},
		{"union", hand("a list of shapes"), "", "[{box: {x: [0, 1]}}, {box: {y: [0, 1]}}]", "what lies in one of them"},
		{"intersection", hand("a list of shapes"), "", "[box, {disk: {center: [0, 0], radius: 1}}]", "what lies in all of them"},
		{"difference", hand("a list of shapes"), "", "[box, {disk: {center: [0.5, 0.5], radius: 0.2}}]", "the first without the others"},
	}},
	{"domain.box", "{x: [0, 1], y: [0, 1]}", []key{{"*", hand("the two ends"), "", "[0, 1]", "an axis"}}},
	{"domain.disk", "{center: [0.5, 0.5], radius: 0.2}", []key{
		{"center", numbers, "", "[0.5, 0.5]", "its centre"},
		{"radius", positive, "", "0.2", "its radius"},
	}},
	{"domain.cylinder", "{from: [0.5, 0.5, 0], to: [0.5, 0.5, 1], radius: 0.5}", []key{
		{"from", numbers, "", "[0.5, 0.5, 0]", "the middle of one end"},
		{"to", numbers, "", "[0.5, 0.5, 1]", "the middle of the other"},
		{"radius", positive, "", "0.5", "its radius"},
	}},
	{"domain.cone", "{from: [0.5, 0.5, 0], to: [0.5, 0.5, 1], radii: [0.5, 0]}", []key{
		{"from", numbers, "", "[0.5, 0.5, 0]", "the middle of one end"},
		{"to", numbers, "", "[0.5, 0.5, 1]", "the middle of the other"},
		{"radii", numbers, "", "[0.5, 0]", "the radii at both ends; 0 is a tip"},
	}},
	{"domain.torus", "{center: [0.5, 0.5, 0.5], axis: [0, 0, 1], radius: 0.3, tube: 0.1}", []key{
		{"center", numbers, "", "[0.5, 0.5, 0.5]", "its centre"},
		{"axis", numbers, "", "[0, 0, 1]", "the direction of its axis"},
		{"radius", positive, "", "0.3", "the radius of the circle in the middle of the tube"},
		{"tube", positive, "", "0.1", "the radius of the tube"},
	}},
	{"domain.extrude", "{shape: {polygon: [[0, 0], [1, 0], [0, 1]]}, along: {z: [0, 1]}}", []key{
		{"shape", oneShape, "", "{polygon: [[0, 0], [1, 0], [0, 1]]}", "a shape in the other two coordinates"},
		{"along", mapped, "", "{z: [0, 1]}", "a coordinate with the ends along it"},
	}},
	{"domain.extrude.along", "{z: [0, 1]}", []key{{"*", hand("the two ends"), "", "[0, 1]", "the ends along the coordinate"}}},
	{"domain.revolve", "{shape: {polygon: [[0, 0], [0.5, 0], [0, 1]]}, through: [0.5, 0.5, 0], axis: [0, 0, 1]}", []key{
		{"shape", oneShape, "", "{polygon: [[0, 0], [0.5, 0], [0, 1]]}", "a shape in r, the distance from the axis, and s, the way along it"},
		{"through", numbers, "", "[0.5, 0.5, 0]", "the point of the axis where s is 0"},
		{"axis", numbers, "", "[0, 0, 1]", "the direction of the axis"},
	}},
	{"domain.transform", "{shape: box, scale: 0.1}", []key{
		{"shape", oneShape, "", "{disk: {center: [5, 5], radius: 2}}", "the shape"},
		{"scale", hand("a number, or one for each coordinate"), "(1)", "[0.1, 0.1]", "the factor by which it grows, away from the origin"},
		{"rotate", anyNumber, "(0)", "5", "the angle in degrees by which it is turned around the origin"},
		{"axis", numbers, "", "[0, 0, 1]", "in space, the direction around which it is turned"},
		{"shift", numbers, "", "[0.1, 0]", "by what it is moved"},
	}},
	{"domain.file", "{path: sink.stl}", []key{
		{"path", hand("the path of a file"), "", "sink.stl", "where it is, from the folder of the problem file"},
		{
			"sha256", hand("the SHA-256 of a file"), "(its own)", "78c3658d5132f7f5d228aa2cac3ea2e3273a06421cb2c168fec307cd0cf629e9",
			"what the SHA-256 of the file must be, in hexadecimal digits",
		},
	}},
	{
		"materials", "{steel: {where: x < 0.5, k: 45}, air: {k: 0.03}}",
		[]key{{"*", mapped, "", "{where: x < 0.5, k: 45}", "a material, which is a region, too"}},
	},
	{"materials.*", "{where: x < 0.5, k: 45}", []key{
		{"where", formula, "", "x < 0.5", "an expression in coordinates and constants that holds in it; the last material is the rest where it has none"},
		{"shape", mappingOf("domain"), "", "{disk: {center: [0.5, 0.5], radius: 0.2}}", "the shape that it has, in place of where"},
		{"*", formula, "", "45", "a property: a number or an expression, which its name stands for in this material"},
	}},
	{"interfaces", "{steel-air: {resistance: 0.1}}", []key{
		{
			"flux", formula, "(what stands within the divergence of an equation)", "nu*dn(u)",
			"what flows along the normal, where no equation has a divergence",
		},
		{"*", mapped, "", "{resistance: 0.1}", "where two materials meet, by their names; of steel-air, 1 is steel, 2 is air, and the normal leads into air"},
	}},
	{"interfaces.*", "{resistance: 0.1}", []key{
		{"resistance", formula, "(0)", "0.1", "R in u2 - u1 = R*flux: of a thin layer that hinders the flow"},
		{"jump", formula, "(0)", "0.5", "u2 - u1, where it is given"},
		{"source", formula, "(0)", "2", "flux1 - flux2: what the interface gives off"},
	}},
	{"regions", "{hole: {on: boundary, where: x < 0.5}}", []key{{"*", mapped, "", "{on: boundary, where: x < 0.5}", "a region"}}},
	{"regions.*", "{on: boundary, where: x < 0.5}", []key{
		{"on", hand("a region"), "", "boundary", "the region that it is a part of"},
		{"where", formula, "", "x < 0.5", "an expression in coordinates and constants that holds on it"},
	}},
	{"data", "{measurements: {file: measurements.csv}}", []key{{"*", mapped, "", "{file: measurements.csv}", "points with values"}}},
	{"data.*", "{file: measurements.csv} or {builtin: burgers_cole_hopf, n: 2000}", []key{
		{"builtin", hand("the name of a known solution"), "", "burgers_cole_hopf", "a known solution, measured at random points"},
		{"data", hand("the path of a file"), "", "measurements.csv", "another name of file, for on"},
		{
			"file", hand("the path of a file"), "", "measurements.csv",
			"a .csv, .txt, .tsv, .dat, .npy or .npz file; column u is u_data in residuals",
		},
		{"columns", mapped, "", "[x, y, u]", "the names of all columns in order, for a file that does not have them, or other names for some"},
		{"of", hand("names of coordinates"), "(all)", "[x, y]", "the coordinates of the points in the file"},
		{
			"sha256", hand("the SHA-256 of a file"), "(its own)", "caa0361bd67d718359898421b5712e655f252274cbdd2bdcbc34745c4747db25",
			"what the SHA-256 of the file must be, in hexadecimal digits",
		},
		{
			"missing", oneWord("choice", "skip", "error"), "(skip)", "error",
			"what becomes of cells without a value: residuals that need them leave out such rows, or it is an error",
		},
		{"n", fewPoints, "", "2000", "the number of points of a known solution"},
		{
			"noise", numberIn("[0, inf)", "the noise is %v; give the standard deviation relative to the field's, 0 or more", ""), "(0)", "0.01",
			"the standard deviation of their errors, relative to the field's",
		},
		{"seed", anySeed, "(the problem's)", "7", "of the points and the noise"},
		{"params", mapped, "", "{nu: 0.01/pi}", "the constants of a known solution"},
	}},
	{"tables", "{k: {file: k.csv, of: x}}", []key{{"*", mapped, "", "{file: k.csv, of: x}", "a function"}}},
	{"tables.*", "{file: k.csv, of: x}", []key{
		{
			"file", hand("the path of a file"), "", "k.csv",
			"a file as for data, whose column of the table's name has the values, or the only one beside those of of",
		},
		{
			"of", mapped, "", "x",
			"the columns of the arguments, one or two, which name what stands there: coordinates, fields or definitions; or such a mapping to expressions",
		},
		{
			"interpolate", oneWord("choice", "cubic", "linear"), "cubic", "",
			"between the values: a spline with two continuous derivatives, or straight lines; for two arguments, along both",
		},
		{
			"outside", oneWord("choice", "error", "clamp"), "(error for coordinates, otherwise clamp)", "clamp",
			"what holds beyond the values: clamp stays as at their ends; an axis that is longer is an error without it",
		},
		{"columns", mappingOf("data.*.columns"), "", "[x, k]", "the names of all columns in order, for a file that does not have them, or other names for some"},
		{
			"sha256", hand("the SHA-256 of a file"), "(its own)", "20a6fc3317d4d8d8020b42ee57b3f3c99ca56545d3b7e903604ea061bd549a2b",
			"what the SHA-256 of the file must be, in hexadecimal digits",
		},
	}},
	{"tables.*.of", "{x: sqrt(x^2 + y^2)}", []key{{"*", formula, "", "sqrt(x^2 + y^2)", "what stands at the argument of this column"}}},
	{"data.*.columns", "{u: Temperature}", []key{{
		"*", someText("the name of a column in the file"), "", "u",
		"the column that gets this name",
	}}},
	{"data.*.params", "{nu: 0.01/pi}", []key{{"*", anyNumber, "", "0.01/pi", "a constant of the solution"}}},
	{"constraints", "{pde: {residual: u_xx + u_yy, points: 1000}}", []key{{"*", mapped, "", "{residual: u - 1}", "a constraint"}}},
	{"constraints.*", "{residual: u_xx + u_yy, points: 1000}", slices.Concat([]key{
		{"residual", mapped, "", "u_xx + u_yy", "what should vanish, or several such by name; left = right is their difference"},
		{"loss", mapped, "(mse)", "mae", "what is made of it: mse, mae, mean, sum, huber, student, {huber: 0.1} or {student: 0.2}; the last ones are for data with outliers"},
		{"weight", mapped, "(1)", "10", "a constant factor, or one for each residual by name; with one, residuals stay in their own units"},
		{
			"scale", mapped, "(its size, or 1 where a weight or a scale is given)", "auto",
			"by what the residual is divided, or one for each by name; auto is its size at step 0",
		},
		{"sigma", mapped, "", "0.5", "the standard deviation of the errors of measured values: a number or a column, or one for each residual by name; without it, it is found from what is left"},
		{"point_weights", mapped, "", "causal", "how points are weighted in training"},
		region("interior"),
	}, pointKeys, []key{
		{"resample", mapped, "(0, or auto where the method chooses itself)", "100", "steps after which new ones are drawn, or what they follow"},
	})},
	{"constraints.*.residual", "{mass: u_x + v_y}", []key{{"*", formula, "", "u_x + v_y", "a residual"}}},
	{"constraints.*.weight", "{mass: 10}", []key{{"*", positive, "(1)", "10", "the factor of a residual"}}},
	{"constraints.*.scale", "{mass: 10}", []key{{"*", hand("a number, or auto"), "(1)", "10", "by what a residual is divided"}}},
	{"constraints.*.sigma", "{mass: 0.5}", []key{{"*", formula, "", "0.5", "that of what a residual compares with"}}},
	{"constraints.*.loss", "{huber: 0.1}", []key{
		{"huber", positive, "", "0.1", "the size of a residual from which on it counts linearly"},
		{
			"student", positive, "", "0.2",
			"the size of a residual from which on it counts like a logarithm: √ν standard deviations for errors by Student's distribution with ν degrees of freedom",
		},
	}},
	{"constraints.*.point_weights", "{rba: {gamma: 0.999}}", []key{
		{"causal", mapped, "", "{}", "later times count when earlier ones are solved (Wang et al. 2022)"},
		{"rba", mapped, "", "{}", "points with large residuals count more, by a moving average"},
		{"self_adaptive", mapped, "", "{}", "weights of points are trained as well, uphill"},
	}},
	{"constraints.*.point_weights.causal", "{interval: 1}", []key{
		interval("1"),
		{
			"delta", numberIn("(0, 1)", notPositive, "no weight is above %v; it must be below 1"), "0.99", "",
			"the least weight at which an eps is done",
		},
		{"slabs", wholeUpTo(2, maxSlabs, "%d slabs of time; at most %d are of use"), "32", "", "slabs of time"},
		{"eps", numbers, "([0.01, 0.1, 1, 10, 100])", "[0.01, 0.1, 1, 10, 100]", "how sharply earlier times come first, ascending"},
		{"stop", yesOrNo, "(false)", "true", "ends the run when the last eps is done"},
	}},
	{"constraints.*.point_weights.rba", "{interval: 1}", []key{
		interval("1"),
		{"gamma", fraction, "0.999", "", "the share of the old weight"},
		{"eta", positive, "0.01", "", "the weight that the largest residual adds"},
		{"init", fromZero, "0", "", "the weight at the first step"},
	}},
	{"constraints.*.point_weights.self_adaptive", "{interval: 1}", []key{
		interval("1"),
		{"rate", positive, "0.005", "", "the learning rate of the weights"},
		{"power", positive, "2", "", "q of the factor λ^q, at least 1"},
		{"init", positive, "1", "", "λ at the first step"},
		{"plain", yesOrNo, "(false)", "true", "plain ascent in place of Adam"},
	}},
	{"constraints.*.resample", "{rad: {interval: 500, k: 1, c: 1}}", []key{
		{"rad", mapped, "", "{interval: 500, k: 1, c: 1}", "all points are replaced, by more where the residual is large (Wu et al. 2022)"},
		{"rar_d", mapped, "", "{interval: 500, add: 100}", "points are added where the residual is large (Wu et al. 2022)"},
		{"r3", mapped, "", "{interval: 100}", "points with small residuals are replaced (Daw et al. 2022)"},
	}},
	{"constraints.*.resample.rad", "{interval: 500}", slices.Concat(follows, density("1", "1"))},
	{"constraints.*.resample.rar_d", "{interval: 500}", slices.Concat(follows, density("2", "0"), []key{
		{"add", fewPoints, "(a tenth)", "100", "points added each time"},
		{"limit", fewPoints, "(ten times the first)", "5000", "points beyond which none are added"},
	})},
	{"constraints.*.resample.r3", "{interval: 500}", follows},
}

// interval is the key of what happens every few steps.
func interval(def string) key {
	return key{"interval", wholeFrom(1), def, "", "the steps between two updates"}
}

// follows are the keys of all that moves points after a residual.
var follows = []key{
	{"residual", hand("the name of a residual"), "(the first)", "mass", "of several residuals, the one that is followed"},
	interval("100"),
}

const noShare = "%v is not a share; c is at least 0, and large values give uniform points"

// density are the keys of a density of points.
func density(k, c string) []key {
	return []key{
		{"k", numberIn("(0, 100]", notPositive, "%v is more than 100; such a density is a single point"), k, "", "the power of the residual"},
		{"c", numberIn("[0, 1e100]", noShare, noShare), c, "", "its uniform part"},
		{"candidates", fewPoints, "(ten times the points)", "10000", "points that are chosen from"},
	}
}
