package audit_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/chain/testnode"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// Subnets end between epochs, in the block of one, and together with the creation of the next:
// the audit follows every rao through all of it, at every height.
func TestAuditOfEndedSubnets(t *testing.T) {
	l := live(t)
	owner := testnode.Key("owner")
	end := func(netuid uint32) *subnettypes.MsgDissolveSubnet {
		return &subnettypes.MsgDissolveSubnet{Coldkey: owner.Address(), Netuid: netuid}
	}
	create := &subnettypes.MsgCreateSubnet{Coldkey: owner.Address(), Name: "next"}
	l.must(owner, end(2))
	l.run(3)
	l.must(owner, create)
	l.run(3)
	l.must(owner, end(2), create, end(2), create)
	ctx, err := l.Context()
	require.NoError(t, err)
	sub, err := l.Metagraph(ctx, 1, false)
	require.NoError(t, err)
	for uint64(l.Node.Height)+1 < sub.NextEpoch {
		l.block()
	}
	l.must(owner, end(1)) // its epoch settles as this block begins
	l.run(2)
	l.must(owner, end(2), create)
	l.run(20)
	for height := uint64(1); height <= uint64(l.Node.Height); height++ {
		r, err := audit.Run(context.Background(), l, audit.Options{Height: height})
		require.NoError(t, err)
		require.True(t, r.Equal, "block %d: %+v", height, r.Differences)
	}
}
