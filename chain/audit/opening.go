package audit

import (
	"encoding/json"
	"fmt"

	cmttypes "github.com/cometbft/cometbft/types"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/ergon-network/ergon/chain/app"
	"github.com/ergon-network/ergon/chain/audit/books"
	"github.com/ergon-network/ergon/chain/ss58"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// sections are the parts of a genesis document that money depends on.
type sections struct {
	bank      banktypes.GenesisState
	stake     staketypes.GenesisState
	subnet    subnettypes.GenesisState
	incentive incentivetypes.GenesisState
}

// Opening reads the books' first page from a genesis document, a fresh one or one exported from
// a ledger's state.
func Opening(doc *cmttypes.GenesisDoc) (books.Opening, error) {
	s, err := readSections(doc)
	if err != nil {
		return books.Opening{}, err
	}
	o := books.Opening{
		FirstBlock: uint64(max(doc.InitialHeight, 1)), Balances: map[string]uint64{}, Stake: map[string]uint64{},
		BlockEmission: s.incentive.BlockEmission, RegistrationOpen: s.subnet.Params.Defaults.RegistrationAllowed,
		Root: s.incentive.Params.RootTempo != 0, ClosedEarn: s.incentive.Params.ClosedSubnetsEarn,
		Totals: books.Totals{
			Miners: s.stake.Totals.Miners, Validators: s.stake.Totals.Validators,
			Owners: s.stake.Totals.Owners, Recycled: s.stake.Totals.Recycled,
		},
	}
	if err := openBalances(&o, s.bank.Balances); err != nil {
		return books.Opening{}, err
	}
	for _, h := range s.stake.Hotkeys {
		o.Stake[keys.SS58(h.Record.Account)] = h.Record.Own + h.Record.Pool
	}
	openSubnets(&o, s)
	return o, nil
}

func readSections(doc *cmttypes.GenesisDoc) (s sections, err error) {
	enc, err := app.MakeEncoding()
	if err != nil {
		return s, err
	}
	var state map[string]json.RawMessage
	if err := json.Unmarshal(doc.AppState, &state); err != nil {
		return s, fmt.Errorf("genesis app_state is not a JSON object of modules: %w", err)
	}
	if raw := state[banktypes.ModuleName]; raw != nil {
		err = enc.Codec.UnmarshalJSON(raw, &s.bank)
	}
	if raw := state[staketypes.ModuleName]; err == nil && raw != nil {
		err = enc.Codec.UnmarshalJSON(raw, &s.stake)
	}
	if raw := state[subnettypes.ModuleName]; err == nil && raw != nil {
		err = enc.Codec.UnmarshalJSON(raw, &s.subnet)
	}
	if raw := state[incentivetypes.ModuleName]; err == nil && raw != nil {
		err = enc.Codec.UnmarshalJSON(raw, &s.incentive)
	}
	if err != nil {
		return s, fmt.Errorf("read genesis: %w", err)
	}
	return s, nil
}

func openBalances(o *books.Opening, balances []banktypes.Balance) error {
	names := ss58.NewRewriter(authtypes.FeeCollectorName, staketypes.ModuleName, staketypes.LocksName)
	for _, b := range balances {
		amount := b.Coins.AmountOf(app.Denom)
		if !amount.IsUint64() || len(b.Coins) > 1 {
			return fmt.Errorf("genesis balance of %s: %s is not an amount of %s", b.Address, b.Coins, app.Denom)
		}
		o.Balances[names.Rewrite(b.Address)] = amount.Uint64()
	}
	return nil
}

func openSubnets(o *books.Opening, s sections) {
	emissions := map[uint32]incentivetypes.GenesisSubnet{}
	for _, e := range s.incentive.Subnets {
		emissions[e.Netuid] = e
	}
	for _, sub := range s.subnet.Subnets {
		e := emissions[sub.Netuid]
		open := books.OpeningSubnet{
			Netuid: uint16(sub.Netuid), RegistrationOpen: sub.Hyper.RegistrationAllowed, Locked: sub.Locked,
			Rate: e.Emission.Rate, Since: e.Emission.Since, Accrued: e.Emission.Accrued, Epochs: e.Emission.EpochIndex,
		}
		if l := e.Loaded; l != nil {
			p := books.Payout{Epoch: l.EpochIndex, SettledAt: l.SettledAt, Accrued: l.Accrued, OwnerCut: l.OwnerCut, Unissued: l.Unissued}
			for _, r := range l.Rewards {
				p.Miners += r.Miner
				p.Validators += r.Validator
			}
			open.Loaded = &p
		}
		o.Subnets = append(o.Subnets, open)
	}
}
