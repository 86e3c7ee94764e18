package types_test

import (
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/x/stake/types"
	"github.com/ergon-network/ergon/keys"
)

// message is one that validates itself and can be decoded.
type message interface {
	sdk.HasValidateBasic
	proto.Message
	Marshal() ([]byte, error)
	Unmarshal([]byte) error
}

// messages is one of each kind.
func messages() []message {
	return []message{
		&types.MsgAddStake{}, &types.MsgRemoveStake{}, &types.MsgRemoveAllStake{}, &types.MsgMoveStake{}, &types.MsgBecomeDelegate{},
		&types.MsgDecreaseTake{}, &types.MsgIncreaseTake{}, &types.MsgSwapHotkey{}, &types.MsgScheduleColdkeySwap{},
		&types.MsgExecuteColdkeySwap{}, &types.MsgCancelColdkeySwap{}, &types.MsgSetParams{},
	}
}

// FuzzValidateBasic decodes any bytes as each message: nothing panics, and what is valid is so again
// after it was encoded.
func FuzzValidateBasic(f *testing.F) {
	address := keys.SS58(make([]byte, 32))
	for _, m := range []message{
		&types.MsgMoveStake{Coldkey: address, From: address, To: address, Amount: 1, All: true},
		&types.MsgRemoveAllStake{Coldkey: address, After: "5"},
		&types.MsgSetParams{Root: address, Params: types.DefaultParams()},
		&types.MsgSwapHotkey{Coldkey: address, Old: address, New: "ergon1", MaxCost: 1},
	} {
		raw, err := m.Marshal()
		require.NoError(f, err)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for i, m := range messages() {
			if m.Unmarshal(raw) != nil || m.ValidateBasic() != nil {
				continue
			}
			again, err := m.Marshal()
			require.NoError(t, err)
			second := messages()[i]
			require.NoError(t, second.Unmarshal(again))
			require.NoError(t, second.ValidateBasic())
		}
	})
}

// FuzzGenesis holds the check of a whole state against any bytes.
func FuzzGenesis(f *testing.F) {
	raw, err := types.DefaultGenesis().Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(_ *testing.T, raw []byte) {
		var g types.GenesisState
		if g.Unmarshal(raw) == nil {
			_ = g.Validate()
		}
	})
}
