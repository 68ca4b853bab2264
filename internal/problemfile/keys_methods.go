package problemfile

import "slices"

var (
	methodKeys = []key{
		{"adam", mappingOf("optimizer.*.adam"), "", "{lr: 1e-3}", "Adam (Kingma & Ba 2015)"},
		{"adamw", mappingOf("optimizer.*.adamw"), "", "{lr: 1e-3, decay: 1e-4}", "Adam with weight decay (Loshchilov & Hutter 2019)"},
		{"soap", mappingOf("optimizer.*.soap"), "", "{lr: 3e-3}", "Adam in the eigenbasis of Shampoo (Vyas et al. 2024)"},
		{"sgd", mappingOf("optimizer.*.sgd"), "", "{lr: 1e-2, momentum: 0.9}", "gradient descent, with momentum"},
		{"rmsprop", mappingOf("optimizer.*.rmsprop"), "", "{lr: 1e-3}", "RMSProp"},
		{"lbfgs", mappingOf("optimizer.*.lbfgs"), "", "{memory: 30}", "limited-memory BFGS"},
		{"ssbroyden", mappingOf("optimizer.*.ssbroyden"), "", "{}", "a self-scaled quasi-Newton method (Urbán et al. 2025)"},
		{"lm", mappingOf("optimizer.*.lm"), "", "{damping: 1e-3}", "Levenberg-Marquardt"},
		{"auto", mappingOf("optimizer.*.auto"), "", "{}", "the method that suits the number of parameters and points"},
	}
	clipping = key{"clip", mappingOf("optimizer.*.clip"), "", "1", "the largest norm of the gradient, or {value: 0.1}, the largest entry"}
	steps    = wholeUpTo(1, 1<<30, "%d steps are more than a run takes; use at most %d")
	gradTol  = key{"grad_tol", tolerance, "0", "", "ends where no entry of the gradient is larger"}
	trials   = key{"max_trials", wholeFrom(1), "30", "", "tries of one step"}
	eps      = key{"eps", positive, "1e-8", "", "added to the root"}
)

// betas are the keys of two moving averages.
func betas(form form, first, second string) []key {
	return []key{
		{"beta1", form, first, "", "the share of the past in the mean of the gradient"},
		{"beta2", form, second, "", "the share of the past in the mean of its square"},
		eps,
	}
}

// rateKey is the learning rate of a method.
func rateKey(def string) key {
	return key{"lr", mappingOf("optimizer.*.lr"), def, "{cosine: {lr: 1e-3, end: 1e-5}}", "the learning rate: a number or a schedule"}
}

// scheduleKeys are the keys of a schedule, from the key of its first value.
func scheduleKeys(first, value string, keys ...key) []key {
	return append([]key{{first, positive, value, "", "the value at the first step"}}, keys...)
}

// schedules are the parts of a value that depends on the step.
func schedules(path, first, value string) []part {
	return []part{
		{path + ".cosine", "{" + first + ": " + value + "}", scheduleKeys(first, value,
			key{"end", fromZero, "0", "", "the value at the end"},
			key{"steps", wholeFrom(1), "(those of the phase)", "2000", "steps to the end"})},
		{path + ".warmup_cosine", "{" + first + ": " + value + "}", scheduleKeys(first, value,
			key{"end", fromZero, "0", "", "the value at the end"},
			key{"warmup", wholeFrom(1), "100", "", "steps of rising to the value"},
			key{"steps", wholeFrom(1), "(those of the phase)", "2000", "steps to the end"})},
		{path + ".exponential", "{" + first + ": " + value + "}", scheduleKeys(first, value,
			key{"steps", wholeFrom(1), "1000", "", "steps in which it falls by the factor"},
			key{"factor", positive, "0.9", "", "the factor"},
			key{"staircase", yesOrNo, "(false)", "true", "falls at once after these steps"},
			key{"floor", positive, "", "1e-6", "the least value"})},
		{path + ".piecewise", "{" + first + ": " + value + "}", scheduleKeys(first, value,
			key{"changes", mappingOf("changes"), "", "{1000: 1e-4}", "other values, by the steps from which on they hold"})},
	}
}

// methodParts are the phases of training: methods, learning rates, groups of parameters.
var methodParts = slices.Concat([]part{
	{"optimizer.*", "{adam: {lr: 1e-3}, steps: 2000}", slices.Concat([]key{
		{"steps", steps, "", "2000", "the length of the phase"},
		{"freeze", paths, "", "[u/layer0]", "the parameters that stay as they are, by patterns of their paths"},
		{
			"groups",
			form{is: own, what: "a list of groups", part: "optimizer.*.groups.*"},
			"",
			"[{params: [lambda1], adam: {lr: 1e-2}}, {adam: {lr: 1e-3}}]", "methods for parts of the parameters",
		},
	}, methodKeys, []key{
		clipping,
		{"ema", numberIn("(0, 1)", tooFar, tooFar), "", "0.999", "the decay of an average of the parameters, which is the result"},
	})},
	{"optimizer.*.groups.*", "{params: [lambda1], adam: {lr: 1e-2}}", slices.Concat([]key{
		{"params", paths, "(those that are left)", "[lambda1]", "the parameters of the group, by patterns of their paths"},
		{"freeze", yesOrNo, "", "true", "leaves them as they are, in place of a method"},
	}, methodKeys, []key{clipping})},
	{"optimizer.*.clip", "{norm: 1}", []key{
		{"norm", positive, "", "1", "the largest norm of the gradient"},
		{"value", positive, "", "0.1", "the largest entry of the gradient"},
	}},
	{"optimizer.*.adam", "{lr: 1e-3}", append(betas(fraction, "0.9", "0.999"), rateKey("1e-3"))},
	{"optimizer.*.adamw", "{lr: 1e-3}", append(betas(fraction, "0.9", "0.999"),
		key{"decay", positive, "1e-4", "", "the share of a parameter that a step of rate 1 takes away"},
		key{"decays", paths, "(all)", "[\"**/weight\"]", "the parameters that decay, by patterns of their paths"},
		rateKey("1e-3"))},
	{"optimizer.*.soap", "{lr: 3e-3}", append(betas(positive, "0.95", "0.95"),
		key{"every", wholeFrom(1), "10", "", "steps between improvements of the basis"},
		rateKey("3e-3"))},
	{"optimizer.*.sgd", "{lr: 1e-2}", []key{
		{"momentum", fraction, "0", "", "the share of the last step in the next"},
		{"nesterov", yesOrNo, "(false)", "true", "takes the gradient ahead of the momentum"},
		rateKey("1e-2"),
	}},
	{"optimizer.*.rmsprop", "{lr: 1e-3}", []key{
		{"decay", fraction, "0.9", "", "the share of the past in the mean of the gradient's square"},
		eps, rateKey("1e-3"),
	}},
	{"optimizer.*.lbfgs", "{memory: 30}", []key{
		{"memory", wholeFrom(1), "30", "", "steps that are remembered"}, gradTol, trials,
	}},
	{"optimizer.*.ssbroyden", "{memory: 300}", []key{
		{"memory", wholeFrom(0), "0", "300", "directions that are remembered, at least 2; 0 leaves it to the method"}, gradTol, trials,
	}},
	{"optimizer.*.lm", "{damping: 1e-3}", []key{
		{"corrections", wholeFrom(0), "20", "", "corrections of a step, at most; 0 is the method of 1963"},
		{"rows", wholeFrom(1), "250", "1000", "residuals that the first step is computed from; later steps take as many as pay"},
		{"damping", positive, "1e-3", "", "the first damping, in units of the trace of JᵀJ"},
		gradTol, trials,
	}},
	{"optimizer.*.auto", "{}", nil},
	{"optimizer.*.lr", "{cosine: {lr: 1e-3, end: 1e-5}}", []key{
		{"cosine", mapped, "", "{lr: 1e-3, end: 1e-5}", "falls along a cosine"},
		{"warmup_cosine", mapped, "", "{lr: 1e-3, warmup: 100}", "rises along a line and falls along a cosine"},
		{"exponential", mapped, "", "{lr: 1e-3, factor: 0.9, steps: 100}", "falls by a factor within the given steps"},
		{"piecewise", mapped, "", "{lr: 1e-3, changes: {1000: 1e-4}}", "constant between changes"},
		{"dlrs", mapped, "", "{lr: 1e-3}", "follows the course of the loss"},
	}},
	{"optimizer.*.lr.dlrs", "{lr: 1e-3}", []key{
		{"lr", positive, "1e-3", "", "the rate of the first two steps"},
		{"window", wholeFrom(1), "10", "", "losses that are looked at"},
		{"decrease", positive, "0.5", "", "how far the rate falls, by its order of magnitude, where the losses rise steeply"},
		{"stagnation", positive, "0.1", "", "how far it falls where they rise a little"},
		{"increase", positive, "0.1", "", "how far it rises where they fall"},
		{"min", positive, "1e-10", "", "the least rate"},
		{"max", positive, "1", "", "the largest rate"},
	}},
	{"changes", "{1000: 1e-4, 2000: 1e-5}", []key{{"*", positive, "", "1e-4", "the value from a step on"}}},
}, schedules("optimizer.*.lr", "lr", "1e-3"))

const tooFar = "%v is not between 0 and 1; write ema: 0.999 for an average over about the last 1000 steps"
