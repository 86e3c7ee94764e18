package genesis

import (
	"fmt"
	"strings"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
)

// Profiles of rules a new ledger can start under.
const (
	Mainnet  = "mainnet"  // the values of chain §4.4 and yuma §8
	Localnet = "localnet" // short tempo, no rate limits, cheap subnets: for a laptop
	Era2023  = "2023"     // as mainnet paid in November 2023: miners and validators half each
	Era2024  = "2024"     // as mainnet paid in June 2024: 41 % miners, 41 % validators, 18 % owner
)

// Profiles lists the names.
func Profiles() []string { return []string{Mainnet, Localnet, Era2023, Era2024} }

// rules are the parameters of the options' profile, as the options change them.
func rules(o Options) (subnettypes.Params, incentivetypes.Params, error) {
	s, i := subnettypes.DefaultParams(), incentivetypes.DefaultParams()
	switch o.Profile {
	case Mainnet:
	case Localnet:
		s = subnettypes.LocalnetParams()
		i.EpochsPerBlock, i.PayoutHistory = 32, 256
		i.RootTempo, i.RootWeightsRateLimit = 9, 0
	case Era2023:
		s.Defaults = hyper2024()
		i.OwnerCut, i.ClosedSubnetsEarn = 0, true
	case Era2024:
		s.Defaults = hyper2024()
	default:
		return s, i, fmt.Errorf("unknown genesis profile %q: use one of %s", o.Profile, strings.Join(Profiles(), ", "))
	}
	if o.Tempo != 0 {
		s.Defaults.Tempo = o.Tempo
	}
	if o.Tune != nil {
		o.Tune(&s)
	}
	if o.TuneIncentive != nil {
		o.TuneIncentive(&i)
	}
	return s, i, nil
}

// hyper2024 is what a new subnet of both eras starts with: the consensus of their time, and
// weights set for all to see.
func hyper2024() subnettypes.Hyperparameters {
	h := subnettypes.DefaultHyperparameters(subnettypes.Variant2024)
	h.CommitRevealWeightsEnabled = false
	return h
}
