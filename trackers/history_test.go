package trackers_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
	"github.com/crux-pinn/crux/trackers/explain"
)

// drawn is a measurement of a varying number of things.
type drawn struct {
	Rows  []float64 // of two columns
	Fixed []float64
	Ids   []int64
	More  bool // has an array that others have not
	Deep  [][]int
	Two   [2][]float64
	Named []struct{ X []float64 }
}

func (v drawn) Measurement(explain.Setting) trackers.Measurement {
	m := trackers.Measurement{Arrays: []trackers.Array{
		{Name: "rows", Shape: []int{len(v.Rows) / 2, 2}, Data: v.Rows},
		{Name: "number", Data: []float64{float64(len(v.Rows))}},
		{Name: "fixed", Shape: []int{len(v.Fixed)}, Data: v.Fixed, Fixed: true},
		{Name: "ids", Shape: []int{len(v.Ids)}, Data: v.Ids},
	}}
	if v.More {
		m.Arrays = append(m.Arrays, trackers.Array{Name: "more", Shape: []int{1}, Data: []float64{7}})
	}
	return m
}

// Arrays have a row for each measurement, filled up to the longest; those that are fixed have none as long as they are the same.
func TestStacking(t *testing.T) {
	v := []drawn{
		{Rows: []float64{1, 2}, Fixed: []float64{5, 6}, Ids: []int64{3}},
		{Rows: []float64{3, 4, 5, 6}, Fixed: []float64{5, 6}, Ids: []int64{4}, More: true},
	}
	for want, r := range map[string]trackers.Result[drawn]{
		"epochs[2][0 9] rows[2 2 2][1 2 NaN NaN 3 4 5 6] number[2][2 4] fixed[2][5 6] ids[2 1][3 4] more[2 1][NaN 7]": {
			Epochs: []int{0, 9}, Values: v,
		},
		"epochs[2][0 9] rows[2 1 2][1 2 1 2] number[2][2 2] fixed[2 2][5 6 5 7] ids[2 1][3 4]": {
			Epochs: []int{0, 9}, Values: []drawn{v[0], {Rows: v[0].Rows, Fixed: []float64{5, 7}, Ids: v[1].Ids}},
		},
		"epochs[0][]": {},
	} {
		var list []string
		for _, a := range r.Arrays() {
			list = append(list, fmt.Sprintf("%s%v%v", a.Name, a.Shape, a.Data))
			checkArray(t, r, a)
		}
		if got := strings.Join(list, " "); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	r := trackers.Result[drawn]{Epochs: []int{0, 9}, Values: v}
	if n, m := r.Matrix("rows").Dims(); n != 2 || m != 4 || r.Matrix("fixed").At(1, 0) != 6 || r.Matrix("ids") != nil {
		t.Errorf("rows are %d×%d", n, m)
	}
}

// counter measures the steps, with whatever a value may consist of. It does not call Begin.
type counter struct{ trackers.History[drawn] }

func (*counter) OnSolveBegin(context.Context, *crux.Run) error { return nil }

func (c *counter) OnStep(_ context.Context, s *crux.Step) error {
	if !c.Due(s) {
		return nil
	}
	x := float64(s.Epoch)
	return c.Publish(s, drawn{
		Rows: []float64{x, x}, Deep: [][]int{{1}, nil, {2, s.Epoch}}, Two: [2][]float64{{x}, nil}, Named: []struct{ X []float64 }{{[]float64{x}}},
	})
}

// What is handed out shares no memory with the history, however deep it lies.
func TestDetached(t *testing.T) {
	c := &counter{}
	solve(t, newPlate().solver(t, crux.Options{}), 3, c)
	if got := c.Result().Epochs; !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("without an interval it measures at %v", got)
	}
	want := c.Result()
	spoil := func(v drawn) {
		v.Rows[0], v.Deep[2][1], v.Deep[1], v.Two[0][0], v.Named[0].X[0] = -1, -1, []int{-1}, -1, -1
	}
	for _, v := range c.Result().Values {
		spoil(v)
	}
	v, _ := c.Value()
	spoil(v)
	if got := c.Result(); !reflect.DeepEqual(got, want) {
		t.Errorf("the history is now %+v", got)
	}
}

// Points that stay are stored once, and restored for every measurement.
func TestLastingPartsAreStoredOnce(t *testing.T) {
	const steps, points = 20, 400
	p := newPlate()
	at := &trackers.InputSensitivity{Expr: p.u, On: p.box.Interior(points), Interval: 1}
	s := p.solver(t, crux.Options{})
	solve(t, s, steps, at)
	state, err := at.State()
	if err != nil {
		t.Fatal(err)
	}
	// a float takes nine bytes at most in gob; once the points are 2·400 of them, in every measurement they would be as much as 16 000
	if most := 9*(steps*points+2*points) + 10_000; len(state) > most {
		t.Errorf("the state has %d bytes, with the points once it has at most %d", len(state), most)
	}
	again := &trackers.InputSensitivity{}
	if err := again.SetState(state); err != nil {
		t.Fatal(err)
	}
	if got, want := again.Result(), at.Result(); !reflect.DeepEqual(got, want) || len(got.Values[steps-1].Points) != 2*points {
		t.Error("what is restored differs")
	}
	if b, err := again.State(); err != nil || !slices.Equal(b, state) {
		t.Errorf("stored again it differs (%v)", err)
	}
}
