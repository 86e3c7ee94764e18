package types

import "fmt"

// MaxPayoutHistory bounds the state that payout records take.
const MaxPayoutHistory = 1024

// DefaultParams are the mainnet values: owner cut 18 % (chain §4.4), at most 2 epochs a block
// (yuma §6), 64 payouts kept per subnet for queries; root as chain §1.4 and §6.2 have it.
func DefaultParams() Params {
	return Params{
		OwnerCut: 11796, EpochsPerBlock: 2, PayoutHistory: 64,
		RootTempo: 100, RootRho: 10, RootKappa: 32767, RootWeightsRateLimit: 100,
	}
}

// Validate refuses parameters the pipeline cannot work with.
func (p Params) Validate() error {
	switch {
	case p.OwnerCut > 65535:
		return fmt.Errorf("owner_cut %d is over 65535", p.OwnerCut)
	case p.EpochsPerBlock == 0:
		return fmt.Errorf("epochs_per_block 0 would never settle: use at least 1")
	case p.PayoutHistory == 0 || p.PayoutHistory > MaxPayoutHistory:
		return fmt.Errorf("payout_history %d is not in 1..%d", p.PayoutHistory, MaxPayoutHistory)
	case p.RootTempo > 65535 || p.RootRho > 65535 || p.RootKappa > 65535:
		return fmt.Errorf("root_tempo %d, root_rho %d, root_kappa %d: one is over 65535", p.RootTempo, p.RootRho, p.RootKappa)
	}
	return nil
}
