package fees_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/fees"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// A message without a line in the table pays; it is meant to have one all the same.
func TestEveryMessageHasARule(t *testing.T) {
	enc, err := app.MakeEncoding()
	require.NoError(t, err)
	all := enc.Registry.ListImplementations(sdk.MsgInterfaceProtoName)
	require.NotEmpty(t, all)
	for _, url := range all {
		require.Truef(t, fees.Ruled(url), "%s has no line in chain/fees/rules.go: say whether it pays and in which lane it travels", url)
	}
}

func TestWhatIsFree(t *testing.T) {
	weights := &incentivetypes.MsgSetWeights{Hotkey: "h", Netuid: 1}
	set := func(name string) sdk.Msg {
		return &subnettypes.MsgSetHyperparameter{Coldkey: "c", Netuid: 1, Name: name}
	}
	exec := authz.NewMsgExec(make([]byte, 32), []sdk.Msg{weights})
	for name, c := range map[string]struct {
		msgs []sdk.Msg
		lane fees.Lane
		free bool
	}{
		"weights":           {[]sdk.Msg{weights}, fees.Weights, true},
		"registration":      {[]sdk.Msg{&subnettypes.MsgRegister{}}, fees.Registrations, true},
		"stake":             {[]sdk.Msg{&staketypes.MsgAddStake{}}, fees.Free, true},
		"a batch":           {[]sdk.Msg{weights, weights}, fees.Paid, false},
		"transfer":          {[]sdk.Msg{&banktypes.MsgSend{}}, fees.Paid, false},
		"on behalf":         {[]sdk.Msg{&exec}, fees.Paid, false},
		"owner's setting":   {[]sdk.Msg{set("tempo")}, fees.Paid, false},
		"adjustment alpha":  {[]sdk.Msg{set("adjustment_alpha")}, fees.Free, true},
		"registration on":   {[]sdk.Msg{set("registration_allowed")}, fees.Free, true},
		"no message at all": {nil, fees.Paid, false},
	} {
		got := fees.Of(c.msgs, false)
		require.Equal(t, c.lane, got.Lane, name)
		require.Equal(t, c.free, got.Free(), name)
		require.False(t, fees.Of(c.msgs, true).Free(), "%s: what offers a fee pays it", name)
	}
	other := &incentivetypes.MsgSetWeights{Hotkey: "h", Netuid: 2}
	require.NotEqual(t, fees.Of([]sdk.Msg{weights}, false).Slot, fees.Of([]sdk.Msg{other}, false).Slot)
}

func TestCallsCountsWhatIsWrapped(t *testing.T) {
	who := make([]byte, keys.PublicSize)
	wrap := func(msgs ...sdk.Msg) sdk.Msg { m := authz.NewMsgExec(who, msgs); return &m }
	send := &banktypes.MsgSend{}
	count := func(msgs ...sdk.Msg) [2]int { c, d := fees.Calls(msgs); return [2]int{c, d} }
	require.Equal(t, [2]int{1, 0}, count(send))
	require.Equal(t, [2]int{3, 1}, count(wrap(send, send)))
	require.Equal(t, [2]int{4, 2}, count(wrap(wrap(send)), send))
	require.Equal(t, [2]int{3, 0}, count(&banktypes.MsgMultiSend{Outputs: make([]banktypes.Output, 2)}))
	deep := wrap(send)
	for range 10 {
		deep = wrap(deep)
	}
	_, depth := fees.Calls([]sdk.Msg{deep})
	require.Equal(t, fees.MaxDepth+1, depth, "it looks no deeper than it has to")
	many := make([]sdk.Msg, 1000)
	for i := range many {
		many[i] = send
	}
	calls, _ := fees.Calls([]sdk.Msg{wrap(many...)})
	require.Greater(t, calls, fees.MaxCalls)
	require.LessOrEqual(t, calls, fees.MaxCalls+2, "it counts no further than it has to")
}
