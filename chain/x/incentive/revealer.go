package incentive

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Slot is a validator's place on a subnet. What is committed belongs to it: it stays when the
// holder's hotkey is swapped and goes when the place gets another holder.
type Slot struct{ Netuid, UID uint16 }

// Revealer is one form of commit-reveal: it keeps hidden rows until they may be known. What a row is
// worth once it is known is the same for every form: Keeper.weigh.
type Revealer interface {
	// Commit keeps a hidden row; epochs after the period it can be revealed, for one epoch.
	Commit(ctx context.Context, at Slot, c yuma.Commit, period uint64) error
	// Reveal takes the commit of a disclosed row out, and those before it with it.
	Reveal(ctx context.Context, at Slot, row yuma.Commitment, period, now uint64) (yuma.Commit, error)
	// Waiting lists what is kept, oldest first, the expired included.
	Waiting(ctx context.Context, at Slot) (yuma.Commits, error)
	// Forget drops everything that a slot has committed.
	Forget(ctx context.Context, at Slot) error
}

// hashed is the form of yuma §7.3: a commit is a hash, and its validator discloses the row.
type hashed struct {
	queues collections.Map[collections.Pair[uint16, uint16], types.Commits]
}

var _ Revealer = hashed{}

func (h hashed) Commit(ctx context.Context, at Slot, c yuma.Commit, period uint64) error {
	q, err := h.Waiting(ctx, at)
	if err != nil {
		return err
	}
	q, ok := q.Add(c, period)
	if !ok {
		return types.ErrTooManyCommits.Wrapf("%d wait, the oldest of block %d", len(q), q[0].Block)
	}
	return h.keep(ctx, at, q)
}

func (h hashed) Reveal(ctx context.Context, at Slot, row yuma.Commitment, period, now uint64) (yuma.Commit, error) {
	q, err := h.Waiting(ctx, at)
	if err != nil {
		return yuma.Commit{}, err
	}
	c, rest, err := q.Reveal(row, period, now)
	switch {
	case errors.Is(err, yuma.ErrNoCommits):
		return c, types.ErrNoCommits
	case errors.Is(err, yuma.ErrCommitUnknown):
		return c, types.ErrCommitMismatch
	case errors.Is(err, yuma.ErrCommitExpired):
		return c, types.ErrCommitExpired.Wrapf("committed in epoch %d, to be revealed in epoch %d, now is epoch %d", c.Epoch, c.Epoch+period, now)
	case errors.Is(err, yuma.ErrCommitEarly):
		return c, types.ErrRevealTooEarly
	case err != nil:
		return c, err
	}
	return c, h.keep(ctx, at, rest)
}

func (h hashed) Waiting(ctx context.Context, at Slot) (yuma.Commits, error) {
	stored, err := h.queues.Get(ctx, at.key())
	if err != nil && !notFound(err) {
		return nil, err
	}
	var q yuma.Commits
	for _, c := range stored.Commits {
		next := yuma.Commit{Epoch: c.Epoch, Block: c.Block}
		copy(next.Hash[:], c.Hash)
		copy(next.Hotkey[:], c.Account)
		q = append(q, next)
	}
	return q, nil
}

func (h hashed) Forget(ctx context.Context, at Slot) error { return h.queues.Remove(ctx, at.key()) }

func (h hashed) keep(ctx context.Context, at Slot, q yuma.Commits) error {
	if len(q) == 0 {
		return h.Forget(ctx, at)
	}
	var stored types.Commits
	for _, c := range q {
		stored.Commits = append(stored.Commits, types.Commit{Hash: c.Hash[:], Epoch: c.Epoch, Block: c.Block, Account: c.Hotkey[:]})
	}
	return h.queues.Set(ctx, at.key(), stored)
}

func (s Slot) key() collections.Pair[uint16, uint16] { return collections.Join(s.Netuid, s.UID) }
