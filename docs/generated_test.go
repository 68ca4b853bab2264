package docs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/internal/cases"
	"github.com/crux-pinn/crux/internal/cli"
)

// made are tables of docs/files that are made here, with the true values of what is to be found in them.
var made = []struct {
	name  string
	table func() string
	truth map[string]float64
}{
	{"epidemic", epidemic, map[string]float64{"beta": 0.5, "gamma": 0.33}},
	{"thermocouples", thermocouples, map[string]float64{"kappa": 0.1, "drift": 4}},
	{"enzyme", enzyme, map[string]float64{"Vmax": 0.8, "K": 0.5}},
	{"conductivity", conductivity, nil}, // a function: see TestUnknownFunction
}

// epidemic is how many of 8 million are ill, of whom 1000 were at the beginning, every other day: S' = −0.5·S·I/N, I' = 0.5·S·I/N − 0.33·I, by the
// method of Runge and Kutta with steps of 0.01. The counts have errors of 3 %, and 500 beside.
func epidemic() string {
	const people, step = 8e6, 0.01
	rng := rand.New(rand.NewPCG(11, 0))
	slope := func(s, i float64) (float64, float64) { return -0.5 * s * i / people, 0.5*s*i/people - 0.33*i }
	s, i := people-1000.0, 1000.0
	var b strings.Builder
	b.WriteString("Tag;Erkrankte;Fehler\n")
	for k := range 12001 {
		if k%200 == 0 {
			sigma := math.Round(math.Hypot(0.03*i, 500))
			if day := k / 100; day == 34 || day == 36 { // nobody counted
				fmt.Fprintf(&b, "%d;;\n", day)
			} else {
				fmt.Fprintf(&b, "%d;%.0f;%.0f\n", day, math.Round(i+sigma*rng.NormFloat64()), sigma)
			}
		}
		s1, i1 := slope(s, i)
		s2, i2 := slope(s+step/2*s1, i+step/2*i1)
		s3, i3 := slope(s+step/2*s2, i+step/2*i2)
		s4, i4 := slope(s+step*s3, i+step*i3)
		s, i = s+step/6*(s1+2*s2+2*s3+s4), i+step/6*(i1+2*i2+2*i3+i4)
	}
	return b.String()
}

// thermocouples are the temperatures of a rod at three places, T = 20 + 60·exp(−0.1·π²·t)·sin(πx), with errors of 0.3 degrees. The third
// thermocouple shows 4 degrees more in each unit of time.
func thermocouples() string {
	rng := rand.New(rand.NewPCG(12, 0))
	var b strings.Builder
	b.WriteString("% time [h]    place [m]    temperature [C]\n")
	for k := range 26 {
		t := 0.04 * float64(k)
		for _, x := range []float64{0.25, 0.5, 0.75} {
			v := 20 + 60*math.Exp(-0.1*math.Pi*math.Pi*t)*math.Sin(math.Pi*x) + 0.3*rng.NormFloat64()
			if x == 0.75 {
				v += 4 * t
			}
			fmt.Fprintf(&b, "%-12.2f  %-11.2f  %.2f\n", t, x, v)
		}
	}
	return b.String()
}

// enzyme are the concentrations of a substance that an enzyme changes, s' = −0.8·s/(0.5 + s), in two experiments, one of which begins at 3
// and one at 0.4, with errors of 0.02 and 0.004. The first is measured every 15 minutes, the second more often and for 2 hours.
func enzyme() string {
	const step = 0.001
	rng := rand.New(rand.NewPCG(13, 0))
	slope := func(s float64) float64 { return -0.8 * s / (0.5 + s) }
	high, low := 3.0, 0.4
	var b strings.Builder
	b.WriteString("time [h]; high [mmol/l]; low [mmol/l]\n")
	for k := range 6001 {
		text := [2]string{}
		if k%250 == 0 {
			text[0] = fmt.Sprintf("%.3f", high+0.02*rng.NormFloat64())
		}
		if k%100 == 0 && k <= 2000 {
			text[1] = fmt.Sprintf("%.4f", low+0.004*rng.NormFloat64())
		}
		if text != [2]string{} {
			fmt.Fprintf(&b, "%.2f; %s; %s\n", step*float64(k), text[0], text[1])
		}
		for _, s := range []*float64{&high, &low} {
			s1 := slope(*s)
			s2 := slope(*s + step/2*s1)
			s3 := slope(*s + step/2*s2)
			*s += step / 6 * (s1 + 2*s2 + 2*s3 + slope(*s+step*s3))
		}
	}
	return b.String()
}

// conducts is the conductivity of the rod of conductivity.
func conducts(x float64) float64 { return 1 + 0.5*math.Sin(2*math.Pi*x) }

// conductivity is temperatures of a rod at 120 places, which have errors of 0.2 degrees. It is heated everywhere by 500, and both ends are held at 20
// degrees: k·T' = −500·(x − c), with the c for which these are the same.
func conductivity() string {
	const n = 100_000
	rng := rand.New(rand.NewPCG(14, 0))
	integral := func(x, c float64) (sum float64) { // of (s − c)/k(s) from 0 to x, by the midpoint rule
		for i := range n {
			s := (float64(i) + 0.5) * x / n
			sum += (s - c) / conducts(s) * x / n
		}
		return sum
	}
	c := integral(1, 0) / (integral(1, 0) - integral(1, 1))
	var b strings.Builder
	b.WriteString("place [m],T [C]\n")
	for k := range 120 {
		x := (float64(k) + 0.5) / 120
		fmt.Fprintf(&b, "%.4f,%.2f\n", x, 20-500*integral(x, c)+0.2*rng.NormFloat64())
	}
	return b.String()
}

// Tables in docs/files are those that are made here, and what is found in them is the truth, within three standard deviations.
func TestMadeData(t *testing.T) {
	for _, m := range made {
		t.Run(m.name, func(t *testing.T) {
			path := filepath.Join("files", m.name+".txt")
			if *cases.Rewrite {
				if err := os.WriteFile(path, []byte(m.table()), 0o644); err != nil { //nolint:gosec // a page's file
					t.Fatal(err)
				}
			}
			if have, err := os.ReadFile(path); err != nil || string(have) != m.table() {
				t.Fatalf("%s is not what is made here (%v); write it again with -rewrite", path, err)
			}
			if testing.Short() {
				t.Skip("it trains")
			}
			dir := filepath.Join(t.TempDir(), "run")
			var out, said strings.Builder
			if code := cli.Run(context.Background(), []string{"solve", "files/" + m.name + ".yaml", "--out", dir}, cli.Streams{Out: &out, Err: &said}); code != 0 {
				t.Fatalf("exit %d: %s%s", code, out.String(), said.String())
			}
			b, err := os.ReadFile(filepath.Join(dir, "result.json"))
			if err != nil {
				t.Fatal(err)
			}
			var r struct {
				Params map[string]float64
				Known  map[string]struct{ Sigma float64 }
			}
			if err := json.Unmarshal(b, &r); err != nil {
				t.Fatal(err)
			}
			for name, truth := range m.truth {
				v, sigma := r.Params[name], r.Known[name].Sigma
				t.Logf("%s = %.5g ± %.2g, %v", name, v, sigma, truth)
				if !(math.Abs(v-truth) < 3*sigma) || !(sigma < 0.1*truth) {
					t.Errorf("%s = %v ± %v, and the truth is %v", name, v, sigma, truth)
				}
			}
		})
	}
}
