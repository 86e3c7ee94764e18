package ledger

import (
	"context"
	"net/netip"
	"regexp"
	"strconv"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
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
		Tempo: uint64(h.Tempo), LastEpoch: g.LastEpoch,
		MinAllowedWeights: uint16(min(h.MinAllowedWeights, 65535)), MaxWeightLimit: uint16(min(h.MaxWeightLimit, 65535)),
	}, nil
}

// SetWeights implements validator.Chain.
func (l *Ledger) SetWeights(ctx context.Context, netuid uint16, uids, weights []uint16, versionKey uint64) error {
	_, err := l.chain.SetWeights(ctx, l.hotkey, netuid, uids, weights, versionKey)
	return soon(err)
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
