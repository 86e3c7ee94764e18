package types

import (
	"strconv"

	"github.com/ergon-network/ergon/chain/x/stake/pool"
)

// Defaults of Params (chain §1.1, §2.3–2.5, §4.4): the live values where they are known to differ
// from the code's.
const (
	DefaultNominatorMin       = 100_000_000   // rao: 0.1 TAO, the live value; the code's default was 0
	DefaultTake               = 11796         // of 65535: 18 %
	DefaultExistentialDeposit = 500           // rao
	DefaultMinTake            = 5898          // of 65535: 9 %
	DefaultMaxTake            = DefaultTake   // of 65535
	DefaultTakeRateLimit      = 216_000       // blocks: 30 days
	DefaultTxRateLimit        = 1             // blocks: the live value; the code's default was 1000
	DefaultStakesPerInterval  = 1             // per StakeInterval
	DefaultSwapCost           = 1_000_000_000 // rao: 1 TAO
	DefaultColdkeySwapDelay   = 21_600        // blocks: 3 days
)

// StakeInterval is the window of the stake rate counters, blocks. It has no setter (chain §4.4).
const StakeInterval = 360

// Bounds of Params: sums of them with a height or a balance stay far from 64 bits.
const (
	maxRao    = 21_000_000_000_000_000 // the cap of the supply
	maxBlocks = 1 << 32
)

// DefaultParams are the values of the live network of 2024.
func DefaultParams() Params {
	return Params{
		NominatorMin:       DefaultNominatorMin,
		DefaultTake:        DefaultTake,
		ExistentialDeposit: DefaultExistentialDeposit,
		MinTake:            DefaultMinTake,
		MaxTake:            DefaultMaxTake,
		TakeRateLimit:      DefaultTakeRateLimit,
		TxRateLimit:        DefaultTxRateLimit,
		StakesPerInterval:  DefaultStakesPerInterval,
		SwapCost:           DefaultSwapCost,
		ColdkeySwapDelay:   DefaultColdkeySwapDelay,
	}
}

// LocalnetParams let one try everything within a minute: no rate limits, a short delay.
func LocalnetParams() Params {
	p := DefaultParams()
	p.TakeRateLimit, p.TxRateLimit, p.StakesPerInterval, p.ColdkeySwapDelay = 0, 0, 0, 20
	return p
}

// Param is a parameter by name.
type Param struct {
	Name  string
	Value uint64
	Max   uint64
}

// List names all parameters in the order of their fields.
func (p Params) List() []Param {
	return []Param{
		{"nominator_min", p.NominatorMin, maxRao},
		{"default_take", uint64(p.DefaultTake), pool.TakeUnit},
		{"existential_deposit", p.ExistentialDeposit, maxRao},
		{"min_take", uint64(p.MinTake), pool.TakeUnit},
		{"max_take", uint64(p.MaxTake), pool.TakeUnit},
		{"take_rate_limit", p.TakeRateLimit, maxBlocks},
		{"tx_rate_limit", p.TxRateLimit, maxBlocks},
		{"stakes_per_interval", uint64(p.StakesPerInterval), maxBlocks},
		{"swap_cost", p.SwapCost, maxRao},
		{"coldkey_swap_delay", p.ColdkeySwapDelay, maxBlocks},
	}
}

// Validate checks that every parameter is within its bounds and that they agree:
// min_take ≤ default_take ≤ max_take.
func (p Params) Validate() error {
	for _, one := range p.List() {
		if one.Value > one.Max {
			return ErrParams.Wrapf("%s %d: at most %d", one.Name, one.Value, one.Max)
		}
	}
	if p.MinTake > p.DefaultTake || p.DefaultTake > p.MaxTake {
		return ErrParams.Wrapf("min_take %d, default_take %d, max_take %d: give them in ascending order", p.MinTake, p.DefaultTake, p.MaxTake)
	}
	return nil
}

// Text is the value as events show it.
func (p Param) Text() string { return strconv.FormatUint(p.Value, 10) }
