package cli

import (
	"fmt"
	"time"

	"github.com/crux-pinn/crux/crux"
)

// keys are what can be asked of a run on a terminal while it trains.
type keys struct {
	board   Keyboard // nil where there is none
	picture smallPicture
	help    bool
	note    string    // that answers the last key
	noted   time.Time // zero until it has been shown

	save func() string          // has the state saved after this step; the sentence that says so
	stop func(cause *Interrupt) // ends the run after this step
}

// helpText is what ? shows.
var helpText = []string{
	"  p  a picture of the solution; again for the next field, and after the last one none",
	"  s  save a checkpoint, from which crux plot and crux eval take the solution as it is now",
	"  q  stop after this step and save, as Ctrl-C does; crux resume continues there",
	"  ?  show or hide these lines",
}

func (k *keys) begin() {
	if k.board != nil {
		k.board.Begin()
	}
}

func (k *keys) end() {
	if k.board != nil {
		k.board.End()
	}
}

// answer does what the keys that were typed since the last time ask for.
func (k *keys) answer() {
	if k.board == nil {
		return
	}
	for _, key := range k.board.Typed() {
		switch key {
		case 'p', 'P':
			k.picture.next()
		case 's', 'S':
			k.say(k.save())
		case 'q', 'Q':
			k.say("stopping after this step")
			k.stop(&Interrupt{"stopped by the key q", exitInterrupted})
		case '?', 'h', 'H':
			k.help = !k.help
		}
	}
}

// noteFor is how long the answer to a key stays.
const noteFor = 5 * time.Second

func (k *keys) say(text string) { k.note, k.noted = text, time.Time{} }

// lines are the answers to keys: a picture in at most so many rows, the last note, and which keys there are.
func (k *keys) lines(r *crux.Run, now time.Time, cols, rows int) (list []string) {
	if k.board == nil {
		return nil
	}
	if k.noted.IsZero() {
		k.noted = now
	}
	if now.Sub(k.noted) > noteFor {
		k.note = ""
	}
	if k.note != "" {
		list = append(list, folded("  "+k.note, 4, cols)...)
	}
	hint := folded("  keys: p picture, s save, q stop and save, ? help", 8, cols)
	if k.help {
		hint = nil
		for _, l := range helpText {
			hint = append(hint, folded(l, 5, cols)...)
		}
	}
	picture, err := k.picture.lines(r, now, cols-4, rows-len(list)-len(hint))
	if err != nil {
		picture = []string{fmt.Sprintf("no picture: %v", err)}
	}
	for _, l := range picture {
		list = append(list, "  "+l)
	}
	return append(list, hint...)
}
