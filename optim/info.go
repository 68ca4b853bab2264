package optim

import (
	"fmt"
	"math"
)

// Info is what a method says of itself. Only Name must be there.
type Info struct {
	Name     string // such as "Adam"
	Settings string // "learning rate 0.001, beta1 0.9", for logs

	// Rate is the learning rate that the next Step will use: schedule(t) for step t. NaN means that there is none to speak of, 0 that it
	// is not known.
	Rate float64
	// Choices are the decisions that the method has made by itself so far with their reasons, one a line, in order.
	Choices []string
	// Memory is about how much memory the method takes for the objective at most, with one entry for each method it is made of
	// that keeps more than vectors and matrices of layers.
	Memory []Demand
	// Err says why the method cannot train the objective, and what to do instead.
	Err error

	Phases []Info // those of [Phases]
	Phase  int    // which of them takes the next step; their number after the last
	// Mean is what takes the place of θ when training ends, if there is such a thing: see [Phase.EMA].
	Mean *Mean
}

// String is the name with the settings.
func (i Info) String() string {
	if i.Settings == "" {
		return i.Name
	}
	return i.Name + "(" + i.Settings + ")"
}

// about is the Info of a method without a learning rate.
func about(name string) Info { return Info{Name: name, Rate: math.NaN()} }

// Describe names a method with its settings, for logs.
func Describe(m Method) string { return m.Info(Objective{}).String() }

// Demand is the memory that one method takes, with what the objective takes to serve it.
type Demand struct {
	Method string
	Bytes  int64
}

func (d Demand) String() string {
	const mb = 1e6
	x := float64(d.Bytes)
	if x < 1000*mb {
		return fmt.Sprintf("%s: about %.0f MB", d.Method, max(x/mb, 1))
	}
	return fmt.Sprintf("%s: about %.1f GB", d.Method, x/(1000*mb))
}
