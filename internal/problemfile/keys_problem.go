package problemfile

import (
	"fmt"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/internal/schema"
	ph "github.com/crux-pinn/crux/placeholder"
)

// windowCount is the number of windows, which may stand alone as well.
var windowCount = wholeUpTo(2, crux.MaxStages, "%d windows are more than fit; take at most %d")

// versions are the schemas that this crux reads.
var versions = form{
	is: whole, span: fmt.Sprintf("[1, %d]", schema.Version),
	low:  "%d is no schema; this crux reads schemas up to %d",
	high: "%d is of a newer crux, and this one reads schemas up to %d; take a newer crux",
}

// problemParts are the file as a whole, its names, and what belongs to the run.
var problemParts = []part{
	{"", "{problem: poisson2d, coords: {x: [0, 1]}, fields: {u: {net: mlp}}, constraints: {pde: {residual: u_xx + 1, points: 1000}}}", []key{
		{"problem", someText("a name"), "", "poisson2d, a name for the run", "the name of the run"},
		{"description", someText("a text"), "", "heat in a rod", "free text"},
		{"schema", versions, fmt.Sprint(schema.Version), "", "the version of the keys; a file of a larger one needs a newer crux"},
		{"coords", mapped, "", "{x: [0, 1], y: [0, 1]}", "the coordinates, each with its ends"},
		{"time", hand("the name of a coordinate"), "(t)", "t", "which coordinate is time; none if none is"},
		{"constants", mapped, "", "{nu: 0.01/pi}", "numbers with names, for expressions and wherever a number stands"},
		{"params", mapped, "", "{lambda1: 0.5}", "numbers to be found, with their initial values"},
		{
			"eigen", hand("none, a number of eigenvalues, or the name of the eigenvalue with it"), "(none)", "3",
			"how many eigenvalues are wanted, from the lowest, each with its functions: E, E_2 and E_3 with psi, psi_2 and psi_3",
		},
		{"define", mapped, "", "{lambda2: exp(s)}", "expressions with names"},
		{"tables", mapped, "", "{k: {file: k.csv, of: x}}", "functions that are given by values in files, with names for expressions"},
		{
			"materials", mapped, "", "{steel: {where: x < 0.5, k: 45}, air: {k: 0.03}}",
			"the materials of which the domain consists, with properties whose names all expressions know",
		},
		{
			"interfaces", mapped, "", "{steel-air: {resistance: 0.1}}",
			"what holds where two materials meet, where value and flux are not the same on both sides",
		},
		{"fields", mapped, "", "{u: {net: mlp}}", "the unknown functions and their networks"},
		{"domain", mapped, "(box)", "{disk: {center: [0.5, 0.5], radius: 0.2}}", "the shape of space; box is that of coords"},
		{"init", mapped, "", "{from: runs/heat-1}", "where training begins other than at random"},
		{"regions", mapped, "", "{hole: {on: boundary, where: x < 0.5}}", "parts of the domain with names, for on"},
		{"data", mapped, "", "{measurements: {file: measurements.csv}}", "points with measured values, for on"},
		{"constraints", mapped, "", "{pde: {residual: u_xx + u_yy, points: 1000}}", "the residuals that should vanish, and where"},
		{"hard", mapped, "", "auto", "conditions that are built into the fields: auto, none or their names"},
		{
			"scale", oneWord("choice", "units", "auto", "none"), "(units)", "none",
			"units trains functions and numbers in units of their size, and divides residuals by theirs; auto divides residuals by their size at step 0",
		},
		{
			"jumps", oneWord("choice", "auto", "none"), "(auto)", "none",
			"auto gives networks inputs that jump, or have a kink, where the values on the boundary do, as the equation smooths them",
		},
		{
			"waves", oneWord("choice", "auto", "none"), "(auto)", "none",
			"auto gives networks the sines and cosines of fast waves in the data as inputs; a file that says schema gets none by default",
		},
		{
			"smooth", oneWord("choice", "auto", "none"), "(auto)", "none",
			"auto lets a function that noisy data do not measure, nor equations determine, bend no more than data ask for; a file that says schema has none by default",
		},
		{
			"integrals", wholeUpTo(1, ph.MostNodes, "%d nodes are more than an integral has; use at most %d"), "20", "80",
			"the quadrature nodes of integrals that do not say how many",
		},
		{
			"optimizer",
			form{is: own, what: "auto, a phase, or a list of them", part: "optimizer.*"},
			"(auto)", "{adam: {lr: 1e-3}, steps: 2000}",
			"the phases of training",
		},
		{"steps", wholeFrom(1), "(those of the phases)", "500", "steps in all, where a run is to be shorter than its phases"},
		{"windows", mapped, "(none)", "4", "pieces of time that are trained one after the other: a number, or the times between them"},
		{"curriculum", mapped, "(none)", "{beta: [10, 20]}", "easier values of one constant, which are trained first"},
		{"weights", mapped, "", "relobralo", "how constraints are balanced during the run"},
		{"trackers", mapped, "", "[gradient_norms, residual_stats]", "what is measured during the run: names, all, or a mapping with settings"},
		{"early_stopping", mapped, "", "{patience: 2000}", "ends a run that gets no better"},
		{"checkpoint", mapped, "", "{every: 30s, keep: 3}", "how often the state of the run is saved; none for no files"},
		{
			"on_divergence", oneWord("choice", "rollback", "stop"), "(rollback)", "stop",
			"where a loss stops being a number: rollback returns to a good state and takes steps a tenth as long, three times at most; stop ends with the good state",
		},
		{"reference", mapped, "", "{u: sin(pi*x)}", "known solutions, by the names of what they are a reference for"},
		{"grid", mapped, "(101)", "201", "points per axis on which fields are judged and exported"},
		{"units", mapped, "", "{x: mm, u: °C}", "units of coordinates, fields and unknown numbers, for the axes of pictures; nothing is converted"},
		{"results", mapped, "", "{rows: 1000}", "how much a run writes"},
		{"wandb", mapped, "(false)", "true", "a run directory of Weights & Biases: true, or a mapping"},
		{"tensorboard", mapped, "(false)", "true", "event files of TensorBoard: true, or a mapping"},
		{"seed", anySeed, "0", "3", "from which all random numbers follow"},
		{"precision", oneWord("precision", "float32", "float64"), "float64", "", "of the numbers of training"},
		{"workers", wholeFrom(0), "(0)", "2", "goroutines; 0 is one for each core"},
		{
			"accuracy", hand("a relative error, auto or best"), "(auto where neither optimizer nor steps is said, otherwise best)", "1e-4",
			"the run ends when the estimated relative errors are below it; auto is 1e-6; with best only the method ends it",
		},
		{"expect", mapped, "", "{loss: \"< 1e-6\", seconds: \"< 60\"}", "bounds of what the run comes to: it fails where one is missed"},
		{
			"show", mapped, "", "{mass: \"integral(integral(u, x), y)\"}",
			"numbers to watch, with names: expressions of the fields, printed during the run and in the report",
		},
		{"budget", duration, "", "120s", "wall time after which the run ends"},
	}},
	{"coords", "{x: [0, 1], y: [0, 1]}", []key{{"*", hand("the two ends"), "", "[0, 1], the ends of the axis", "an axis"}}},
	{"constants", "{nu: 0.01/pi}", []key{{"*", anyNumber, "", "0.01/pi", "a number, or an expression in other constants"}}},
	{"curriculum", "{beta: [10, 20]}", []key{{"*", mapped, "", "[10, 20]", "the values of a constant before its own"}}},
	{"curriculum.*", "{from: 10, lessons: 3}", []key{
		{"from", anyNumber, "", "10", "the first value"},
		{
			"lessons", wholeUpTo(2, crux.MaxStages, "%d lessons are more than fit; take at most %d"), "", "3",
			"the number of values, its own included",
		},
		{"ramp", oneWord("ramp", "linear", "geometric"), "linear", "", "equal steps between the values, or equal ratios"},
	}},
	{"expect", "{u.error: \"< 1e-3\", seconds: \"< 60\"}", []key{
		{
			"*", hand("a bound"), "", `"< 1e-3"`,
			"of loss, steps, seconds; FIELD.error or FIELD.max, by the reference; PARAM.error; NAME.estimate; CONSTRAINT.loss or CONSTRAINT.p99",
		},
	}},
	{"show", "{mass: \"integral(integral(u, x), y)\"}", []key{{
		"*", formula, "", "\"integral(integral(u, x), y)\"",
		"a number: an expression in which every coordinate is fixed, or integrated over",
	}}},
	{"params", "{lambda1: 0.5} with its initial value", []key{{"*", mapped, "", "0.5", "an initial value, or a mapping"}}},
	{"params.*", "{init: 0.5, true: 1}", []key{
		{"init", anyNumber, "", "0.5", "the initial value"},
		{"true", anyNumber, "", "1", "the right value, if it is known, by which the run is judged"},
	}},
	{"define", "{lambda2: exp(s)}", []key{{"*", mapped, "", "exp(s)", "an expression, or a mapping"}}},
	{"define.*", "{expr: exp(s), true: 0.5}", []key{
		{"expr", formula, "", "exp(s)", "what the name stands for"},
		{"true", anyNumber, "", "0.5", "the right value, if it is known, by which the run is judged"},
	}},
	{"hard", "{conditions: auto, onset: 0.05}", []key{
		{"conditions", hand("auto, none, or names of constraints"), "auto", "[bc, ic]", "which conditions are built in"},
		{"onset", positive, "(0.1)", "0.05", "how soon a field leaves its initial condition, in lengths of the axis"},
	}},
	{"windows", "{count: 4}", []key{
		{"count", windowCount, "", "4", "the number of equal windows"},
		{"times", numbers, "", "[0.1, 0.5]", "the times between windows, in place of count"},
		{"coord", hand("the name of a coordinate"), "(time)", "t", "the coordinate that is divided"},
		{"onset", positive, "0.1", "", "the time in which a field leaves the state that its window begins with"},
	}},
	{"init", "{from: runs/heat-1}", []key{{
		"from", hand("the directory of a run"), "", "runs/heat-1",
		"a run whose functions and numbers of the same names this one begins with, from the folder of the problem file or from where crux runs",
	}}},
	{"grid", "{x: 20, y: 20}", []key{{"*", wholeFrom(1), "", "20", "the number of points along an axis"}}},
	{"reference", "{u: sin(pi*x)}", []key{{"*", mapped, "", "sin(pi*x)", "an expression, a number, or a mapping"}}},
	{"reference.*", "{builtin: burgers_cole_hopf}, {expr: sin(pi*x)} or {file: reference.csv}", []key{
		{"builtin", hand("the name of a known solution"), "", "burgers_cole_hopf", "a solution that crux knows"},
		{"expr", formula, "", "sin(pi*x)", "a solution in closed form"},
		{"file", hand("the path of a file"), "", "reference.csv", "values at points, as .csv, .npy or .npz"},
		{
			"sha256", hand("the SHA-256 of a file"), "(its own)", "0543c7bff58710edfba760594d95b8b68eadfc55dc3c83ac4beeb70dc218b828",
			"what the SHA-256 of the file must be, in hexadecimal digits",
		},
		{"params", mappingOf("data.*.params"), "", "{nu: 0.01/pi}", "the constants of a known solution"},
		{"field", someText("the name of a field"), "(the field's own)", "u", "the field of the known solution"},
		{"column", someText("the name of a column"), "(the field's own)", "u", "the column of the file"},
		{"columns", mappingOf("data.*.columns"), "", "[x, y, u]", "the names of all columns in order, for a file that does not have them, or other names for some"},
		{"of", hand("names of coordinates"), "(all)", "[x, y]", "the coordinates of the points in the file"},
	}},
	{"units", "{x: mm, u: °C}", []key{{"*", someText("a unit"), "", "mm", "the unit of a coordinate, field or unknown number"}}},
	{"results", "{rows: 1000, solution: false}", []key{
		{
			"rows", wholeFrom(1), "1000000", "1000",
			"rows of losses in history.csv and metrics.jsonl, at most: of more steps every second, third and so on is written",
		},
		{"solution", yesOrNo, "true", "false", "whether there is a solution.npz; crux eval and crux export compute the same from the parameters"},
	}},
	{"early_stopping", "{patience: 2000}", []key{
		{"patience", wholeFrom(1), "", "2000", "steps without improvement after which the run ends"},
		{"min_delta", tolerance, "0", "", "by how much a better value must be better"},
		{"mode", oneWord("mode", "min", "max", "rel"), "min", "", "smaller is better, or larger; rel takes min_delta as a part of the value"},
		{"metric", hand("loss, or the name of a constraint"), "loss", "", "what should get better; of a constraint, its unweighted loss"},
		{"restore", yesOrNo, "true", "", "whether the best parameters seen are those of the result"},
		{"baseline", anyNumber, "", "0.1", "a value that must be improved on from the start"},
	}},
	{"checkpoint", "{every: 30s, keep: 3}", []key{
		{"interval", wholeFrom(1), "", "1000", "steps between files"},
		{"every", duration, "(30s)", "30s", "wall time between files, at least; without it an interval decides alone"},
		{"keep", wholeFrom(1), "3", "", "the number of files that are kept, the newest ones"},
		{"best", hand("loss, or the name of a constraint"), "", "loss", "also keeps the file for which this was smallest"},
	}},
	{"wandb", "{project: pinns, tags: [burgers]}", []key{
		{"project", someText("a text"), "", "pinns", "as in Weights & Biases"},
		{"entity", someText("a text"), "", "me", "as in Weights & Biases"},
		{"group", someText("a text"), "", "seeds", "as in Weights & Biases"},
		{"name", someText("a text"), "(that of the run)", "first", "as in Weights & Biases"},
		{"notes", someText("a text"), "", "with more points", "as in Weights & Biases"},
		{"dir", someText("a text"), "(that of the run)", "logs", "the folder of the run directory"},
		{"tags", someTexts("a tag"), "", "[burgers, lm]", "as in Weights & Biases"},
		{"images", oneWord("choice", "spaced", "all"), "(spaced)", "all", "which measurements get pictures"},
	}},
	{"tensorboard", "{dir: logs}", []key{
		{"dir", someText("a text"), "(tensorboard in that of the run)", "logs", "the folder of the files"},
		{"images", oneWord("choice", "spaced", "all"), "(spaced)", "all", "which measurements get pictures"},
	}},
}
