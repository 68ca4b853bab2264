package optim

// Pool is a set of workers that an objective lends to methods with much arithmetic of their own. Methods give it work
// only between two evaluations of the objective, and results must not depend on how many workers there are.
type Pool interface {
	// Workers is their number, at least 1.
	Workers() int
	// Run calls do(worker, task) once for every task below tasks and returns when all are done.
	Run(tasks int, do func(worker, task int))
}

// Pooled is an Objective with workers to lend. The workers that evaluate gradients are awake when the method begins
// its own part of a step; goroutines made for that part cost as much as the matrix of a few hundred parameters.
type Pooled interface {
	Objective
	Pool() Pool
}

// poolOf is what an objective lends, or nil.
func poolOf(f Objective) Pool {
	if p, ok := f.(Pooled); ok {
		return p.Pool()
	}
	return nil
}

// Pool implements Pooled, if the whole objective does.
func (r *restricted) Pool() Pool { return poolOf(r.f) }
