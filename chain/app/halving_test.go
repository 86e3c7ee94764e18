package app_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// TestEmissionFollowsTheIssuance starts a ledger a few TAO below the first halving: the block
// emission halves in the block after the payout that crosses it, and coins that are recycled bring
// it back (chain §1.2, §1.3).
func TestEmissionFollowsTheIssuance(t *testing.T) {
	owner := testnode.Key("owner")
	n, err := testnode.New(nil, genesis.Options{
		Tempo:    10,
		Tune:     func(p *subnettypes.Params) { p.Defaults.MaxBurn, p.Defaults.MinBurn = 100*testnode.TAO, testnode.TAO },
		Balances: []genesis.Balance{{Address: owner.Address(), Rao: 10_499_995 * testnode.TAO}},
	})
	require.NoError(t, err)
	w := &testnode.World{Node: n, Owner: owner}
	_, err = w.Block()
	require.NoError(t, err)
	netuid, err := w.Subnet("test")
	require.NoError(t, err)
	_, err = w.Register(owner, testnode.Key("hot"), netuid)
	require.NoError(t, err)
	_, err = w.Must(owner, &staketypes.MsgAddStake{Coldkey: owner.Address(), Hotkey: testnode.Key("hot").Address(), Amount: testnode.TAO})
	require.NoError(t, err)

	emission := func() string {
		t.Helper()
		for range 30 {
			res, err := w.Block()
			require.NoError(t, err)
			if e := client.Attribute(res.Events, incentivetypes.EventEmission, "block_emission"); e != "" {
				return e
			}
		}
		t.Fatal("the emission did not change in 30 blocks")
		return ""
	}
	require.Equal(t, "500000000", emission(), "past 10.5 million TAO")
	for i := range 12 { // burn below the threshold again
		_, err := w.Register(owner, testnode.Key(string(rune('a'+i))), netuid)
		require.NoError(t, err)
	}
	ctx, err := w.Context()
	require.NoError(t, err)
	issued, err := w.App.Stake.Issuance(ctx)
	require.NoError(t, err)
	require.Less(t, issued, uint64(10_500_000*testnode.TAO))
	_, err = w.Block()
	require.NoError(t, err)
	ctx, err = w.Context()
	require.NoError(t, err)
	now, err := w.App.Incentive.BlockEmission(ctx)
	require.NoError(t, err)
	require.EqualValues(t, testnode.TAO, now, "recycled coins can be mined again")
}
