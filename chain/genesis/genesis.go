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

// Profiles of rules a new ledger can start under.
const (
	Mainnet  = "mainnet"  // the values of chain §4.4 and yuma §8
	Localnet = "localnet" // short tempo, no rate limits, cheap subnets: for a laptop
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
	Profile   string // Mainnet or Localnet
	Tempo     uint32 // blocks; 0 keeps the profile's
	Producers []authoritytypes.Producer
	Balances  []Balance
	Root      string // SS58 of the account with the powers of root; empty: nobody
	// Tune, when set, changes the profile's subnet parameters last.
	Tune func(*subnettypes.Params)
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
	subnets, err := subnetParams(o)
	if err != nil {
		return nil, err
	}
	state := app.Basics().DefaultGenesis(enc.Codec)
	state[banktypes.ModuleName] = enc.Codec.MustMarshalJSON(bank)
	state[authoritytypes.ModuleName] = enc.Codec.MustMarshalJSON(&authoritytypes.GenesisState{Producers: o.Producers, Params: authoritytypes.Params{Root: o.Root}})
	state[subnettypes.ModuleName] = enc.Codec.MustMarshalJSON(&subnettypes.GenesisState{Params: subnets})
	state[staketypes.ModuleName] = enc.Codec.MustMarshalJSON(&staketypes.GenesisState{Params: staketypes.DefaultParams()})
	state[incentivetypes.ModuleName] = enc.Codec.MustMarshalJSON(&incentivetypes.GenesisState{
		Params: incentiveParams(o.Profile), BlockEmission: issuance.BlockEmission(issued),
	})
	raw, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxBytes = 4 << 20
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

func subnetParams(o Options) (subnettypes.Params, error) {
	var p subnettypes.Params
	switch o.Profile {
	case Mainnet:
		p = subnettypes.DefaultParams()
	case Localnet:
		p = subnettypes.LocalnetParams()
	default:
		return p, fmt.Errorf("unknown genesis profile %q: use %s or %s", o.Profile, Mainnet, Localnet)
	}
	if o.Tempo != 0 {
		p.Defaults.Tempo = o.Tempo
	}
	if o.Tune != nil {
		o.Tune(&p)
	}
	return p, nil
}

func incentiveParams(profile string) incentivetypes.Params {
	p := incentivetypes.DefaultParams()
	if profile == Localnet {
		p.EpochsPerBlock = 32
		p.PayoutHistory = 256
	}
	return p
}
