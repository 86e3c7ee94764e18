package yuma

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// hidden is a commit of a row that its salt tells from others.
func hidden(salt uint16, hotkey byte, epoch uint64) (Commitment, Commit) {
	row := Commitment{Hotkey: [32]byte{hotkey}, Index: 1, UIDs: []uint16{1}, Values: []uint16{2}, Salt: []uint16{salt}}
	return row, Commit{Hotkey: row.Hotkey, Hash: row.Hash(), Epoch: epoch, Block: 10 * epoch}
}

// The queue's rules as data: commits of these epochs wait with a period of 2, then the row of one
// of them is revealed in epoch now.
func TestCommitsAreRevealedInTheirEpoch(t *testing.T) {
	for _, c := range []struct {
		name   string
		epochs []uint64
		reveal int // index into epochs; -1: a row that nobody committed
		now    uint64
		want   error
		left   int // commits still waiting
	}{
		{"nothing committed", nil, -1, 5, ErrNoCommits, 0},
		{"another row", []uint64{3}, -1, 5, ErrCommitUnknown, 1},
		{"early", []uint64{4}, 0, 5, ErrCommitEarly, 1},
		{"open", []uint64{3}, 0, 5, nil, 0},
		{"expired", []uint64{2}, 0, 5, ErrCommitExpired, 0},
		{"the first of three", []uint64{3, 3, 4}, 0, 5, nil, 2},
		{"the second supersedes the first", []uint64{3, 3, 4}, 1, 5, nil, 1},
		{"the third is early", []uint64{3, 3, 4}, 2, 5, ErrCommitEarly, 3},
		{"expired ones are dropped on the way", []uint64{1, 2, 3, 4}, 2, 5, nil, 1},
		{"expired among live ones", []uint64{1, 2, 3, 4}, 1, 5, ErrCommitExpired, 2},
		{"another row among expired ones", []uint64{1, 2}, -1, 5, ErrCommitUnknown, 0},
	} {
		var q Commits
		var rows []Commitment
		for i, epoch := range c.epochs {
			row, commit := hidden(uint16(i), 1, epoch)
			q, rows = append(q, commit), append(rows, row)
		}
		row, _ := hidden(99, 1, 0)
		if c.reveal >= 0 {
			row = rows[c.reveal]
		}
		got, left, err := q.Reveal(row, 2, c.now)
		if !errors.Is(err, c.want) || len(left) != c.left {
			t.Errorf("%s: %d left, %v; want %d, %v", c.name, len(left), err, c.left, c.want)
		}
		if err == nil && got != q[c.reveal] {
			t.Errorf("%s: got %+v", c.name, got)
		}
	}
}

func TestNoMoreThanTenCommitsWait(t *testing.T) {
	var q Commits
	var ok bool
	for i := range uint16(MaxCommits) {
		_, c := hidden(i, 1, 7)
		if q, ok = q.Add(c, 1); !ok {
			t.Fatalf("commit %d is refused", i)
		}
	}
	_, eleventh := hidden(10, 1, 8)
	if _, ok = q.Add(eleventh, 1); ok {
		t.Error("an eleventh unexpired commit is taken")
	}
	eleventh.Epoch = 9
	if q, ok = q.Add(eleventh, 1); !ok || len(q) != 1 {
		t.Errorf("expired commits are in the way: %d wait, %v", len(q), ok)
	}
}

// A commit is revealed under whatever hotkey the validator has by then.
func TestACommitSurvivesAHotkeySwap(t *testing.T) {
	var q Commits
	old, before := hidden(1, 1, 3)
	_, after := hidden(2, 2, 3)
	q = append(q, before, after)
	row := old
	row.Hotkey = [32]byte{2} // the key that reveals
	if got, left, err := q.Reveal(row, 1, 4); err != nil || got != before || len(left) != 1 {
		t.Errorf("%+v, %d left, %v", got, len(left), err)
	}
}

// A row's own block keeps out everybody that the original's mask by the first waiting commit keeps
// out: what waits was committed after what was revealed.
func TestTheRowsOwnBlockCoversTheCommitMask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t)
		in.CommitBlock = nil
		in.WeighedAt = mapped(in.LastUpdate, func(last uint64) uint64 { return rapid.Uint64Range(0, last).Draw(t, "weighed") })
		want := mustEpoch(t, in)
		in.CommitBlock = make([]uint64, len(in.WeighedAt))
		for i, at := range in.WeighedAt {
			in.CommitBlock[i] = NoCommit
			if in.LastUpdate[i] > at {
				in.CommitBlock[i] = rapid.Uint64Range(at, in.LastUpdate[i]).Draw(t, "commit")
			}
		}
		if got := mustEpoch(t, in); !sameOutput(&got, &want) {
			t.Errorf("the commit mask drops more: %+v", in)
		}
	})
}
