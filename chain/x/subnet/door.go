package subnet

import (
	"context"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

// AtTheDoor tells a node's mempool whether the subnet can sell a uid in the block of ctx: it
// exists, registration by burn or by work is open and the interval is not full (chain §2.2). The call itself checks
// everything again; this only spares a block what is certain to fail.
func (k *Keeper) AtTheDoor(ctx context.Context, netuid uint32, work bool) error {
	if netuid > 65535 {
		return types.ErrSubnetDoesNotExist.Wrapf("netuid %d", netuid)
	}
	by := byBurn
	if work {
		by = byWork
	}
	_, err := k.selling(ctx, uint16(netuid), by, height(ctx))
	return err
}
