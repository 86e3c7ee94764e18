package validator

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/ergon-network/ergon/neuron/metagraph"
)

// Where a subnet hides weights, a row is committed by its hash in one epoch and revealed in a later
// one. The order of writes makes a kill between any two steps harmless:
//
//  1. row and salt are saved and synced    nothing has happened yet: the next start commits anew
//  2. the hash is committed                the ledger lists it, and the file has the row
//  3. the row is revealed in its epoch     the ledger lists the commit no more
//  4. the row is dropped from the file     else the next look at the ledger does it
//
// What the ledger lists decides; our own notes only explain.
const (
	saltLength = 16 // numbers of 16 bits
	maxSealed  = 64 // rows kept; the ledger lets 10 wait
	maxWaiting = 10
	// lost is how many blocks after it was sent a commit cannot come any more: the client's
	// transactions live 60.
	lost = 64
)

// Row is a weight row with what its hash needs.
type Row struct {
	UIDs    []uint16 `json:"uids"`
	Values  []uint16 `json:"values"`
	Salt    []uint16 `json:"salt"`
	Version uint64   `json:"version_key"`
}

// Hidden is what the ledger knows of a hotkey's hidden weights.
type Hidden struct {
	Epoch     uint64 // index of the running epoch
	NextEpoch uint64 // block at which the next one begins, 0 when none is scheduled
	WeighedAt uint64 // block in which the row that counts now was made
	Wait      uint64 // blocks until the rate limit allows the next commit
	Commits   []Commit
}

// Commit is one hidden row as the ledger lists it.
type Commit struct {
	Hash    [32]byte
	Block   uint64
	Epoch   uint64 // index of the epoch it was made in
	State   CommitState
	OpensAt uint64 // block from which it can be revealed, as far as can be said; 0 otherwise
}

// CommitState says whether a commit can be revealed.
type CommitState int

// A commit is early, then open for one epoch, then expired.
const (
	Early CommitState = iota
	Open
	Expired
)

// hide looks at what the ledger holds of ours, reveals what is open and commits what is due.
func (v *Validator) hide(ctx context.Context, head uint64, snapshot *metagraph.Snapshot, p Params) error {
	h, err := v.options.Chain.Hidden(ctx, snapshot.Netuid)
	if err != nil {
		v.failed(head, fmt.Errorf("read commits: %w", err))
		return nil
	}
	ours := map[string]Commit{}
	for _, c := range h.Commits {
		ours[hex.EncodeToString(c.Hash[:])] = c
	}
	if err := v.reconcile(head, h, ours); err != nil {
		return err
	}
	next := head + max(v.epoch(p)/20, 1) // a few looks in each epoch
	revealed, err := v.reveal(ctx, head, ours)
	if err != nil {
		return err
	}
	if !revealed {
		next = min(next, v.waits())
	}
	// A row that the ledger does not want, as of a validator without a permit, is no reason to have none
	// in the next epoch.
	if v.mayCommit(head, h, ours, p) {
		committed, err := v.commit(ctx, head, snapshot, p)
		switch {
		case err != nil:
			return err
		case !committed && revealed:
			next = v.waits() // as long as the ledger asked for
		case !committed:
			next = min(next, v.waits())
		}
	}
	for _, c := range ours {
		if c.State == Early && c.OpensAt > head {
			next = min(next, c.OpensAt)
		}
	}
	v.postpone(next)
	return nil
}

// waits is the block that a refusal put the next try off to.
func (v *Validator) waits() uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.next
}

// reconcile holds our rows against the ledger's list and drops, saying why, those of which nothing
// is to be expected any more.
func (v *Validator) reconcile(head uint64, h Hidden, ours map[string]Commit) error {
	v.mu.Lock()
	for i, s := range v.state.Sealed {
		if c, listed := ours[s.Hash]; listed {
			v.state.Sealed[i].Committed = c.Block
		}
	}
	v.mu.Unlock()
	if err := v.unseal("revealed, or superseded by a row that was", func(s sealed) bool {
		_, listed := ours[s.Hash]
		return !listed && s.Committed > 0 && h.WeighedAt >= s.Committed
	}); err != nil {
		return err
	}
	if err := v.unseal("too late to reveal: it was open for one epoch, in which this validator did not run or the ledger refused the row; what was measured since is committed", func(s sealed) bool {
		c, listed := ours[s.Hash]
		if listed && c.State == Expired {
			v.metrics.weights.WithLabelValues("expired").Inc()
			return true
		}
		return false
	}); err != nil {
		return err
	}
	return v.unseal("the ledger does not have it: the commit did not arrive, or the ledger started anew", func(s sealed) bool {
		_, listed := ours[s.Hash]
		return !listed && (head > s.Saved+lost || head < s.Saved)
	})
}

// unseal drops rows for a reason that is logged where there is one, and saves if any went.
func (v *Validator) unseal(why string, gone func(sealed) bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	before := len(v.state.Sealed)
	v.state.Sealed = slices.DeleteFunc(v.state.Sealed, func(s sealed) bool {
		drop := gone(s)
		if drop && why != "" {
			v.options.Log.Info("hidden weights dropped: "+why, "hash", s.Hash, "made at block", s.Saved, "committed at block", s.Committed)
		}
		return drop
	})
	if len(v.state.Sealed) == before {
		return nil
	}
	return v.state.save(v.options.State)
}

// reveal discloses the newest row that is open: it supersedes those before it. done is false when
// the ledger would not have it.
func (v *Validator) reveal(ctx context.Context, head uint64, ours map[string]Commit) (done bool, err error) {
	s, ok := v.newestOpen(ours)
	if !ok {
		return true, nil
	}
	if v.refused(head, "reveal weights", v.options.Chain.RevealWeights(ctx, v.state.Netuid, s.Row)) {
		return false, nil
	}
	v.metrics.weights.WithLabelValues("revealed").Inc()
	v.options.Log.Info("weights revealed", "block", head, "uids", len(s.Row.UIDs), "committed at block", s.Committed, "hash", s.Hash)
	return true, v.unseal("", func(o sealed) bool {
		c, listed := ours[o.Hash]
		return listed && c.Block <= s.Committed
	})
}

func (v *Validator) newestOpen(ours map[string]Commit) (newest sealed, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.state.Sealed {
		if c, listed := ours[s.Hash]; listed && c.State == Open && (!ok || s.Committed >= newest.Committed) {
			newest, ok = s, true
		}
	}
	return newest, ok
}

// mayCommit tells whether a row is due: once in each epoch, in its second half, from a round that
// ended after the epoch before. Late enough to say the newest, early enough to try again.
func (v *Validator) mayCommit(head uint64, h Hidden, ours map[string]Commit, p Params) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	played := v.state.Step > 0 && (p.LastEpoch == 0 || v.state.Played > p.LastEpoch && v.state.Played <= head)
	if !played || h.Wait > 0 || h.NextEpoch == 0 || h.NextEpoch > head+v.epoch(p)/2 {
		return false
	}
	waiting := 0
	for _, c := range h.Commits {
		if c.State != Expired {
			waiting++
		}
	}
	for _, s := range v.state.Sealed {
		c, listed := ours[s.Hash]
		if listed && c.Epoch == h.Epoch {
			return false // this epoch's; one whose row we do not have any more would not count
		}
	}
	return waiting < maxWaiting
}

// commit saves a row with its salt and only then commits it. done is false when the ledger would not
// have it.
func (v *Validator) commit(ctx context.Context, head uint64, snapshot *metagraph.Snapshot, p Params) (done bool, err error) {
	uids, weights, err := v.weights(snapshot, p)
	if err != nil {
		v.failed(head, err)
		return false, nil
	}
	salt, err := NewSalt()
	if err != nil {
		v.failed(head, err)
		return false, nil
	}
	row := Row{UIDs: uids, Values: weights, Salt: salt, Version: v.options.VersionKey}
	hash := v.options.Chain.Seal(snapshot.Netuid, row)
	name := hex.EncodeToString(hash[:])
	if err := v.seal(sealed{Hash: name, Row: row, Saved: head}); err != nil {
		return false, err
	}
	block, err := v.options.Chain.CommitWeights(ctx, snapshot.Netuid, hash)
	if v.refused(head, "commit weights", err) {
		return false, nil
	}
	v.metrics.weights.WithLabelValues("committed").Inc()
	v.options.Log.Info("weights committed", "block", block, "uids", len(uids), "hash", name)
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range v.state.Sealed {
		if v.state.Sealed[i].Hash == name {
			v.state.Sealed[i].Committed = block
		}
	}
	v.state.Weights = head
	return true, v.state.save(v.options.State)
}

// seal makes a row durable.
func (v *Validator) seal(s sealed) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if over := len(v.state.Sealed) + 1 - maxSealed; over > 0 {
		v.state.Sealed = slices.Delete(v.state.Sealed, 0, over)
	}
	v.state.Sealed = append(v.state.Sealed, s)
	return v.state.save(v.options.State)
}

// NewSalt draws the numbers that keep a committed row from being guessed.
func NewSalt() ([]uint16, error) {
	raw := make([]byte, 2*saltLength)
	if _, err := crand.Read(raw); err != nil {
		return nil, fmt.Errorf("draw salt: %w", err)
	}
	salt := make([]uint16, saltLength)
	for i := range salt {
		salt[i] = binary.LittleEndian.Uint16(raw[2*i:])
	}
	return salt, nil
}
