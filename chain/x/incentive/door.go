package incentive

import (
	"context"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/keys"
)

// AtTheDoor tells a node's mempool whether a free call of a neuron can be meant seriously: the
// hotkey holds a uid of the subnet, and if it is about weights, the stake that weights take. It
// returns the block of the neuron's last weights, by which the calls of a lane are ordered. The
// call itself checks everything again; this only spares a block what is certain to fail (chain §2.2).
func (k *Keeper) AtTheDoor(ctx context.Context, netuid uint32, hotkey []byte, weights bool) (uint64, error) {
	if netuid > 65535 {
		return 0, subnettypes.ErrSubnetDoesNotExist.Wrapf("netuid %d", netuid)
	}
	if netuid == 0 {
		return 0, k.onRoot(ctx, hotkey)
	}
	sub, err := k.subnet.Get(ctx, uint16(netuid))
	if err != nil {
		return 0, err
	}
	c, err := k.caller(ctx, sub, hotkey)
	if err != nil {
		return 0, err
	}
	owner, err := k.isOwner(ctx, sub, c)
	if err != nil {
		return 0, err
	}
	if least := sub.Hyper.WeightsMinStake; weights && least > 0 && !owner {
		backing, err := k.stake.StakeOf(ctx, c.hotkey)
		if err != nil {
			return 0, err
		}
		if backing < least {
			return 0, types.ErrNotEnoughStake.Wrapf("%d rao staked, %d needed", backing, least)
		}
	}
	return rowUpdated(c.row), nil
}

// onRoot tells whether a hotkey is a member of the root network.
func (k *Keeper) onRoot(ctx context.Context, hotkey []byte) error {
	id, known, err := k.stake.HotkeyID(ctx, hotkey)
	if err == nil && known {
		_, known, err = k.subnet.UID(ctx, 0, id)
	}
	if err == nil && !known {
		return types.ErrNotRegistered.Wrapf("%s on the root network", keys.SS58(hotkey))
	}
	return err
}
