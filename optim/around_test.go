package optim_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/crux-pinn/crux/optim"
	"github.com/crux-pinn/crux/optim/optimtest"
)

// Every function of an objective is called through Around, and what is not there stays so.
func TestAroundIsWhole(t *testing.T) {
	refused := errors.New("refused")
	f := optimtest.RosenbrockFunc(4).Objective().Around(func(bool, func() error) error { return refused })
	for _, s := range []any{f, *f.Squares} {
		v := reflect.ValueOf(s)
		for i := range v.NumField() {
			of, name := v.Field(i), v.Type().Field(i).Name
			if of.Kind() != reflect.Func || of.Type().NumIn() == 0 { // Rows only looks
				continue
			}
			args := []reflect.Value{reflect.ValueOf(context.Background())}
			for k := 1; k < of.Type().NumIn(); k++ {
				args = append(args, reflect.Zero(of.Type().In(k)))
			}
			if out := of.Call(args); !errors.Is(out[len(out)-1].Interface().(error), refused) {
				t.Errorf("%s is not called through it", name)
			}
		}
	}
	plain := optim.Objective{Loss: f.Loss, Grad: f.Grad}
	if g := plain.Around(func(_ bool, do func() error) error { return do() }); g.HVP != nil || g.Squares != nil {
		t.Error("it knows more than the objective")
	}
}

// The evaluations of a step of L-BFGS.
func ExampleObjective_Around() {
	calls := 0
	f := optimtest.BowlFunc(2, 10).Objective().Around(func(_ bool, do func() error) error {
		calls++
		return do()
	})
	m := &optim.LBFGS{}
	if err := m.Init([]optim.Param{{Path: "theta", Len: 2, Shape: []int{2}}}); err != nil {
		fmt.Println(err)
	}
	loss, err := m.Step(context.Background(), f, []float64{1, 1})
	fmt.Println(loss, calls, err)
	// Output: 5.5 2 <nil>
}
