package problemfile

import "github.com/crux-pinn/crux/crux"

// Callbacks are those that the file asks for, in the order in which Solve takes them: what goes back, trackers, what moves points, and then
// checkpoints, which keep the state of all. What stops early comes last, because the parameters that it restores at the end
// are not those with which a run continues. Checkpoints go to the folder; with "" there are none.
func (p *Problem) Callbacks(folder string) []crux.Callback {
	list := []crux.Callback{p.Rollback}
	for _, t := range p.Trackers {
		list = append(list, t.Tracker)
	}
	if p.reached != nil {
		list = append(list, p.reached)
	}
	list = append(list, p.Resamplers...)
	if p.Checkpoint != nil && folder != "" {
		p.Checkpoint.Dir = folder
		list = append(list, p.Checkpoint)
	}
	return append(list, p.Stopping...)
}
