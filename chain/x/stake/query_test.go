package stake

import (
	"testing"

	"cosmossdk.io/collections"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
)

func pairOf(a, b uint64) pair { return collections.Join(a, b) }

func TestQueryHotkey(t *testing.T) {
	f := market(t)
	q := NewQueryServer(f.keeper)
	res, err := q.Hotkey(f.ctx, &types.QueryHotkeyRequest{Hotkey: addressOf(10)})
	require.NoError(t, err)
	require.Equal(t, &types.QueryHotkeyResponse{Hotkey: addressOf(10), Owner: addressOf(1), Delegate: true, Take: types.DefaultTake,
		Own: tao, Pool: tao, Nominators: 1, Slots: 1}, res)
	_, err = q.Hotkey(f.ctx, &types.QueryHotkeyRequest{Hotkey: addressOf(12)})
	require.Equal(t, codes.NotFound, status.Code(err))
	for _, bad := range []*types.QueryHotkeyRequest{nil, {}, {Hotkey: "nonsense"}} {
		_, err = q.Hotkey(f.ctx, bad)
		require.ErrorIs(t, err, types.ErrAccount)
	}
}

func TestQueryStakesPages(t *testing.T) {
	f := newFixture(t)
	f.fund(nominator, 1000*tao)
	for i := range 120 {
		f.delegate(key(2000+i), owner, 0)
		_, err := f.keeper.AddStake(f.ctx, nominator, key(2000+i), tao+uint64(i))
		require.NoError(t, err)
	}
	f.own(private, nominator)
	q := NewQueryServer(f.keeper)
	for name, c := range map[string]struct {
		offset, limit uint64
		first, count  int
	}{
		"default":     {0, 0, 0, 100},
		"second page": {100, 100, 100, 21},
		"middle":      {5, 2, 5, 2},
		"at the end":  {121, 10, 0, 0},
		"beyond":      {1 << 63, 10, 0, 0},
		"huge limit":  {119, 1 << 63, 119, 2},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := q.Stakes(f.ctx, &types.QueryStakesRequest{Coldkey: addressOf(2), Offset: c.offset, Limit: c.limit})
			require.NoError(t, err)
			require.EqualValues(t, 121, res.Total)
			require.Len(t, res.Stakes, c.count)
			for i, s := range res.Stakes {
				if n := c.first + i; n < 120 {
					require.Equal(t, &types.Stake{Hotkey: addressOf(2000 + n), Amount: tao + uint64(n), Registered: true}, s)
				} else {
					require.Equal(t, &types.Stake{Hotkey: addressOf(11), Owner: true, Registered: true}, s, "an owned hotkey is listed even without stake")
				}
			}
		})
	}
	balance, err := q.Balance(f.ctx, &types.QueryBalanceRequest{Address: addressOf(2)})
	require.NoError(t, err)
	require.Equal(t, uint64(120*tao+119*120/2), balance.Staked)
	require.Equal(t, uint64(1000*tao)-balance.Staked, balance.Free)
}

func TestQueryBalanceOfUnknownAndModule(t *testing.T) {
	f := market(t)
	q := NewQueryServer(f.keeper)
	res, err := q.Balance(f.ctx, &types.QueryBalanceRequest{Address: addressOf(99)})
	require.NoError(t, err)
	require.Equal(t, &types.QueryBalanceResponse{}, res)
	res, err = q.Balance(f.ctx, &types.QueryBalanceRequest{Address: sdk.AccAddress(authtypes.NewModuleAddress(types.ModuleName)).String()})
	require.NoError(t, err)
	require.Equal(t, &types.QueryBalanceResponse{Free: 3 * tao}, res)
	_, err = q.Balance(f.ctx, &types.QueryBalanceRequest{})
	require.ErrorIs(t, err, types.ErrAccount)
}

func TestQueryIsBounded(t *testing.T) {
	f := market(t)
	for i := range uint64(maxBacked) {
		require.NoError(t, f.keeper.backed.Set(f.ctx, pairOf(1, 1000+i)))
	}
	_, err := NewQueryServer(f.keeper).Stakes(f.ctx, &types.QueryStakesRequest{Coldkey: addressOf(1)})
	require.ErrorIs(t, err, types.ErrTooMany)
}

func TestQueryIssuance(t *testing.T) {
	f := market(t)
	res, err := NewQueryServer(f.keeper).Issuance(f.ctx.WithBlockHeight(12), &types.QueryIssuanceRequest{})
	require.NoError(t, err)
	require.Equal(t, uint64(9*tao), res.Issuance)
	require.Equal(t, uint64(7), res.BlockEmission)
	require.Equal(t, uint64(9*tao+1), res.NextHalving)
	require.Equal(t, uint64(12), res.Height)
	require.Equal(t, types.Totals{Staked: 3 * tao}, res.Totals)
}
