package team

import (
	"errors"
	"slices"
	"sync"
)

// Local makes a team of goroutines, for tests. A rank that cannot go on calls Leave, and the others' calls fail.
func Local(size int) []*LocalRank {
	m := &meeting{size: size, buffers: make([]transfer, size)}
	m.turn = sync.NewCond(&m.mu)
	ranks := make([]*LocalRank, size)
	for r := range ranks {
		ranks[r] = &LocalRank{r, m}
	}
	return ranks
}

// LocalRank is a rank of a team of goroutines.
type LocalRank struct {
	rank int
	at   *meeting
}

var _ Team = (*LocalRank)(nil)

type transfer struct {
	send, got      []byte
	sent, received []int
}

// meeting is where the ranks lay down what they send, and then take what they get.
type meeting struct {
	mu      sync.Mutex
	turn    *sync.Cond
	size    int
	here    int
	round   int
	left    bool
	buffers []transfer
}

// Rank is that of Team.
func (l *LocalRank) Rank() int { return l.rank }

// Size is that of Team.
func (l *LocalRank) Size() int { return l.at.size }

// Leave makes all calls of the others fail.
func (l *LocalRank) Leave() {
	l.at.mu.Lock()
	defer l.at.mu.Unlock()
	l.at.left = true
	l.at.turn.Broadcast()
}

// wait returns when all ranks have come.
func (m *meeting) wait() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	round := m.round
	if m.here++; m.here == m.size {
		m.here = 0
		m.round++
		m.turn.Broadcast()
	}
	for round == m.round && !m.left {
		m.turn.Wait()
	}
	if m.left {
		return errors.New("team: another rank has left")
	}
	return nil
}

// Gather is that of Team.
func (l *LocalRank) Gather(buf []byte, ends []int) error {
	return l.meet(transfer{send: buf, sent: ends}, func(all []transfer) error {
		for r, from := range all {
			if !slices.Equal(from.sent, ends) {
				return errApart
			}
			if lo := before(ends, r); r != l.rank {
				copy(buf[lo:ends[r]], from.send[lo:ends[r]])
			}
		}
		return nil
	})
}

// Exchange is that of Team.
func (l *LocalRank) Exchange(send []byte, sent []int, got []byte, received []int) error {
	return l.meet(transfer{send, got, sent, received}, func(all []transfer) error {
		for r, from := range all {
			lo := before(from.sent, l.rank)
			if from.received == nil || from.sent[l.rank]-lo != received[r]-before(received, r) {
				return errApart
			}
			copy(got[before(received, r):received[r]], from.send[lo:from.sent[l.rank]])
		}
		return nil
	})
}

var errApart = errors.New("team: the ranks make different calls")

func (l *LocalRank) meet(own transfer, take func(all []transfer) error) error {
	l.at.buffers[l.rank] = own
	if err := l.at.wait(); err != nil {
		return err
	}
	err := take(l.at.buffers)
	if err != nil {
		l.Leave()
	}
	if left := l.at.wait(); err == nil {
		err = left
	}
	return err
}

// before is where the part of a rank begins.
func before(ends []int, rank int) int {
	if rank == 0 {
		return 0
	}
	return ends[rank-1]
}
