package callbacks

import "testing"

// However often a tracker fires and wherever a run of any plan ends, its images lie close and are not many: no two are further apart than
// a 32nd of the plan or a sixteenth of the steps so far, whichever is less, and the measurements' own interval.
func TestSpacing(t *testing.T) {
	for _, end := range []int{1, 10, 49, 50, 333, 10_000, 1_000_000} {
		for _, interval := range []int{1, 2, 7, 50, 500} {
			before, drawn, last := -1, 0, -1
			for e := 0; e < min(end, 50_000); e += interval {
				if spaced(before, e, end) {
					if most := interval + max(1, min(end/32, e/16)); last >= 0 && e-last > most {
						t.Fatalf("plan %d, interval %d: images at %d and %d, more than %d apart", end, interval, last, e, most)
					}
					drawn, last = drawn+1, e
					if e >= 32*interval && drawn < 20 {
						t.Fatalf("plan %d, interval %d: %d images up to step %d", end, interval, drawn, e)
					}
				}
				before = e
			}
			if fired := (min(end, 50_000) + interval - 1) / interval; drawn != fired && drawn > 64+16*12 {
				t.Errorf("plan %d, interval %d: %d of %d images", end, interval, drawn, fired)
			}
		}
	}
}

// Keys that number the constraints have a second one with their names, unless these are no names or would be read as numbers.
func TestAliases(t *testing.T) {
	a := newAliases([]string{"pde", "1", "constraint_0", "b c"})
	for key, want := range map[string]string{
		"explainability/gradient_norm/constraint_0":        "explainability/gradient_norm/pde",
		"explainability/gradient_norm/constraint_0@2":      "explainability/gradient_norm/pde@2",
		"explainability/residual/constraint_3/p99":         "explainability/residual/b c/p99",
		"explainability/residual/constraint_0/histogram@3": "explainability/residual/pde/histogram@3",
		"explainability/cos_sim/0_3":                       "explainability/cos_sim/pde_b c",
		"explainability/cos_sim/0_3@2":                     "explainability/cos_sim/pde_b c@2",
		"explainability/cos_sim/0_1":                       "",
		"explainability/gradient_norm/constraint_1":        "",
		"explainability/gradient_norm/constraint_2":        "",
		"explainability/gradient_norm/constraint_4":        "",
		"explainability/ntk/eigval_0":                      "",
		"loss/constraint_0":                                "",
		"explainability/cos_sim_matrix":                    "",
	} {
		for range 2 {
			if got := a.of(key); got != want {
				t.Errorf("%s is also %q, want %q", key, got, want)
			}
		}
	}
}
