package types

import (
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces makes the module's messages known to the transaction codec.
func RegisterInterfaces(r codectypes.InterfaceRegistry) {
	r.RegisterImplementations((*sdk.Msg)(nil), &MsgSetWeights{}, &MsgCommitWeights{}, &MsgRevealWeights{}, &MsgSetRootWeights{}, &MsgSetParam{})
	msgservice.RegisterMsgServiceDesc(r, &_Msg_serviceDesc)
}
