package ledger

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/neuron/validator"
)

// protocol is the number that Bittensor's SDK publishes for its axons (chain §4.1).
const protocol = 4

// ServeAxon implements miner.Chain: it publishes where the hotkey serves.
func (l *Ledger) ServeAxon(ctx context.Context, netuid uint16, address netip.AddrPort, version uint32) error {
	kind := uint32(6)
	if address.Addr().Is4() {
		kind = 4
	}
	_, err := l.chain.ServeAxon(ctx, l.hotkey, netuid, subnettypes.Axon{
		Version: version, Ip: address.Addr().String(), Port: uint32(address.Port()), IpType: kind, Protocol: protocol,
	})
	return soon(err)
}

// Params implements validator.Chain.
func (l *Ledger) Params(ctx context.Context, netuid uint16) (validator.Params, error) {
	g, err := l.chain.Metagraph(ctx, netuid, false)
	if err != nil {
		return validator.Params{}, err
	}
	h := g.Subnet.Hyper
	return validator.Params{
		Tempo: uint64(h.Tempo), LastEpoch: g.LastEpoch, CommitReveal: h.CommitRevealWeightsEnabled,
		MinAllowedWeights: uint16(min(h.MinAllowedWeights, 65535)), MaxWeightLimit: uint16(min(h.MaxWeightLimit, 65535)),
	}, nil
}

// SetWeights implements validator.Chain.
func (l *Ledger) SetWeights(ctx context.Context, netuid uint16, uids, weights []uint16, versionKey uint64) error {
	_, err := l.chain.SetWeights(ctx, l.hotkey, netuid, uids, weights, versionKey)
	return soon(err)
}

// Seal implements validator.Chain.
func (l *Ledger) Seal(netuid uint16, row validator.Row) [32]byte {
	return yuma.Commitment{
		Hotkey: [32]byte(l.hotkey.Public()), Index: netuid, UIDs: row.UIDs, Values: row.Values, Salt: row.Salt, VersionKey: row.Version,
	}.Hash()
}

// CommitWeights implements validator.Chain.
func (l *Ledger) CommitWeights(ctx context.Context, netuid uint16, hash [32]byte) (uint64, error) {
	r, err := l.chain.CommitWeights(ctx, l.hotkey, netuid, hash)
	if err != nil {
		return 0, soon(err)
	}
	return r.Height, nil
}

// RevealWeights implements validator.Chain.
func (l *Ledger) RevealWeights(ctx context.Context, netuid uint16, row validator.Row) error {
	_, err := l.chain.RevealWeights(ctx, l.hotkey, netuid, row.UIDs, row.Values, row.Salt, row.Version)
	return soon(err)
}

// Hidden implements validator.Chain.
func (l *Ledger) Hidden(ctx context.Context, netuid uint16) (validator.Hidden, error) {
	r, err := l.chain.Commits(ctx, netuid, l.hotkey.Address())
	if err != nil {
		return validator.Hidden{}, err
	}
	out := validator.Hidden{Epoch: r.Epoch, NextEpoch: r.NextEpoch, WeighedAt: r.WeighedAt, Wait: r.BlocksLeft}
	for _, c := range r.Commits {
		next := validator.Commit{Block: c.CommittedAt, Epoch: c.Epoch, OpensAt: c.OpensAt, State: states[c.State]}
		hash, err := hex.DecodeString(c.Hash)
		if err != nil || copy(next.Hash[:], hash) != 32 {
			return out, fmt.Errorf("the ledger lists a commit with hash %q", c.Hash)
		}
		out.Commits = append(out.Commits, next)
	}
	return out, nil
}

var states = map[string]validator.CommitState{
	incentivetypes.CommitEarly: validator.Early, incentivetypes.CommitOpen: validator.Open, incentivetypes.CommitExpired: validator.Expired,
}

// tooSoon is a refusal by a rate limit, with the blocks that are left of it.
type tooSoon struct {
	error
	blocks uint64
}

// BlocksLeft is what the neurons' loops look for.
func (t tooSoon) BlocksLeft() uint64 { return t.blocks }

func (t tooSoon) Unwrap() error { return t.error }

// blocksLeft is how the ledger words every rate limit.
var blocksLeft = regexp.MustCompile(`(\d+) of \d+ blocks left`)

func soon(err error) error {
	if err == nil {
		return nil
	}
	if m := blocksLeft.FindStringSubmatch(err.Error()); m != nil {
		if n, parse := strconv.ParseUint(m[1], 10, 32); parse == nil {
			return tooSoon{err, n}
		}
	}
	return err
}

var _ validator.Chain = (*Ledger)(nil)
