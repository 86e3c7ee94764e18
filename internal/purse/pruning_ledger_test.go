package purse_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/internal/purse"
)

// TestTenuresAreWhatTheLedgerDoes fills a subnet, lets it judge its miners, and then sends newcomers
// until nobody is left to go: each takes the uid that was foretold.
func TestTenuresAreWhatTheLedgerDoes(t *testing.T) {
	for _, variant := range []string{"2024", subnettypes.Variant2026} {
		t.Run(variant, func(t *testing.T) {
			const uids, old = 16, 13
			w, err := testnode.NewTunedWorld(nil, genesis.Options{Tempo: 10, Tune: func(p *subnettypes.Params) {
				p.Defaults.MaxAllowedUids, p.Defaults.ImmunityPeriod, p.Defaults.YumaVariant, p.Defaults.Yuma3 = uids, 100, variant, false
				p.Defaults.MaxAllowedValidators = 4
			}}, []string{"miner"})
			require.NoError(t, err)
			netuid, err := w.Subnet("market")
			require.NoError(t, err)
			judge, miner := testnode.Key("judge"), testnode.Key("miner")
			uid, err := w.Register(w.Owner, judge, netuid)
			require.NoError(t, err)
			require.Zero(t, uid)
			require.NoError(t, w.Stake(w.Owner, judge, 1000*testnode.TAO))
			for i := 1; i < old; i++ {
				_, err := w.Register(miner, testnode.Key(fmt.Sprint("old-", i)), netuid)
				require.NoError(t, err)
			}
			require.NoError(t, w.Until(w.Height+30))
			weighed, values := make([]uint32, old-1), make([]uint32, old-1)
			for i := range weighed {
				weighed[i], values[i] = uint32(i+1), uint32(100+7*i%5*10) // some the same
			}
			require.NoError(t, w.Weigh(judge, netuid, weighed, values))
			require.NoError(t, w.Until(w.Height+12)) // an epoch, whose judgement stays: there is none after it
			_, err = w.Must(w.Root, &subnettypes.MsgSetHyperparameter{Coldkey: w.Root.Address(), Netuid: netuid, Name: "tempo", Value: "0"})
			require.NoError(t, err)
			require.NoError(t, w.Until(w.Height+100))
			for i := old; i < uids; i++ { // immune
				_, err := w.Register(miner, testnode.Key(fmt.Sprint("young-", i)), netuid)
				require.NoError(t, err)
			}
			ctx, err := w.Context()
			require.NoError(t, err)
			g, err := incentive.Querier{Keeper: w.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: netuid})
			require.NoError(t, err)
			foretold := map[int]uint32{}
			for _, tenure := range purse.Tenures(g) {
				require.Equal(t, tenure.UID >= old, tenure.Immune > 0)
				if tenure.Order > 0 {
					foretold[tenure.Order] = tenure.UID
				}
			}
			require.GreaterOrEqual(t, len(foretold), 3)
			for order := 1; order <= len(foretold); order++ {
				got, err := w.Register(miner, testnode.Key(fmt.Sprint("new-", order)), netuid)
				require.NoError(t, err)
				require.Equal(t, foretold[order], got, "newcomer %d", order)
			}
		})
	}
}
