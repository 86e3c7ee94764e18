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
	at := func(n int) string { // 0: before the first
		if n == 0 {
			return ""
		}
		return addressOf(2000 + n - 1)
	}
	for name, c := range map[string]struct {
		first        int // entries before the page
		limit        uint64
		count        int
		next, behind string
	}{
		"default":     {0, 0, 100, addressOf(2099), ""},
		"second page": {100, 100, 21, "", ""},
		"middle":      {5, 2, 2, addressOf(2006), ""},
		"exactly all": {0, 121, 121, "", ""},
		"huge limit":  {119, 1 << 63, 2, "", ""},
		"at the end":  {121, 10, 0, "", addressOf(11)},
	} {
		t.Run(name, func(t *testing.T) {
			after := c.behind
			if after == "" {
				after = at(c.first)
			}
			res, err := q.Stakes(f.ctx, &types.QueryStakesRequest{Coldkey: addressOf(2), After: after, Limit: c.limit})
			require.NoError(t, err)
			require.Len(t, res.Stakes, c.count)
			require.Equal(t, c.next, res.Next)
			for i, s := range res.Stakes {
				if n := c.first + i; n < 120 {
					require.Equal(t, &types.Stake{Hotkey: addressOf(2000 + n), Amount: tao + uint64(n), Registered: true}, s)
				} else {
					require.Equal(t, &types.Stake{Hotkey: addressOf(11), Owner: true, Registered: true}, s, "an owned hotkey is listed even without stake")
				}
			}
		})
	}
	_, err := q.Stakes(f.ctx, &types.QueryStakesRequest{Coldkey: addressOf(2), After: addressOf(77)})
	require.ErrorIs(t, err, types.ErrHotkeyNotFound)
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

// TestQueryIsBounded: the work of an answer does not grow with what a coldkey backs.
func TestQueryIsBounded(t *testing.T) {
	f := market(t)
	for i := range uint64(maxBacked) {
		require.NoError(t, f.keeper.backed.Set(f.ctx, pairOf(1, 1000+i)))
	}
	q := NewQueryServer(f.keeper)
	_, err := q.Balance(f.ctx, &types.QueryBalanceRequest{Address: addressOf(1)})
	require.ErrorIs(t, err, types.ErrTooMany)
	res, err := q.Stakes(f.ctx, &types.QueryStakesRequest{Coldkey: addressOf(1), Limit: 2})
	require.NoError(t, err, "the list has no end")
	require.Len(t, res.Stakes, 2)
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
