package beacon

import (
	"context"

	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/ergon-network/ergon/chain/x/beacon/types"
	"github.com/ergon-network/ergon/consensus/beacon"
)

// Commit is what a block says of the votes for the one before.
type Commit struct {
	ChainID string
	Height  uint64 // voted on: that of the block less one
	Info    abci.CommitInfo
}

// Assemble makes the first entry of a block from the votes that its proposer holds. Left out are
// producers who were removed after they voted, and extensions that are not well formed: a vote
// that comes after its height was decided is counted without the extension having been looked at.
func (k Keeper) Assemble(ctx context.Context, chainID string, height uint64, votes abci.ExtendedCommitInfo) ([]byte, error) {
	keys, err := k.keys(ctx)
	if err != nil {
		return nil, err
	}
	c := Commit{ChainID: chainID, Height: height, Info: abci.CommitInfo{Round: votes.Round}}
	signed := make([]types.Signed, len(votes.Votes))
	for i, v := range votes.Votes {
		s := types.Signed{Extension: v.VoteExtension, Signature: v.ExtensionSignature}
		key, known := keys[address(v.Validator)]
		if known && v.BlockIdFlag == cmtproto.BlockIDFlagCommit && c.signedBy(key, s) {
			signed[i] = s
		}
	}
	return types.WriteVotes(signed), nil
}

// Check tells whether the first entry of a proposal holds what the producers signed whose votes
// its last commit counts. The proposer may leave out no more values than it may leave out votes:
// those of less than a third of the power.
func (k Keeper) Check(ctx context.Context, entry []byte, c Commit) error {
	signed, err := types.ReadVotes(entry)
	if err != nil {
		return err
	}
	if len(signed) != len(c.Info.Votes) {
		return types.ErrVotes.Wrapf("it has %d votes, the last commit %d", len(signed), len(c.Info.Votes))
	}
	keys, err := k.keys(ctx)
	if err != nil {
		return err
	}
	var here, all int64
	for i, v := range c.Info.Votes {
		all += v.Validator.Power
		key, known := keys[address(v.Validator)]
		counted := v.BlockIdFlag == cmtproto.BlockIDFlagCommit
		switch brought := signed[i].Signature != nil; {
		case brought && (!counted || !known):
			return types.ErrVotes.Wrapf("vote %d, of %x, is not of a producer whom the last commit counts", i, v.Validator.Address)
		case brought && !c.signedBy(key, signed[i]):
			return types.ErrVotes.Wrapf("vote %d: %x did not sign that extension", i, v.Validator.Address)
		case brought || counted && !known:
			here += v.Validator.Power
		}
	}
	if 3*here <= 2*all {
		return types.ErrVotes.Wrapf("it holds the values of %d of %d voting power: more than two thirds are there to be taken", here, all)
	}
	return nil
}

// signedBy checks a signature by the engine's own rules, which accept a few that others refuse:
// what the engine took as a vote must never be a reason to refuse a block.
func (c Commit) signedBy(key []byte, s types.Signed) bool {
	vote := cmtproto.Vote{Height: int64(c.Height), Round: c.Info.Round, Extension: s.Extension}
	return cmted25519.PubKey(key).VerifySignature(cmttypes.VoteExtensionSignBytes(c.ChainID, &vote), s.Signature)
}

func address(v abci.Validator) (a beacon.Address) {
	copy(a[:], v.Address)
	return a
}

// Advance mixes a block's first entry, once a block and before anything may draw. The block is
// decided: an entry that is missing or makes no sense brings nothing, and never fails the block.
func (k Keeper) Advance(ctx context.Context, entry []byte, c Commit) error {
	s, err := k.read(ctx)
	if err != nil {
		return err
	}
	votes, err := k.votes(ctx, &s, entry, c)
	if err != nil {
		return err
	}
	s.Advance(c.Height, votes)
	return k.write(ctx, &s)
}

// votes lists the votes of today's producers with the values they brought, and forgets the chains
// of those who are none any more.
func (k Keeper) votes(ctx context.Context, s *beacon.State, entry []byte, c Commit) ([]beacon.Vote, error) {
	if len(c.Info.Votes) == 0 {
		return nil, nil
	}
	keys, err := k.keys(ctx)
	if err != nil {
		return nil, err
	}
	s.Keep(func(a beacon.Address) bool { _, is := keys[a]; return is })
	signed, err := types.ReadVotes(entry)
	if err != nil || len(signed) != len(c.Info.Votes) {
		signed = make([]types.Signed, len(c.Info.Votes))
	}
	var votes []beacon.Vote
	for i, v := range c.Info.Votes {
		vote := beacon.Vote{Producer: address(v.Validator)}
		if _, known := keys[vote.Producer]; !known {
			continue
		}
		if signed[i].Signature != nil {
			vote.Value, vote.Next, _ = types.ReadExtension(signed[i].Extension) // ReadVotes let no other form through
		}
		votes = append(votes, vote)
	}
	return votes, nil
}

// keys finds today's producers by their addresses.
func (k Keeper) keys(ctx context.Context) (map[beacon.Address][]byte, error) {
	producers, err := k.producers.Producers(ctx)
	if err != nil {
		return nil, err
	}
	keys := make(map[beacon.Address][]byte, len(producers))
	for _, p := range producers {
		keys[beacon.Address(p.Address())] = p.PubKey
	}
	return keys, nil
}
