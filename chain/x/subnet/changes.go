package subnet

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// log adds an entry to a subnet's change log, a ring: the oldest one is overwritten. The block is
// set here, the subnet's counter too; the caller stores the subnet.
func (k *Keeper) log(ctx context.Context, s *types.Subnet, c types.Change) error {
	c.Block = height(ctx)
	slot := uint32(s.Changes % types.KeptChanges)
	s.Changes++
	return k.changes.Set(ctx, collections.Join(uint16(s.Netuid), slot), c)
}

// Changes are the newest entries of a subnet's change log, at most limit (0 = all that are kept),
// the newest first.
func (k *Keeper) Changes(ctx context.Context, netuid uint16, limit uint32) ([]types.ChangeInfo, error) {
	s, err := k.Get(ctx, netuid)
	if err != nil {
		return nil, err
	}
	count := min(s.Changes, types.KeptChanges)
	if limit > 0 {
		count = min(count, uint64(limit))
	}
	out := make([]types.ChangeInfo, 0, count)
	for i := s.Changes; i > s.Changes-count; i-- {
		c, err := k.changes.Get(ctx, collections.Join(netuid, uint32((i-1)%types.KeptChanges)))
		if err != nil {
			return nil, err
		}
		out = append(out, types.ChangeInfo{
			Block: c.Block, Who: keys.SS58(c.Account), ByRoot: c.ByRoot, Name: c.Name, Old: c.Old, New: c.New,
		})
	}
	return out, nil
}
