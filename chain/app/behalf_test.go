package app_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/crypto"
	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/keys"
)

func wrapped(by *keys.Pair, msgs ...sdk.Msg) sdk.Msg {
	m := authz.NewMsgExec(by.Public(), msgs)
	m.Grantee = by.Address()
	return &m
}

func TestAProxyMayDoWhatItWasGrantedAndPaysForIt(t *testing.T) {
	m := newMarket(t, 10)
	m.epochs(t, 1)
	proxy, hot := testnode.Key("m2"), m.hot[0]
	weigh := &incentivetypes.MsgSetWeights{Hotkey: hot.Address(), Netuid: m.netuid, Uids: []uint32{2}, Values: []uint32{1}}
	res, err := m.Deliver(proxy, wrapped(proxy, weigh))
	require.NoError(t, err)
	require.NotZero(t, res.Code, "nothing was granted")

	_, err = m.Must(m.Owner, pays("owner", "v0-hot", testnode.TAO)) // a grant is no free call
	require.NoError(t, err)
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	grant, err := authz.NewMsgGrant(hot.Public(), proxy.Public(), authz.NewGenericAuthorization(sdk.MsgTypeURL(weigh)), &until)
	require.NoError(t, err)
	events, err := m.Must(hot, grant)
	require.NoError(t, err)
	for _, e := range events {
		for _, a := range e.Attributes {
			require.NotContains(t, a.Value, "ergon1")
		}
	}
	before := free(t, m.World, "m2")
	_, err = m.Must(proxy, wrapped(proxy, weigh))
	require.NoError(t, err)
	require.Less(t, free(t, m.World, "m2"), before, "what is wrapped is not free")
	res, err = m.Deliver(proxy, wrapped(proxy, &incentivetypes.MsgSetWeights{Hotkey: m.hot[1].Address(), Netuid: m.netuid}))
	require.NoError(t, err)
	require.NotZero(t, res.Code, "another's hotkey was not granted")

	_, err = m.Must(hot, &authz.MsgRevoke{Granter: hot.Address(), Grantee: proxy.Address(), MsgTypeUrl: sdk.MsgTypeURL(weigh)})
	require.NoError(t, err)
	res, err = m.Deliver(proxy, wrapped(proxy, weigh))
	require.NoError(t, err)
	require.NotZero(t, res.Code, "taken back")
	require.NoError(t, m.Check())
}

func TestAMultisigAccountActsWhenEnoughMembersSign(t *testing.T) {
	m := newMarket(t, 100)
	people := []*keys.Pair{testnode.Key("anna"), testnode.Key("ben"), testnode.Key("cleo")}
	team, err := crypto.NewMultisig(2, [][]byte{people[0].Public(), people[1].Public(), people[2].Public()})
	require.NoError(t, err)
	rao := func(n uint64) sdk.Coins { return sdk.NewCoins(sdk.NewCoin(app.Denom, math.NewIntFromUint64(n))) }
	fund := &banktypes.MsgSend{FromAddress: m.Owner.Address(), ToAddress: team.String(), Amount: rao(10 * testnode.TAO)}
	send := &banktypes.MsgSend{FromAddress: team.String(), ToAddress: m.Owner.Address(), Amount: rao(testnode.TAO)}
	_, err = m.Must(m.Owner, fund)
	require.NoError(t, err)

	ctx, err := m.Context()
	require.NoError(t, err)
	account := m.App.Accounts.GetAccount(ctx, sdk.AccAddress(team.Address()))
	require.NotNil(t, account)
	d := app.Draft{
		Msgs: []sdk.Msg{send}, PubKey: team, Size: team.SignatureSize(), ChainID: testnode.ChainID,
		Number: account.GetAccountNumber(), Sequence: account.GetSequence(),
	}
	payload, err := d.Payload(context.Background(), m.App.Encoding)
	require.NoError(t, err)
	sign := func(who ...*keys.Pair) []byte {
		signed := map[string][]byte{}
		for _, p := range who {
			s, err := p.Sign(payload)
			require.NoError(t, err)
			signed[string(p.Public())] = s
		}
		joined, err := team.Join(signed)
		require.NoError(t, err)
		tx, err := d.Finish(m.App.Encoding, joined)
		require.NoError(t, err)
		return tx
	}
	forged, err := d.Finish(m.App.Encoding, make([]byte, team.SignatureSize()))
	require.NoError(t, err)
	require.Error(t, door(t, m.App, forged))
	good := sign(people[0], people[2])
	require.NoError(t, door(t, m.App, good))
	res, err := m.Block(forged, good, sign(people[1], people[2]))
	require.NoError(t, err)
	require.NotZero(t, res.TxResults[0].Code)
	require.Zero(t, res.TxResults[1].Code, res.TxResults[1].Log)
	require.NotZero(t, res.TxResults[2].Code, "the same sequence again")
	ctx, err = m.Context()
	require.NoError(t, err)
	left := m.App.Stake.FreeBalance(ctx, team.Address())
	require.Less(t, left, uint64(9*testnode.TAO))
	require.Greater(t, left, uint64(8*testnode.TAO))
	require.NoError(t, m.Check())
}
