package purse_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/internal/purse"
)

// full is a subnet at block 1000 with immunity for 100 blocks, whose uids were registered and earn so.
func full(variant string, registered, emission []uint64, scores []uint32) *incentivetypes.QueryMetagraphResponse {
	r := &incentivetypes.QueryMetagraphResponse{Height: 1000}
	r.Subnet.Owner, r.Subnet.Hyper.YumaVariant, r.Subnet.Hyper.ImmunityPeriod = "owner", variant, 100
	for i := range registered {
		r.Neurons = append(r.Neurons, incentivetypes.NeuronInfo{
			Uid: uint32(i), Coldkey: "miner", RegisteredAt: registered[i], Emission: emission[i], PruningScore: scores[i],
		})
	}
	return r
}

func orders(tenures []purse.Tenure) (out []int) {
	for _, t := range tenures {
		out = append(out, t.Order)
	}
	return out
}

func TestTenuresFollowTheLedgersRules(t *testing.T) {
	old := []uint64{10, 20, 30, 950}
	got := purse.Tenures(full("2024", old, []uint64{0, 0, 0, 0}, []uint32{7, 3, 3, 1}))
	require.Equal(t, []int{3, 2, 1, 4}, orders(got), "the lowest score, of equals the highest uid, then the immune")
	require.EqualValues(t, 49, got[3].Immune, "950 + 100 - 1001")
	require.Zero(t, got[0].Immune)

	// The form of 2026 touches immune uids while no more than ten others are left.
	got = purse.Tenures(full(subnettypes.Variant2026, old, []uint64{5, 1, 1, 0}, make([]uint32, 4)))
	require.Equal(t, []int{0, 0, 0, 1}, orders(got))

	many := full(subnettypes.Variant2026, make([]uint64, 14), make([]uint64, 14), make([]uint32, 14))
	for i := range many.Neurons {
		many.Neurons[i].RegisteredAt, many.Neurons[i].Emission = uint64(1+i), uint64(100-i)
	}
	many.Neurons[13].Coldkey = "owner"
	got = purse.Tenures(many)
	require.True(t, got[13].Protected)
	require.Equal(t, []int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2, 1, 0}, orders(got), "three go; then ten are left, and after them the newcomers")
	require.Empty(t, purse.Tenures(full("2024", nil, nil, nil)))
}

func TestErrorsShowNoSource(t *testing.T) {
	err := purse.Usage("%q: %v", "x", subnettypes.ErrHyperparameter.Wrap("too large"))
	require.Equal(t, `"x": too large: InvalidHyperparameter`, err.Error())
	require.ErrorIs(t, err, purse.ErrUsage)
	require.Equal(t, "no: why", purse.Refused("no: %v", errors.New("why")).Error())
}
