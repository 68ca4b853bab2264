package optim

import (
	"fmt"
	"slices"

	"github.com/crux-pinn/crux/optim/internal/saved"
)

// resumable holds the layout of a method and the state it was handed before it knew one.
type resumable struct {
	layout  layout
	pending []byte // SetState before Init; read by Init
}

// init adopts params. reset makes fresh state when the layout is new; restore reads a pending state, all or nothing.
func (r *resumable) init(params []Param, reset func() error, restore func([]byte) error) error {
	l, err := newLayout(params)
	if err != nil {
		return err
	}
	if !r.layout.same(l) {
		r.layout = l
		if err := reset(); err != nil {
			r.layout = layout{}
			return err
		}
	}
	if r.pending != nil {
		if err := restore(r.pending); err != nil {
			return err
		}
		r.pending = nil
	}
	return nil
}

func (r *resumable) setState(state []byte, restore func([]byte) error) error {
	if !r.layout.known {
		r.pending = slices.Clone(state)
		return nil
	}
	return restore(state)
}

// state is one of the given kind with these fields, or what the method was handed when it has not run yet.
func (r *resumable) state(kind string, fields ...any) ([]byte, error) {
	if !r.layout.known {
		if r.pending == nil {
			return nil, fmt.Errorf("optim: %s: State before Init: there is no state yet", kind)
		}
		return slices.Clone(r.pending), nil
	}
	return saved.State(kind, append([]any{&r.layout.id}, fields...)...)
}

// open starts reading a state of the given kind and checks that it belongs to the layout.
func (r *resumable) open(kind string, state []byte) *saved.Reader {
	rd := saved.Read(kind, state)
	if id := rd.Uint(); rd.Err == nil && id != r.layout.id {
		rd.Err = fmt.Errorf("the state belongs to another parameter layout; this one is %s", pathList(r.layout.params))
	}
	return rd
}

// adopt sets the fields to those of a state, if it is one of this kind and layout.
func (r *resumable) adopt(kind string, state []byte, fields ...any) error {
	rd := r.open(kind, state)
	set := rd.Get(fields...)
	if err := rd.Finish(); err != nil {
		return err
	}
	return set()
}
