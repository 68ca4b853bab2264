package trackers

import "reflect"

// detached is a copy that shares no memory with v.
func detached[V any](v V) V {
	detach(reflect.ValueOf(&v).Elem())
	return v
}

func detach(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				detach(f)
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			detach(v.Index(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		v.Set(c)
		switch v.Type().Elem().Kind() {
		case reflect.Struct, reflect.Array, reflect.Slice:
			for i := range v.Len() {
				detach(v.Index(i))
			}
		}
	}
}

// lasting is a measurement with long parts that mostly are those of the one before, such as the points at which it was made. They are
// kept once, in memory and in checkpoints.
type lasting interface {
	lasting() []*[]float64
}

// share makes a measurement hold the parts of the one before, where they are the same or left out.
func share[V any](v, before *V) {
	pairs(v, before, func(now, then *[]float64) {
		if *now == nil || same(*now, *then) {
			*now = *then
		}
	})
}

// unshare leaves out the parts that are those of the measurement before.
func unshare[V any](v, before *V) {
	pairs(v, before, func(now, then *[]float64) {
		if same(*now, *then) {
			*now = nil
		}
	})
}

func pairs[V any](v, before *V, do func(now, then *[]float64)) {
	if l, ok := any(v).(lasting); ok {
		then := any(before).(lasting).lasting()
		for i, now := range l.lasting() {
			do(now, then[i])
		}
	}
}
