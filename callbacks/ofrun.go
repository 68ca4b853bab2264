package callbacks

import "github.com/crux-pinn/crux/internal/claim"

// ofRun is what a callback knows of a run. Checkpoints save it, and another solver refuses the callback.
type ofRun[S interface{ latest() int }] struct {
	claim.Mark
	state S // which knows the latest step of which it tells
}

// State implements crux.Stateful.
func (r *ofRun[S]) State() ([]byte, error) { return claim.Encode(r.state) }

// SetState implements crux.Stateful. After an error everything is as before.
func (r *ofRun[S]) SetState(b []byte) error {
	state, err := claim.Decode[S](b)
	if err != nil {
		return err
	}
	r.state = state
	claim.Restored(&r.Mark, state.latest())
	return nil
}
