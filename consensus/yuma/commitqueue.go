package yuma

import "errors"

// This file keeps the commits of one validator until they are revealed (yuma §7.3).

// MaxCommits is how many commits of a validator may wait to be revealed.
const MaxCommits = 10

// Why a row that is revealed matches no commit.
var (
	ErrNoCommits     = errors.New("nothing was committed")
	ErrCommitUnknown = errors.New("no commit is of this row, salt and version key")
	ErrCommitEarly   = errors.New("the commit is not open yet")
	ErrCommitExpired = errors.New("the commit has expired")
)

// Commit is one hidden row.
type Commit struct {
	Hotkey [32]byte // who committed: the hash is bound to it, whatever key the validator has later
	Hash   [32]byte
	Epoch  uint64 // index of the epoch it was made in
	Block  uint64
}

// Commits are those of one validator, oldest first.
type Commits []Commit

// Live drops what has expired by epoch now. Epochs only grow along the queue.
func (q Commits) Live(period, now uint64) Commits {
	for len(q) > 0 && RevealAt(q[0].Epoch, period, now) == RevealExpired {
		q = q[1:]
	}
	return q
}

// Add drops what has expired by the epoch of c and appends c; false says that too many wait already.
func (q Commits) Add(c Commit, period uint64) (Commits, bool) {
	q = q.Live(period, c.Epoch)
	if len(q) >= MaxCommits {
		return q, false
	}
	return append(q[:len(q):len(q)], c), true
}

// Reveal finds the commit of a disclosed row, whose Hotkey is not looked at. It returns the commit
// and what is left: later commits only, for a row supersedes those before it.
func (q Commits) Reveal(row Commitment, period, now uint64) (Commit, Commits, error) {
	if len(q) == 0 {
		return Commit{}, nil, ErrNoCommits
	}
	live := q.Live(period, now)
	i := live.find(row)
	if i < 0 {
		if gone := q.find(row); gone >= 0 {
			return q[gone], live, ErrCommitExpired
		}
		return Commit{}, live, ErrCommitUnknown
	}
	if RevealAt(live[i].Epoch, period, now) == RevealEarly {
		return live[i], live, ErrCommitEarly
	}
	return live[i], live[i+1:], nil
}

// find is the place of the first commit of the row, -1 for none.
func (q Commits) find(row Commitment) int {
	var hash [32]byte
	for i, c := range q {
		if i == 0 || c.Hotkey != row.Hotkey {
			row.Hotkey = c.Hotkey
			hash = row.Hash()
		}
		if c.Hash == hash {
			return i
		}
	}
	return -1
}
