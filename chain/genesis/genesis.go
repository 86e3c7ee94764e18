// Package genesis writes the first block of a ledger: who holds what, who produces blocks, and
// under which profile of rules. A profile is a name for a set of parameters; `ergon subnet
// params` shows what it set.
package genesis

import (
	"encoding/json"
	"fmt"
	"time"

	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/keys"
)

// Balance is what one account holds at genesis.
type Balance struct {
	Address string `json:"address"` // SS58
	Rao     uint64 `json:"rao"`
}

// Options describe a new ledger.
type Options struct {
	ChainID   string
	Time      time.Time
	Profile   string // one of Profiles
	Tempo     uint32 // blocks; 0 keeps the profile's
	Producers []authoritytypes.Producer
	Balances  []Balance
	Root      string // SS58 of the account with the powers of root; empty: nobody
	// Tune and TuneIncentive, when set, change the profile's parameters last.
	Tune          func(*subnettypes.Params)
	TuneIncentive func(*incentivetypes.Params)
}

// New builds the genesis document. It fails, naming the value, when a profile is unknown, an
// address does not parse, an account is listed twice, or the balances exceed the cap.
func New(o Options) (*cmttypes.GenesisDoc, error) {
	enc, err := app.MakeEncoding()
	if err != nil {
		return nil, err
	}
	bank, issued, err := bankSection(o.Balances)
	if err != nil {
		return nil, err
	}
	subnets, incentive, err := rules(o)
	if err != nil {
		return nil, err
	}
	state := app.Basics().DefaultGenesis(enc.Codec)
	state[banktypes.ModuleName] = enc.Codec.MustMarshalJSON(bank)
	state[authoritytypes.ModuleName] = enc.Codec.MustMarshalJSON(&authoritytypes.GenesisState{Producers: o.Producers, Params: authoritytypes.Params{Root: o.Root}})
	state[subnettypes.ModuleName] = enc.Codec.MustMarshalJSON(&subnettypes.GenesisState{Params: subnets})
	state[staketypes.ModuleName] = enc.Codec.MustMarshalJSON(&staketypes.GenesisState{Params: stakeParams(o.Profile)})
	state[incentivetypes.ModuleName] = enc.Codec.MustMarshalJSON(&incentivetypes.GenesisState{
		Params: incentive, BlockEmission: issuance.BlockEmission(issued),
	})
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxBytes = 4 << 20
	params.ABCI.VoteExtensionsEnableHeight = 2 // the beacon's values
	doc := &cmttypes.GenesisDoc{
		ChainID: o.ChainID, GenesisTime: o.Time.UTC(), InitialHeight: 1, ConsensusParams: params, AppState: raw,
	}
	return doc, doc.ValidateAndComplete()
}

func bankSection(balances []Balance) (*banktypes.GenesisState, uint64, error) {
	g := banktypes.DefaultGenesisState()
	seen := map[string]bool{}
	var issued uint64
	for _, b := range balances {
		if _, err := keys.ParseSS58(b.Address); err != nil {
			return nil, 0, fmt.Errorf("genesis balance: %w", err)
		}
		if seen[b.Address] {
			return nil, 0, fmt.Errorf("genesis balance: %s is listed twice", b.Address)
		}
		seen[b.Address] = true
		if b.Rao > issuance.Cap || issued+b.Rao > issuance.Cap {
			return nil, 0, fmt.Errorf("genesis balances exceed the cap of %d TAO at %s", issuance.Cap/issuance.TAO, b.Address)
		}
		issued += b.Rao
		coin := sdk.NewCoin(app.Denom, math.NewIntFromUint64(b.Rao))
		g.Balances = append(g.Balances, banktypes.Balance{Address: b.Address, Coins: sdk.NewCoins(coin)})
	}
	return g, issued, nil
}

func stakeParams(profile string) staketypes.Params {
	if profile == Localnet {
		return staketypes.LocalnetParams()
	}
	return staketypes.DefaultParams()
}
