package app_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	"github.com/ergon-network/ergon/chain/x/incentive"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// The example subnet of the documentation of 2023: three miners in the uids 37, 42 and 27 and four
// validators in 10, 32, 93 and 74. All others hold their uids and do nothing.
var (
	exampleStake   = map[uint32]uint64{10: 400, 32: 300, 93: 200, 74: 100}                                      // TAO
	exampleWeights = map[uint32][]uint32{10: {50, 30, 20}, 32: {50, 30, 20}, 93: {50, 30, 20}, 74: {0, 100, 0}} // of 37, 42, 27
)

// exampleEpoch plays one epoch of the example under a genesis profile and returns what it paid.
//
// Three validators with nine tenths of the stake agree; the fourth gives everything to uid 42 and
// is clipped to what the majority supports, 30 of 100. So the ranks are 0.45, 0.30 and 0.18, the
// incentives those over 0.93. A validator's bond with a miner is its share of the stake behind
// that miner: 4/9, 3/9, 2/9 of 37 and 27, and 4/10, 3/10, 2/10, 1/10 of 42.
func exampleEpoch(t *testing.T, profile string) incentivetypes.PayoutInfo {
	t.Helper()
	w, err := testnode.NewTunedWorld(nil, genesis.Options{Profile: profile, Tempo: 99, Tune: func(p *subnettypes.Params) {
		h := &p.Defaults
		h.MaxRegsPerBlock, h.TargetRegsPerInterval, h.WeightsRateLimit, h.CommitRevealWeightsEnabled = 256, 65535, 0, false
		h.MaxBurn = testnode.TAO
	}}, []string{"cold"})
	require.NoError(t, err)
	_, err = w.Subnet("example")
	require.NoError(t, err)
	m := &market{World: w, netuid: 1}
	cold := testnode.Key("cold")
	var txs [][]byte
	for uid := range 94 {
		hot := testnode.Key(fmt.Sprint("example-", uid))
		tx, err := w.Sign(cold, &subnettypes.MsgRegister{Coldkey: cold.Address(), Hotkey: hot.Address(), Netuid: 1})
		require.NoError(t, err)
		txs, m.hot = append(txs, tx), append(m.hot, hot)
	}
	_, err = w.Block(txs...)
	require.NoError(t, err)
	for uid, tao := range exampleStake {
		require.NoError(t, w.Stake(cold, m.hot[uid], tao*testnode.TAO))
	}
	m.epochs(t, 1) // permits
	for uid, values := range exampleWeights {
		require.NoError(t, w.Weigh(m.hot[uid], 1, []uint32{37, 42, 27}, values))
	}
	m.epochs(t, 1)
	ctx, err := w.Context()
	require.NoError(t, err)
	r, err := incentive.Querier{Keeper: w.App.Incentive}.Payouts(ctx, &incentivetypes.QueryPayoutsRequest{Netuid: 1, Limit: 1})
	require.NoError(t, err)
	return r.Payouts[0]
}

func TestWorkedExampleOfTheErasPaysToTheRao(t *testing.T) {
	// Of 93 parts of each half: what the comment of exampleEpoch comes to.
	parts := map[uint32]float64{37: 45, 42: 30, 27: 18, 10: 40, 32: 30, 93: 20, 74: 3}
	for _, era := range []struct {
		profile  string
		owner    uint64
		unissued uint64
		paid     map[uint32]uint64 // rao; miners, then validators
	}{
		{genesis.Era2023, 0, 97, map[uint32]uint64{
			37: 24_193_548_387, 42: 16_129_032_243, 27: 9_677_419_322,
			10: 21_505_376_393, 32: 16_129_032_266, 93: 10_752_688_115, 74: 1_612_903_177,
		}},
		{genesis.Era2024, 17_999_542_229, 79, map[uint32]uint64{
			37: 19_838_820_429, 42: 13_225_880_273, 27: 7_935_528_144,
			10: 17_634_507_088, 32: 13_225_880_292, 93: 8_817_253_477, 74: 1_322_587_989,
		}},
	} {
		t.Run(era.profile, func(t *testing.T) {
			p := exampleEpoch(t, era.profile)
			require.EqualValues(t, 100*testnode.TAO, p.Accrued, "a TAO a block, 100 blocks")
			require.Equal(t, era.owner, p.OwnerCut)
			require.Equal(t, era.unissued, p.Unissued, "rounding")
			half := float64(p.Accrued-p.OwnerCut) / 2
			paid := map[uint32]uint64{}
			for _, r := range p.Rewards {
				paid[r.Uid] = r.Miner + r.Validator
				require.InDelta(t, parts[r.Uid]/93*half, float64(paid[r.Uid]), 100, "uid %d", r.Uid)
				require.Equal(t, r.Uid == 37 || r.Uid == 42 || r.Uid == 27, r.Miner > 0, "uid %d", r.Uid)
			}
			require.Equal(t, era.paid, paid)
		})
	}
}

// TestClosedSubnetEarnsInTheEraOf2023: closing registration stopped the emission later only.
func TestClosedSubnetEarnsInTheEraOf2023(t *testing.T) {
	for profile, want := range map[string]uint64{genesis.Era2023: testnode.TAO, genesis.Era2024: 0} {
		w, err := testnode.NewTunedWorld(nil, genesis.Options{Profile: profile}, []string{"cold"})
		require.NoError(t, err)
		id, err := w.Subnet("closed")
		require.NoError(t, err)
		_, err = w.Must(w.Owner, &subnettypes.MsgSetHyperparameter{Coldkey: w.Owner.Address(), Netuid: id, Name: "registration_allowed", Value: "false"})
		require.NoError(t, err)
		require.NoError(t, w.Check())
		ctx, err := w.Context()
		require.NoError(t, err)
		g, err := incentive.Querier{Keeper: w.App.Incentive}.Metagraph(ctx, &incentivetypes.QueryMetagraphRequest{Netuid: id})
		require.NoError(t, err)
		require.Equal(t, want, g.Rate, profile)
	}
}
