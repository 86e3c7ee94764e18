package types

import (
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces makes the module's messages decodable inside transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgAddStake{}, &MsgRemoveStake{}, &MsgRemoveAllStake{},
		&MsgMoveStake{}, &MsgBecomeDelegate{}, &MsgDecreaseTake{}, &MsgIncreaseTake{}, &MsgSwapHotkey{},
		&MsgScheduleColdkeySwap{}, &MsgExecuteColdkeySwap{}, &MsgCancelColdkeySwap{}, &MsgSetParams{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
