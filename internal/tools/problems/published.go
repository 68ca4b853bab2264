package main

import (
	"fmt"
	"strings"
)

// published is a number that others state, or that was measured with their programs.
type published struct {
	problem string // in words, as it was solved
	number  string // relative L2 error unless it says otherwise
	who     string // and how
	against string // what the number was measured against
	ours    string // the shipped problem that it stands beside; "" if there is none
	differs string // in what ours differs; "" if it is the same problem
}

const (
	closedForm = "closed form"
	notChecked = "the authors' own reference; not checked"
	jno        = "jNO, its documentation"
	itsNodes   = closedForm + " at the nodes it trained on"
	jaxHere    = "SSBroyden in JAX, float64, one seed, on the two cores of this project's machine"
)

var numbers = []published{
	{"Burgers, ν = 0.01/π", "6.7e-4", "L-BFGS, 8 × 20; Raissi et al. 2019", "file made with Chebfun; own error not checked", "burgers1d", ""},
	{"Burgers, ν = 0.01/π", "4.0e-5", "SOAP and PirateNet, 500 000 parameters, GPU; arXiv 2502.00604", "the file of jaxpi, whose own error is 4.0e-5", "burgers1d", ""},
	{"Burgers, ν = 0.01/π", "1.6e-8", "SSBroyden, 8 × 20, GPU; Kiyani et al. 2025, arXiv 2501.16371", notChecked, "burgers1d", ""},
	{"Burgers, ν = 0.01/π", "9.4e-5 in 101 s, 2.3e-5 in 240 s", jaxHere + ", 921 parameters", "Cole–Hopf", "burgers1d", ""},
	{"Burgers, time of training only", "445 s, 671 s, 646 s, 1977 s", "jinns, DeepXDE, Modulus, PINA on an NVIDIA T600; README of jinns", "no error stated beside the times", "burgers1d", "times, of other hardware"},
	{"Allen–Cahn, periodic", "5.8e-4 (16 min on a GPU), 5.4e-5", "jaxpi, default and best", "the file of jaxpi, whose own error is 1.6e-5", "allen_cahn", ""},
	{"Allen–Cahn, periodic", "2.2e-5", "PirateNet; jaxpi", "the file of jaxpi, whose own error is 1.6e-5", "allen_cahn", ""},
	{"Allen–Cahn, periodic", "7.8e-4 in 260 s", jaxHere, "ETDRK4", "allen_cahn", ""},
	{"Poisson 2-D", "1e-6 to 1e-8", "natural gradient; arXiv 2302.13163", closedForm, "poisson2d", ""},
	{"Poisson 2-D", "1.25e-6 in 22 s", "Levenberg–Marquardt in JAX, on the two cores of this project's machine", closedForm, "poisson2d", ""},
	{"Poisson 1-D", "4.7e-12 in 14 s", jaxHere, closedForm, "poisson1d", ""},
	{"Convection, β = 40", "1.9e-3", "Adam, L-BFGS, NNCG, GPU; opt_for_pinns", closedForm, "convection", "β = 30"},
	{"Convection, β = 30", "2.7e-3 in 232 s", jaxHere, closedForm, "convection", ""},
	{"Wave, β = 5", "1.27e-2", "opt_for_pinns", closedForm, "wave1d", "β = 4"},
	{"Wave, β = 4", "1.8e-3 in 90 s, 1.3e-4 in 270 s", jaxHere, closedForm, "wave1d", ""},
	{"Kovasznay, u", "9.2e-5 in 270 s", jaxHere, closedForm, "kovasznay", ""},
	{"Helmholtz (1, 4)", "4.2e-4 in 270 s", jaxHere, closedForm, "helmholtz2d", ""},
	{"Elasticity, u_x", "1.3e-7 in 90 s", jaxHere, closedForm, "elasticity_plate", ""},
	{"Oscillator", "3.3e-7 in 49 s", jaxHere, closedForm, "oscillator", ""},
	{"Heat, a family in κ", "1.3e-6 in 60 s", jaxHere, closedForm, "param_heat", ""},
	{"Volterra", "1.9e-9 in 7 s", jaxHere, closedForm, "volterra", ""},
	{"Inverse Burgers, no noise", "λ₂ 3e-4 in 80 s", jaxHere, "the true value; data by Cole–Hopf", "inverse_burgers", ""},
	{"Laplace 1-D", "9e-6", jno, itsNodes, "laplace1d", ""},
	{"Poisson, variable coefficient", "1.1e-3", jno, itsNodes, "poisson_variable", ""},
	{"Allen–Cahn 2-D", "1.5e-3", jno, itsNodes + ", at the last time", "allen_cahn2d", "at all times"},
	{"Burgers, manufactured", "9.5e-4", jno, itsNodes + ", at four times", "burgers_manufactured", "at all times"},
	{"Three coefficients of known functions", "about 1e-6", jno, "the true values", "inverse_parameter", ""},
	{"Fredholm", "1.0e-4", jno, itsNodes, "fredholm", ""},
	{"Fokker–Planck", "2.5e-2", jno, itsNodes, "fokker_planck2d", "without noise of 1e-4 at the edge; the mass is that of the disk, not 1"},
}

// accuracyTail is the page after its table: published numbers, with ours out of the rows beside them.
func accuracyTail(all rows) string {
	var b strings.Builder
	b.WriteString(`
## Numbers of others, beside ours

Relative L2 errors as they are published, or as they were measured with the programs named. What an error was measured against bounds what it can
say: below the reference's own error it says nothing. Ours are the rows above: error and time on two cores.

| problem | number | whose | measured against | ours |
|---|---|---|---|---|
`)
	for _, p := range numbers {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", p.problem, p.number, p.who, p.against, p.beside(all))
	}
	b.WriteString(`
## What published numbers mean

Several public reference files cap what can be claimed against them. Relative L2 distance of the file itself from a converged solution:

| file | own error | where |
|---|---|---|
| Burgers, jaxpi | 4.0e-5 | |
| Allen–Cahn, Raissi et al. | 1.2e-5 | at the kink, |x| ≥ 0.97 |
| Allen–Cahn, jaxpi | 1.6e-5 | at the kink, |x| ≥ 0.97 |
| Allen–Cahn, DeepXDE | 1.6e-4 | |
| Burgers, DeepXDE | 3e-12 | |

So crux ships no reference files: it computes Cole–Hopf's formula by Gauss–Hermite quadrature and Allen–Cahn by ETDRK4, and ` + "`crux solve`" + ` prints the
error of the reference itself beside that of the network.
`)
	return strings.ReplaceAll(b.String(), "|x|", "\\|x\\|")
}

// beside is our number, with the problem where it stands.
func (p *published) beside(all rows) string {
	row, ok := all[p.ours]
	switch {
	case !ok:
		return "not among the shipped problems yet"
	case row[0] == notMeasured:
		return "`" + p.ours + "`: " + notMeasured
	}
	text := fmt.Sprintf("`%s`: %s in %s", p.ours, row[0], row[3])
	if p.differs != "" {
		text += " (" + p.differs + ")"
	}
	return text
}
