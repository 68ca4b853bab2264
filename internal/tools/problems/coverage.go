package main

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/crux-pinn/crux/domain"
	"github.com/crux-pinn/crux/internal/report"
)

// measured are problems whose data are exact, beside the standard deviations that errors of such data have: column u_error for u.
const measured = "testdata/coverage"

const coverageRuns = 200

// coverage solves a problem with data that have other errors each time, and counts how often the truth lies in the interval of each
// parameter.
func coverage(b *binary, file string, _ []string) ([][]string, error) {
	exact, err := domain.ReadTable(strings.TrimSuffix(file, ".yaml") + ".csv")
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(b.dir, "data")
	if err != nil {
		return nil, err
	}
	noisy := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(noisy, text, 0o600); err != nil {
		return nil, err
	}
	var done []*report.Report
	for seed := range uint64(coverageRuns) {
		if err := measure(exact, strings.TrimSuffix(noisy, ".yaml")+".csv", rand.New(rand.NewPCG(seed, 1))); err != nil {
			return nil, err
		}
		r := &report.Report{}
		if _, err := b.solve(r, noisy); err != nil {
			return nil, err
		}
		done = append(done, r)
	}
	return covered(done, b.commit)
}

// measure writes a table with errors.
func measure(exact *domain.Table, path string, rng *rand.Rand) error {
	rows := make([][]string, exact.Len()+1)
	for _, name := range exact.Columns() {
		if strings.HasSuffix(name, "_error") {
			continue
		}
		values, err := exact.Column(name)
		if err != nil {
			return err
		}
		sigma, err := exact.Column(name + "_error")
		rows[0] = append(rows[0], name)
		for i, v := range values {
			if err == nil { // where it is measured
				v += sigma[i] * rng.NormFloat64()
			}
			rows[i+1] = append(rows[i+1], strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	var b strings.Builder
	if err := csv.NewWriter(&b).WriteAll(rows); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o600)
}

// covered are the rows of the parameters of a problem, over its runs.
func covered(runs []*report.Report, commit string) (list [][]string, err error) {
	for _, p := range runs[0].Params {
		truth, ok := runs[0].Truths.Get(p.Name)
		if !ok {
			return nil, fmt.Errorf("%s: the true value of %s is not given", runs[0].Problem, p.Name)
		}
		var values, sigmas []float64
		held := 0
		for _, r := range runs {
			v, _ := r.Params.Get(p.Name)
			k, ok := r.Known.Get(p.Name)
			if !ok || k.Interval == nil {
				continue // no interval, which does not hold it
			}
			values, sigmas = append(values, float64(v)), append(sigmas, float64(k.Sigma))
			if k.Interval[0] <= truth && truth <= k.Interval[1] {
				held++
			}
		}
		if len(values) == 0 {
			return nil, fmt.Errorf("%s: no run has an interval of %s", runs[0].Problem, p.Name)
		}
		mean, sd := stat.MeanStdDev(values, nil)
		list = append(list, []string{
			p.Name, fmt.Sprint(float64(truth)), fmt.Sprintf("%.2f", (mean-float64(truth))/sd*math.Sqrt(float64(len(values)))), fmt.Sprintf("%.3g",
				sd),
			fmt.Sprintf("%.3g", stat.Mean(sigmas, nil)), fmt.Sprint(len(values)), fmt.Sprintf("%.1f %%",
				100*float64(held)/float64(len(runs))), commit,
		})
	}
	return list, nil
}
