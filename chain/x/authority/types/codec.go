package types

import (
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
)

// RegisterInterfaces makes the module's messages decodable inside transactions.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*sdk.Msg)(nil), &MsgAddProducer{}, &MsgRemoveProducer{}, &MsgSetPower{}, &MsgSetRoot{})
	msgservice.RegisterMsgServiceDesc(registry, &_Msg_serviceDesc)
}
