// Package app is the ledger: a Cosmos SDK application wired by hand from the modules in chain/x.
// It knows nothing of networking; chain/node runs it, chain/testnode drives it block by block.
package app

import (
	"github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	sdkaddress "github.com/cosmos/cosmos-sdk/codec/address"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/std"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/tx/signing"

	"github.com/ergon-network/ergon/chain/crypto"
	"github.com/ergon-network/ergon/chain/ss58"
	"github.com/ergon-network/ergon/chain/x/authority"
	"github.com/ergon-network/ergon/chain/x/beacon"
	"github.com/ergon-network/ergon/chain/x/incentive"
	"github.com/ergon-network/ergon/chain/x/stake"
	"github.com/ergon-network/ergon/chain/x/subnet"
	"github.com/ergon-network/ergon/chain/x/upgrade"
)

// Denom is the only coin: 1 TAO = 1e9 rao (chain §1.1).
const Denom = "rao"

// The SDK prints account ids as bech32 in its own plumbing, under a prefix that is global to the
// process. Users never see that form: app.FinalizeBlock and the node's REST server rewrite it.
func init() {
	c := sdk.GetConfig()
	c.SetBech32PrefixForAccount(ss58.HRP, ss58.HRP+"pub")
	c.SetBech32PrefixForValidator(ss58.HRP+"val", ss58.HRP+"valpub")
	c.SetBech32PrefixForConsensusNode(ss58.HRP+"cons", ss58.HRP+"conspub")
}

// Encoding bundles the codecs that transactions and queries use.
type Encoding struct {
	Registry codectypes.InterfaceRegistry
	Codec    codec.Codec
	Amino    *codec.LegacyAmino
	TxConfig client.TxConfig
}

// MakeEncoding builds the codecs. Addresses in messages are SS58.
func MakeEncoding() (Encoding, error) {
	reg, err := codectypes.NewInterfaceRegistryWithOptions(codectypes.InterfaceRegistryOptions{
		ProtoFiles: proto.HybridResolver,
		SigningOptions: signing.Options{
			AddressCodec:          ss58.Codec{},
			ValidatorAddressCodec: sdkaddress.NewBech32Codec(ss58.HRP + "val"),
		},
	})
	if err != nil {
		return Encoding{}, err
	}
	cdc := codec.NewProtoCodec(reg)
	amino := codec.NewLegacyAmino()
	std.RegisterInterfaces(reg)
	std.RegisterLegacyAminoCodec(amino)
	crypto.RegisterInterfaces(reg)
	Basics().RegisterInterfaces(reg)
	return Encoding{reg, cdc, amino, authtx.NewTxConfig(cdc, authtx.DefaultSignModes)}, nil
}

// Basics lists the modules for what needs no keeper: codecs, default genesis, REST routes.
func Basics() module.BasicManager {
	return module.NewBasicManager(auth.AppModuleBasic{}, bank.AppModuleBasic{}, authzmodule.AppModuleBasic{}, consensus.AppModuleBasic{},
		genutil.NewAppModuleBasic(genutiltypes.DefaultMessageValidator),
		authority.AppModule{}, beacon.AppModule{}, stake.AppModule{}, subnet.AppModule{}, incentive.AppModule{}, upgrade.AppModule{})
}
