package randomops

import (
	"slices"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/testnode"
)

var accountGenerators = map[string]generator{
	"/cosmos.bank.v1beta1.MsgSend": func(s *scene) (call, bool) {
		from, to, amount := pick(s, s.cold), pick(s, slices.Concat(s.cold, s.hot)), s.rao()
		if s.chance(4) { // a new root may have nothing to pay its calls with
			to, amount = s.isRoot(), testnode.TAO
		}
		return call{from, &banktypes.MsgSend{FromAddress: from.Address(), ToAddress: to.Address(), Amount: coins(amount)}}, true
	},
	"/cosmos.bank.v1beta1.MsgMultiSend": func(s *scene) (call, bool) {
		from, sum := pick(s, s.cold), s.rao()%(1<<40)
		parts := []uint64{sum / 3, sum - sum/3}
		m := &banktypes.MsgMultiSend{Inputs: []banktypes.Input{{Address: from.Address(), Coins: coins(sum)}}}
		for _, p := range parts {
			m.Outputs = append(m.Outputs, banktypes.Output{Address: pick(s, s.cold).Address(), Coins: coins(p)})
		}
		return call{from, m}, true
	},
	"/cosmos.bank.v1beta1.MsgUpdateParams": func(s *scene) (call, bool) {
		return call{s.w.Root, &banktypes.MsgUpdateParams{Authority: s.w.Root.Address(), Params: banktypes.DefaultParams()}}, true
	},
	"/cosmos.bank.v1beta1.MsgSetSendEnabled": func(s *scene) (call, bool) {
		return call{s.w.Root, &banktypes.MsgSetSendEnabled{Authority: s.w.Root.Address(), SendEnabled: []*banktypes.SendEnabled{{Denom: app.Denom}}}}, true
	},
	"/cosmos.auth.v1beta1.MsgUpdateParams": func(s *scene) (call, bool) {
		return call{s.w.Root, &authtypes.MsgUpdateParams{Authority: s.w.Root.Address(), Params: authtypes.DefaultParams()}}, true
	},
	"/cosmos.consensus.v1.MsgUpdateParams": func(s *scene) (call, bool) {
		return call{s.w.Root, &consensustypes.MsgUpdateParams{
			Authority: s.w.Root.Address(), Block: &cmtproto.BlockParams{MaxBytes: 1 << 20, MaxGas: -1},
		}}, true
	},
}

func coins(rao uint64) sdk.Coins {
	return sdk.Coins{sdk.NewCoin(app.Denom, math.NewIntFromUint64(rao))}
}
