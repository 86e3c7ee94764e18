// Package types holds the messages, records, errors and events of the stake module, and what of
// it can be checked without a store.
package types

import "cosmossdk.io/collections"

const (
	// ModuleName is the module's name, and that of the account that holds all staked rao.
	ModuleName = "stake"
	// StoreKey names the module's store.
	StoreKey = ModuleName
	// LocksName is the account that holds the rao locked for subnets.
	LocksName = "locks"
	// Denom is the base denomination: 1 TAO = 1e9 rao.
	Denom = "rao"
	// AccountSize is the length of an account id in bytes.
	AccountSize = 32
)

// Prefixes of the module's store, in the order of README.md.
var (
	ParamsPrefix       = collections.NewPrefix(0)
	TotalsPrefix       = collections.NewPrefix(1)
	HotkeyPrefix       = collections.NewPrefix(2)
	HotkeyIDPrefix     = collections.NewPrefix(3)
	HotkeyCountPrefix  = collections.NewPrefix(4)
	ColdkeyPrefix      = collections.NewPrefix(5)
	ColdkeyIDPrefix    = collections.NewPrefix(6)
	ColdkeyCountPrefix = collections.NewPrefix(7)
	HoldingPrefix      = collections.NewPrefix(8)
	BackedPrefix       = collections.NewPrefix(9)
	ReleasingPrefix    = collections.NewPrefix(10)
	DelegatePrefix     = collections.NewPrefix(11)
	RatePrefix         = collections.NewPrefix(12)
	RateAgePrefix      = collections.NewPrefix(13)
	SweepPrefix        = collections.NewPrefix(14)
	SwapPrefix         = collections.NewPrefix(15)
	SwapTargetPrefix   = collections.NewPrefix(16)
)

// Credit is what one hotkey earned in a settlement, rao.
type Credit struct {
	HotkeyID  uint64
	Miner     uint64 // for its work: the owner's alone
	Validator uint64 // for its judgement: shared with its nominators
}

// EmissionFunc tells, at an issuance in rao, the emission of a block and the issuance at which it
// halves next (chain §1.2).
type EmissionFunc func(issuance uint64) (emission, nextHalving uint64)
