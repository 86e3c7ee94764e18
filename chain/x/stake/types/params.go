package types

import (
	"math"

	"github.com/ergon-network/ergon/chain/param"
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

// ParamTable is every parameter with its bounds, in the order of the message's fields.
func ParamTable() []param.Row[Params] { return append([]param.Row[Params](nil), paramTable...) }

var paramTable = []param.Row[Params]{
	param.Number("nominator_min", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.NominatorMin }),
	param.Number("default_take", "of 65535", 0, pool.TakeUnit, func(p *Params) *uint32 { return &p.DefaultTake }),
	param.Number("existential_deposit", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.ExistentialDeposit }),
	param.Number("min_take", "of 65535", 0, pool.TakeUnit, func(p *Params) *uint32 { return &p.MinTake }),
	param.Number("max_take", "of 65535", 0, pool.TakeUnit, func(p *Params) *uint32 { return &p.MaxTake }),
	param.Number("take_rate_limit", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.TakeRateLimit }),
	param.Number("tx_rate_limit", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.TxRateLimit }),
	param.Number("stakes_per_interval", "calls, 0 = no limit", 0, math.MaxUint32, func(p *Params) *uint32 { return &p.StakesPerInterval }),
	param.Number("swap_cost", "rao", 0, maxRao, func(p *Params) *uint64 { return &p.SwapCost }),
	param.Number("coldkey_swap_delay", "blocks", 0, maxBlocks, func(p *Params) *uint64 { return &p.ColdkeySwapDelay }),
}

// Validate checks that every parameter is within its bounds and that they agree:
// min_take ≤ default_take ≤ max_take.
func (p Params) Validate() error {
	for _, row := range paramTable {
		if err := row.Set(&p, row.Get(&p)); err != nil {
			return ErrParams.Wrap(err.Error())
		}
	}
	if p.MinTake > p.DefaultTake || p.DefaultTake > p.MaxTake {
		return ErrParams.Wrapf("min_take %d, default_take %d, max_take %d: give them in ascending order", p.MinTake, p.DefaultTake, p.MaxTake)
	}
	return nil
}
