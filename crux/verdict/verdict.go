// Package verdict says what a run is worth: solved, inaccurate, unsolved or ill-posed, with the evidence and a way out.
package verdict

import (
	"slices"

	"github.com/crux-pinn/crux/crux"
	"github.com/crux-pinn/crux/trackers"
)

// Word is a verdict.
type Word string

// The verdicts, from the best to the worst.
const (
	Solved     Word = "solved"     // the estimated error is below the accuracy asked for
	Inaccurate Word = "inaccurate" // it is above, and small enough to be of use
	Unsolved   Word = "unsolved"   // what was found is no solution
	IllPosed   Word = "ill-posed"  // the problem does not determine what is wanted
)

// Accuracy is the relative error that is asked for where nothing is specified. It is far above rounding, and far below what a picture
// shows.
const Accuracy = 1e-6

// Verdict is a word with its reasons, the most important one first.
type Verdict struct {
	Word    Word     `json:"word"`
	Reasons []Reason `json:"reasons"`
}

// Reason is what speaks for a word.
type Reason struct {
	Word   Word   `json:"word"`
	Text   string `json:"text"`             // "u has an estimated relative error of 0.4"
	Remedy string `json:"remedy,omitempty"` // what to do, if anything is known

	// Apply is the remedy as settings of the problem file, KEY=VALUE, with which it can be tried as it is.
	Apply []string `json:"apply,omitempty"`
	// Same says that the problem is the same with these settings, only computed more closely, so that they can be tried without asking.
	Same bool `json:"same,omitempty"`
}

// Evidence is what a verdict rests on.
type Evidence struct {
	Error    trackers.ErrorValue // at the end of the run
	Accuracy float64             // asked for; 0 means Accuracy
	Status   crux.Status         // why the run ended
	Behind   []string            // what the run has not come to: windows of time, lessons
	Empty    []string            // constraints that contain no unknown
	Missing  []Reason            // conditions that the problem lacks, each with one that would close it
	Places   map[string]string   // by field: a place where its level can be fixed, such as x = 0, y = 0
	Nodes    int                 // of integrals that the file gives no number of its own
	Rough    []string            // conditions that are built in although their data have a jump or a kink
}

// Rank orders verdicts, from 0 for the best. None at all is behind the worst.
func (w Word) Rank() int { return slices.Index([]Word{Solved, Inaccurate, Unsolved, IllPosed, w}, w) }

// Judge applies all rules. The worst word counts.
func Judge(e Evidence) Verdict {
	if e.Accuracy == 0 {
		e.Accuracy = Accuracy
	}
	v := Verdict{Word: Solved}
	for _, rule := range rules {
		v.Reasons = append(v.Reasons, rule(e)...)
	}
	slices.SortStableFunc(v.Reasons, func(a, b Reason) int { return b.Word.Rank() - a.Word.Rank() })
	if len(v.Reasons) > 0 {
		v.Word = v.Reasons[0].Word
	}
	return v
}
