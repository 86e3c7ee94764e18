package types

import errorsmod "cosmossdk.io/errors"

// Errors of commit and reveal (yuma §7.3).
var (
	ErrCommitRevealEnabled  = errorsmod.Register(ModuleName, 60, "CommitRevealEnabled: this subnet takes weights by commit and reveal only")
	ErrCommitRevealDisabled = errorsmod.Register(ModuleName, 61, "CommitRevealDisabled: this subnet takes weights in the open, set them")
	ErrCommitTooFast        = errorsmod.Register(ModuleName, 62, "CommittingWeightsTooFast: wait for the rate limit")
	ErrTooManyCommits       = errorsmod.Register(ModuleName, 63, "TooManyUnrevealedCommits: reveal what was committed, or let it expire")
	ErrNoCommits            = errorsmod.Register(ModuleName, 64, "NoWeightsCommitFound: commit weights first")
	ErrCommitExpired        = errorsmod.Register(ModuleName, 65, "ExpiredWeightCommit: it is too late to reveal this one, commit anew")
	ErrCommitMismatch       = errorsmod.Register(ModuleName, 66, "InvalidRevealCommitHashNotMatch: reveal the very uids, values, salt and version key that were committed")
	ErrRevealTooEarly       = errorsmod.Register(ModuleName, 67, "RevealTooEarly: wait for the epoch of the reveal")
	ErrCommitHash           = errorsmod.Register(ModuleName, 68, "InvalidCommitHash: a commit is the 32 bytes of a blake2b-256")
	ErrSalt                 = errorsmod.Register(ModuleName, 69, "InvalidSalt: a salt is at most 256 numbers of 0..65535")
)

// Events of commit and reveal.
const (
	EventCommitted = "WeightsCommitted" // netuid, uid, hotkey, coldkey, hash, epoch, reveal_epoch
	EventRevealed  = "WeightsRevealed"  // netuid, uid, hotkey, coldkey, committed_at
)

// States of a commit in an answer of Commits.
const (
	CommitEarly   = "early"   // its epoch of reveal is still to come
	CommitOpen    = "open"    // it can be revealed now
	CommitExpired = "expired" // it cannot be revealed any more
)

// MaxSalt is how many numbers a salt may have.
const MaxSalt = 256

// ValidateBasic checks what needs no state.
func (m *MsgCommitWeights) ValidateBasic() error {
	if len(m.Hash) != 32 {
		return ErrCommitHash.Wrapf("%d bytes", len(m.Hash))
	}
	return nil
}

// ValidateBasic checks what needs no state: every number must fit the 16 bits that are hashed.
func (m *MsgRevealWeights) ValidateBasic() error {
	if len(m.Salt) > MaxSalt {
		return ErrSalt.Wrapf("%d numbers", len(m.Salt))
	}
	for _, v := range m.Salt {
		if v > 65535 {
			return ErrSalt.Wrapf("number %d", v)
		}
	}
	for _, list := range [][]uint32{m.Uids, m.Values} {
		for _, v := range list {
			if v > 65535 {
				return ErrValueRange.Wrapf("%d", v)
			}
		}
	}
	return nil
}
