package authority

import (
	"bytes"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/keys"
)

// nobody is the account whose bytes are all 8.
var nobody = keys.SS58(bytes.Repeat([]byte{8}, 32))

// ledger is a set of n producers and the messages that change it.
func ledger(t *testing.T, n int) (sdk.Context, Keeper, types.MsgServer) {
	t.Helper()
	ctx, _, k := setup()
	_, err := k.InitGenesis(ctx, genesis(n))
	require.NoError(t, err)
	return ctx, k, NewMsgServer(k)
}

func key(fill byte) []byte { return bytes.Repeat([]byte{fill}, 32) }

func TestAddProducerErrorsInOrder(t *testing.T) {
	good := func() *types.MsgAddProducer {
		return &types.MsgAddProducer{Root: root, Name: "new", PubKey: key(200), Power: 5}
	}
	spoils := []struct {
		want  error
		spoil func(*types.MsgAddProducer)
	}{
		{types.ErrNotRoot, func(m *types.MsgAddProducer) { m.Root = nobody }},
		{types.ErrName, func(m *types.MsgAddProducer) { m.Name = strings.Repeat("x", types.MaxName+1) }},
		{types.ErrKey, func(m *types.MsgAddProducer) { m.PubKey = m.PubKey[1:] }},
		{types.ErrPower, func(m *types.MsgAddProducer) { m.Power = 0 }},
		{types.ErrPower, func(m *types.MsgAddProducer) { m.Power = types.MaxPower + 1 }},
	}
	ctx, k, s := ledger(t, 3)
	for i := range spoils {
		m := good()
		for _, later := range spoils[i:] { // the first thing wrong is what is told
			later.spoil(m)
		}
		_, err := s.AddProducer(ctx, m)
		require.ErrorIs(t, err, spoils[i].want)
	}
	twice := good()
	twice.PubKey = key(2)
	_, err := s.AddProducer(ctx, twice)
	require.ErrorIs(t, err, types.ErrKnown)
	_, err = s.AddProducer(ctx, good())
	require.NoError(t, err)
	set, err := k.Producers(ctx)
	require.NoError(t, err)
	require.Equal(t, types.Producer{Name: "new", PubKey: key(200), Power: 5}, set[3])

	ctx, _, s = ledger(t, types.MaxProducers)
	_, err = s.AddProducer(ctx, good())
	require.ErrorIs(t, err, types.ErrTooMany)
	_, err = s.AddProducer(ctx, &types.MsgAddProducer{Root: root, PubKey: key(2), Power: 1})
	require.ErrorIs(t, err, types.ErrKnown, "told before the number")
}

func TestRemoveProducerErrorsInOrder(t *testing.T) {
	ctx, k, s := ledger(t, 2)
	remove := func(signer string, key []byte) error {
		_, err := s.RemoveProducer(ctx, &types.MsgRemoveProducer{Root: signer, PubKey: key})
		return err
	}
	require.ErrorIs(t, remove(nobody, nil), types.ErrNotRoot)
	require.ErrorIs(t, remove("5nobody", nil), types.ErrNotRoot)
	require.ErrorIs(t, remove(root, nil), types.ErrKey)
	require.ErrorIs(t, remove(root, key(9)), types.ErrUnknownProducer)
	require.NoError(t, remove(root, key(2)))
	require.ErrorIs(t, remove(root, key(2)), types.ErrUnknownProducer)
	require.ErrorIs(t, remove(root, key(1)), types.ErrLastProducer)
	_, err := k.EndBlock(ctx)
	require.NoError(t, err)
	require.NoError(t, k.Invariants(ctx), "positions have no gaps")
}

func TestSetPowerErrorsInOrder(t *testing.T) {
	ctx, _, s := ledger(t, 2)
	set := func(signer string, key []byte, power int64) error {
		_, err := s.SetPower(ctx, &types.MsgSetPower{Root: signer, PubKey: key, Power: power})
		return err
	}
	require.ErrorIs(t, set(nobody, nil, 0), types.ErrNotRoot)
	require.ErrorIs(t, set(root, nil, 0), types.ErrKey)
	require.ErrorIs(t, set(root, key(9), 0), types.ErrPower)
	require.ErrorIs(t, set(root, key(9), -1), types.ErrPower)
	require.ErrorIs(t, set(root, key(9), types.MaxPower+1), types.ErrPower)
	require.ErrorIs(t, set(root, key(9), 5), types.ErrUnknownProducer)
	require.ErrorIs(t, set(root, key(2), 10), types.ErrUnchanged)
	require.NoError(t, set(root, key(2), types.MaxPower))
}

func TestSetRootHandsThePowersOver(t *testing.T) {
	ctx, k, s := ledger(t, 2)
	hand := func(from, to string) error {
		_, err := s.SetRoot(ctx, &types.MsgSetRoot{Root: from, NewRoot: to})
		return err
	}
	require.ErrorIs(t, hand(nobody, nobody), types.ErrNotRoot)
	require.ErrorIs(t, hand(root, ""), types.ErrRoot, "nobody could take the powers back")
	require.ErrorIs(t, hand(root, "5nobody"), types.ErrRoot)
	require.ErrorIs(t, hand(root, sdk.AccAddress(bytes.Repeat([]byte{1}, 20)).String()), types.ErrRoot, "a module holds no key")
	require.ErrorIs(t, hand(root, root), types.ErrUnchanged)
	require.NoError(t, hand(root, nobody))
	require.ErrorIs(t, hand(root, root), types.ErrNotRoot)
	is, err := k.IsRoot(ctx, bytes.Repeat([]byte{8}, 32))
	require.NoError(t, err)
	require.True(t, is)
	e := ctx.EventManager().Events()
	require.Equal(t, sdk.NewEvent(types.EventRootSet, sdk.NewAttribute("coldkey", root), sdk.NewAttribute("root", nobody)), e[len(e)-1])
}

// TestTheEngineIsToldTheSumOfABlock: somebody it never knew must not be removed, nothing is told
// twice, and a block without changes tells nothing.
func TestTheEngineIsToldTheSumOfABlock(t *testing.T) {
	add := func(t *testing.T, ctx sdk.Context, s types.MsgServer, fill byte, power int64) {
		t.Helper()
		_, err := s.AddProducer(ctx, &types.MsgAddProducer{Root: root, PubKey: key(fill), Power: power})
		require.NoError(t, err)
	}
	remove := func(t *testing.T, ctx sdk.Context, s types.MsgServer, fill byte) {
		t.Helper()
		_, err := s.RemoveProducer(ctx, &types.MsgRemoveProducer{Root: root, PubKey: key(fill)})
		require.NoError(t, err)
	}
	power := func(t *testing.T, ctx sdk.Context, s types.MsgServer, fill byte, power int64) {
		t.Helper()
		_, err := s.SetPower(ctx, &types.MsgSetPower{Root: root, PubKey: key(fill), Power: power})
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		do   func(*testing.T, sdk.Context, types.MsgServer)
		want []abci.ValidatorUpdate
	}{
		"nothing": {func(*testing.T, sdk.Context, types.MsgServer) {}, nil},
		"came and went": {func(t *testing.T, ctx sdk.Context, s types.MsgServer) {
			add(t, ctx, s, 50, 5)
			remove(t, ctx, s, 50)
		}, nil},
		"went and came back": {func(t *testing.T, ctx sdk.Context, s types.MsgServer) {
			remove(t, ctx, s, 2)
			add(t, ctx, s, 2, 11)
		}, nil},
		"went and came back stronger": {func(t *testing.T, ctx sdk.Context, s types.MsgServer) {
			remove(t, ctx, s, 2)
			add(t, ctx, s, 2, 99)
		}, []abci.ValidatorUpdate{abci.Ed25519ValidatorUpdate(key(2), 99)}},
		"all at once": {func(t *testing.T, ctx sdk.Context, s types.MsgServer) {
			add(t, ctx, s, 50, 5)
			power(t, ctx, s, 50, 6)
			power(t, ctx, s, 1, 7)
			remove(t, ctx, s, 3)
		}, []abci.ValidatorUpdate{
			abci.Ed25519ValidatorUpdate(key(3), 0), abci.Ed25519ValidatorUpdate(key(1), 7), abci.Ed25519ValidatorUpdate(key(50), 6),
		}},
		"there and back": {func(t *testing.T, ctx sdk.Context, s types.MsgServer) {
			power(t, ctx, s, 1, 7)
			power(t, ctx, s, 1, 12)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, k, s := ledger(t, 3)
			c.do(t, ctx, s)
			updates, err := k.EndBlock(ctx)
			require.NoError(t, err)
			require.Equal(t, c.want, updates)
			require.NoError(t, k.Invariants(ctx))
			updates, err = k.EndBlock(ctx)
			require.NoError(t, err)
			require.Empty(t, updates, "the next block")
		})
	}
}

func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		powers []int64
		want   int
		says   string
	}{
		{[]int64{10}, 0, "one producer tolerates no crash"},
		{[]int64{10, 10, 10}, 0, "three producers tolerate no crash"},
		{[]int64{10, 10, 10, 10}, 1, "four producers tolerate one crash"},
		{[]int64{10, 10, 10, 30}, 0, "four producers tolerate no crash"},
		{[]int64{1, 1, 1, 1, 1, 1, 1}, 2, "seven producers tolerate two crashes"},
	} {
		var set []types.Producer
		for i, p := range c.powers {
			set = append(set, producer(byte(i), p))
		}
		require.Equal(t, c.want, types.Tolerates(set))
		require.Equal(t, c.says, types.Tolerance(set))
	}
	require.Equal(t, 42, types.Tolerates(genesisOf(128)))
	require.Zero(t, types.Tolerates(nil))
}

func genesisOf(n int) (set []types.Producer) {
	for i := range n {
		set = append(set, producer(byte(i), 1))
	}
	return set
}

func TestExportNamesTheCurrentSet(t *testing.T) {
	ctx, k, s := ledger(t, 3)
	_, err := s.RemoveProducer(ctx, &types.MsgRemoveProducer{Root: root, PubKey: key(2)})
	require.NoError(t, err)
	_, err = s.SetPower(ctx, &types.MsgSetPower{Root: root, PubKey: key(1), Power: 77})
	require.NoError(t, err)
	_, err = k.EndBlock(ctx)
	require.NoError(t, err)
	g, err := k.ExportGenesis(ctx)
	require.NoError(t, err)
	again, _, k2 := setup()
	updates, err := k2.InitGenesis(again, g)
	require.NoError(t, err)
	require.Equal(t, []abci.ValidatorUpdate{abci.Ed25519ValidatorUpdate(key(3), 10), abci.Ed25519ValidatorUpdate(key(1), 77)}, updates)
	g2, err := k2.ExportGenesis(again)
	require.NoError(t, err)
	require.Equal(t, g, g2)
}
