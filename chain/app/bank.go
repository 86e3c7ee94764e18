package app

import (
	"context"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/ss58"
)

// bankModule is the SDK's module with a MultiSend that reads SS58. All other calls of the SDK read
// addresses through the application's codec; MultiSend knows bech32 only.
type bankModule struct {
	bank.AppModule
	keeper bankkeeper.BaseKeeper
}

// RegisterServices registers the module's messages and queries.
func (m bankModule) RegisterServices(c module.Configurator) {
	banktypes.RegisterMsgServer(c.MsgServer(), bankServer{bankkeeper.NewMsgServerImpl(m.keeper)})
	banktypes.RegisterQueryServer(c.QueryServer(), m.keeper)
}

type bankServer struct{ banktypes.MsgServer }

// MultiSend pays several accounts in one message; addresses in either form.
func (s bankServer) MultiSend(ctx context.Context, m *banktypes.MsgMultiSend) (*banktypes.MsgMultiSendResponse, error) {
	plain := &banktypes.MsgMultiSend{}
	for _, in := range m.Inputs {
		address, err := bech32(in.Address)
		if err != nil {
			return nil, err
		}
		plain.Inputs = append(plain.Inputs, banktypes.Input{Address: address, Coins: in.Coins})
	}
	for _, out := range m.Outputs {
		address, err := bech32(out.Address)
		if err != nil {
			return nil, err
		}
		plain.Outputs = append(plain.Outputs, banktypes.Output{Address: address, Coins: out.Coins})
	}
	return s.MsgServer.MultiSend(ctx, plain)
}

func bech32(address string) (string, error) {
	raw, err := ss58.Codec{}.StringToBytes(address)
	if err != nil {
		return "", err
	}
	return ss58.Codec{}.BytesToString(raw)
}
