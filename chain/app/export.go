package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkaddress "github.com/cosmos/cosmos-sdk/types/address"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/ergon-network/ergon/chain/ss58"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	upgradetypes "github.com/ergon-network/ergon/chain/x/upgrade/types"
	"github.com/ergon-network/ergon/keys"
)

// plumbing are the sections of a genesis that the SDK's modules read: addresses in them are
// bech32 for the SDK, SS58 for people.
var plumbing = []string{authtypes.ModuleName, banktypes.ModuleName, "authz"}

// modulePrefix begins the name of a module's account, as ss58.Rewriter shows it.
const modulePrefix = "module:"

// Export is the genesis of a ledger that goes on where this one stands. Heights in the state are
// absolute, so the new ledger's first block has the next height.
func (a *App) Export() (*cmttypes.GenesisDoc, error) {
	height := a.LastBlockHeight()
	if height == 0 {
		return nil, errors.New("this ledger has no block yet: its genesis file is all there is to export")
	}
	ctx := a.NewContextLegacy(true, a.lastHeader())
	state, err := a.ExportState(ctx)
	if err != nil {
		return nil, err
	}
	params := a.GetConsensusParams(ctx)
	return &cmttypes.GenesisDoc{
		ChainID: a.ChainID(), GenesisTime: ctx.BlockTime().UTC(), InitialHeight: height + 1,
		ConsensusParams: ptr(cmttypes.ConsensusParamsFromProto(params)), AppState: state,
	}, nil
}

// ExportState writes what the modules hold in ctx as one JSON object, the same bytes for the same
// state.
func (a *App) ExportState(ctx sdk.Context) (raw json.RawMessage, err error) {
	defer func() { // the modules' interface has no error: they panic
		if r := recover(); r != nil {
			err = fmt.Errorf("export state: %v", r)
		}
	}()
	state := map[string]json.RawMessage{}
	for _, name := range a.modules.OrderExportGenesis {
		if name == genutiltypes.ModuleName {
			continue // transactions of a first block; there are none
		}
		one, err := a.modules.ExportGenesisForModules(ctx, a.Encoding.Codec, []string{name})
		if err != nil {
			return nil, fmt.Errorf("export %s: %w", name, err)
		}
		if section, ok := one[name]; ok {
			state[name] = section
		}
	}
	for _, name := range plumbing {
		if section, ok := state[name]; ok {
			state[name] = json.RawMessage(a.rewrite.Rewrite(string(section)))
		}
	}
	return json.Marshal(state)
}

func (a *App) initChain(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state map[string]json.RawMessage
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("genesis app_state is not a JSON object of modules: %w", err)
	}
	for _, name := range plumbing {
		section, ok := state[name]
		if !ok {
			continue
		}
		sdkForm, err := plumbed(section)
		if err != nil {
			return nil, fmt.Errorf("genesis section %s: %w", name, err)
		}
		state[name] = sdkForm
	}
	// x/authz refuses grants that end by now, but a state has those that end with its last block: they go
	// with the next one. Nothing else here asks for the time.
	res, err := a.modules.InitGenesis(ctx.WithBlockTime(time.Unix(0, 0)), a.Encoding.Codec, state)
	if err != nil {
		return nil, err
	}
	if err := a.settleVersions(ctx, state[upgradetypes.ModuleName]); err != nil {
		return nil, err
	}
	return res, a.openAccounts(ctx, state[banktypes.ModuleName])
}

// openAccounts gives every genesis balance an account, so that its holder can sign at once.
func (a *App) openAccounts(ctx sdk.Context, section json.RawMessage) error {
	var g banktypes.GenesisState
	if err := a.Encoding.Codec.UnmarshalJSON(section, &g); err != nil {
		return fmt.Errorf("genesis bank section: %w", err)
	}
	for _, b := range g.Balances {
		id, err := ss58.Codec{}.StringToBytes(b.Address)
		if err != nil {
			return fmt.Errorf("genesis balance: %w", err)
		}
		if len(id) == staketypes.AccountSize && !a.Accounts.HasAccount(ctx, id) { // a module makes its own
			a.Accounts.SetAccount(ctx, a.Accounts.NewAccountWithAddress(ctx, id))
		}
	}
	return nil
}

// plumbed writes the addresses of a section as the SDK reads them.
func plumbed(section json.RawMessage) (json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(section))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	v, err := mapTexts(v, func(text string) (string, error) {
		if name, ok := strings.CutPrefix(text, modulePrefix); ok {
			return ss58.Codec{}.BytesToString(sdkaddress.Module(name))
		}
		if id, err := keys.ParseSS58(text); err == nil {
			return ss58.Codec{}.BytesToString(id)
		}
		return text, nil
	})
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// mapTexts replaces every text that is a value, not a name, inside decoded JSON.
func mapTexts(v any, f func(string) (string, error)) (_ any, err error) {
	switch v := v.(type) {
	case string:
		return f(v)
	case []any:
		for i := range v {
			if v[i], err = mapTexts(v[i], f); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range v {
			if v[k], err = mapTexts(v[k], f); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

func ptr[T any](v T) *T { return &v }
