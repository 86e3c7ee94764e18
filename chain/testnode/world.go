package testnode

import (
	"crypto/sha256"
	"fmt"
	"strconv"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/chain/genesis"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	staketypes "github.com/ergon-network/ergon/chain/x/stake/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/keys"
)

// TAO in rao.
const TAO = 1_000_000_000

// World is a test ledger with funded coldkeys and as many hotkeys as a test wants. Keys derive
// from their names, so two worlds of the same calls are identical.
type World struct {
	*Node
	Owner *keys.Pair
	Root  *keys.Pair // holds the powers of root
}

// Key is the pair that belongs to a name.
func Key(name string) *keys.Pair {
	seed := sha256.Sum256([]byte("ergon test key " + name))
	pair, err := keys.FromSeed(seed[:])
	if err != nil {
		panic(err) // a 32-byte seed always expands
	}
	return pair
}

// NewWorld starts a ledger in which the named coldkeys hold a million TAO together with "owner".
func NewWorld(db dbm.DB, tempo uint32, coldkeys []string, base ...func(*baseapp.BaseApp)) (*World, error) {
	return NewTunedWorld(db, genesis.Options{Tempo: tempo}, coldkeys, base...)
}

// NewTunedWorld is NewWorld under options of the caller's; their balances are replaced.
func NewTunedWorld(db dbm.DB, o genesis.Options, coldkeys []string, base ...func(*baseapp.BaseApp)) (*World, error) {
	o.Balances = []genesis.Balance{{Address: Key("owner").Address(), Rao: 899_000 * TAO}}
	for _, name := range coldkeys {
		o.Balances = append(o.Balances, genesis.Balance{Address: Key(name).Address(), Rao: 100_000 * TAO / uint64(len(coldkeys))})
	}
	o.Balances = append(o.Balances, genesis.Balance{Address: Key("root").Address(), Rao: 1000 * TAO})
	o.Root = Key("root").Address()
	n, err := New(db, o, base...)
	if err != nil {
		return nil, err
	}
	w := &World{Node: n, Owner: Key("owner"), Root: Key("root")}
	_, err = w.Block()
	return w, err
}

// Must delivers messages that have to be accepted, and returns their events.
func (w *World) Must(signer *keys.Pair, msgs ...sdk.Msg) ([]abci.Event, error) {
	res, err := w.Deliver(signer, msgs...)
	if err != nil {
		return nil, err
	}
	if res.Code != 0 {
		return nil, fmt.Errorf("%T of %s refused: %s", msgs[0], signer.Address(), res.Log)
	}
	return res.Events, nil
}

// Subnet creates a subnet of the owner's and returns its netuid.
func (w *World) Subnet(name string) (uint32, error) {
	events, err := w.Must(w.Owner, &subnettypes.MsgCreateSubnet{Coldkey: w.Owner.Address(), Name: name})
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(client.Attribute(events, "NetworkAdded", "netuid"), 10, 16)
	return uint32(n), err
}

// Register gives a hotkey of the coldkey a uid.
func (w *World) Register(coldkey, hotkey *keys.Pair, netuid uint32) (uint32, error) {
	events, err := w.Must(coldkey, &subnettypes.MsgRegister{Coldkey: coldkey.Address(), Hotkey: hotkey.Address(), Netuid: netuid})
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(client.Attribute(events, "NeuronRegistered", "uid"), 10, 16)
	return uint32(n), err
}

// Stake moves rao of the coldkey to a hotkey.
func (w *World) Stake(coldkey, hotkey *keys.Pair, rao uint64) error {
	_, err := w.Must(coldkey, &staketypes.MsgAddStake{Coldkey: coldkey.Address(), Hotkey: hotkey.Address(), Amount: rao})
	return err
}

// Weigh sets a hotkey's weights; uids[i] gets values[i].
func (w *World) Weigh(hotkey *keys.Pair, netuid uint32, uids, values []uint32) error {
	_, err := w.Must(hotkey, &incentivetypes.MsgSetWeights{Hotkey: hotkey.Address(), Netuid: netuid, Uids: uids, Values: values})
	return err
}

// Until runs empty blocks up to and including a height.
func (w *World) Until(height int64) error {
	for w.Height < height {
		if _, err := w.Block(); err != nil {
			return err
		}
		if err := w.Check(); err != nil {
			return fmt.Errorf("after block %d: %w", w.Height, err)
		}
	}
	return nil
}

// Check holds the ledger against its invariants: the modules' own, and supply = balances +
// stake + locks, which x/bank's supply and the module balances give by construction.
func (w *World) Check() error {
	ctx, err := w.Context()
	if err != nil {
		return err
	}
	if err := w.App.Stake.Invariants(ctx); err != nil {
		return fmt.Errorf("x/stake: %w", err)
	}
	if err := w.App.Subnet.Invariants(ctx); err != nil {
		return fmt.Errorf("x/subnet: %w", err)
	}
	if err := w.App.Incentive.Invariants(ctx); err != nil {
		return fmt.Errorf("x/incentive: %w", err)
	}
	return w.checkSupply(ctx)
}

func (w *World) checkSupply(ctx sdk.Context) error {
	issued, err := w.App.Stake.Issuance(ctx)
	if err != nil {
		return err
	}
	var held uint64
	w.App.Bank.IterateAllBalances(ctx, func(_ sdk.AccAddress, c sdk.Coin) bool {
		held += c.Amount.Uint64()
		return false
	})
	totals, err := w.App.Stake.Totals(ctx)
	if err != nil {
		return err
	}
	minted := totals.Miners + totals.Validators + totals.Owners
	if held != issued || issued != 1_000_000*TAO+minted-totals.Recycled {
		return fmt.Errorf("issuance %d, all accounts hold %d, genesis + minted - recycled = %d", issued, held, 1_000_000*TAO+minted-totals.Recycled)
	}
	return nil
}
