package types

// MaxSubnets is the number of netuids besides root.
const MaxSubnets = maxU16

// MechanismYuma is the only mechanism a subnet can run in this version.
const MechanismYuma = "yuma"

// DefaultHyperparameters is what a new subnet gets on a public network (chain §4.5 column "new
// subnet gets" of J24; yuma §8). The variant decides the rows that came after 2024.
func DefaultHyperparameters(variant string) Hyperparameters {
	return Hyperparameters{
		Tempo:                 360,
		Kappa:                 32767,
		Rho:                   10,
		ImmunityPeriod:        5000,
		MaxAllowedUids:        256,
		MaxAllowedValidators:  64,
		MinAllowedWeights:     1,
		MaxWeightLimit:        maxU16,
		WeightsRateLimit:      100,
		ActivityCutoff:        5000,
		BondsMovingAverage:    900_000,
		BondsPenalty:          maxU16,
		YumaVariant:           variant,
		Yuma3:                 variant == Variant2026,
		AlphaLow:              45875, // 0.7
		AlphaHigh:             58982, // 0.9
		AlphaSigmoidSteepness: 1000,
		RegistrationAllowed:   true,
		AdjustmentInterval:    360,
		AdjustmentAlpha:       17_893_341_751_498_265_066, // 0.97
		TargetRegsPerInterval: 1,
		MaxRegsPerBlock:       1,
		MinBurn:               1,
		MaxBurn:               100 * TAO,
		ServingRateLimit:      50,
		// Proof of work is out of reach until the owner lowers the bounds (chain §3.3).
		MinDifficulty:              maxU64,
		MaxDifficulty:              maxU64,
		Difficulty:                 10_000_000,
		CommitRevealWeightsEnabled: true,
		CommitRevealPeriod:         1,
	}
}

// DefaultParams is a public network with the values the main network ran with in 2024
// (chain §4.4, column "live" where it names one).
func DefaultParams() Params {
	return Params{
		NetworkRateLimit:      7200,
		MinLock:               100 * TAO,
		LockReductionInterval: 14 * 7200,
		SubnetLimit:           32,
		Defaults:              DefaultHyperparameters(Variant2026),
		InitialBurn:           TAO,
		IdentityDeposit:       TAO / 10,
		CommitmentRateLimit:   100,
		NetworkImmunity:       7 * 7200,
		Root:                  RootRules{TargetRegsPerInterval: 1, AdjustmentInterval: 100, MaxRegsPerBlock: 1},
	}
}

// LocalnetParams is the profile `localnet`: a network on one machine where a designer sees an
// epoch every minute and nobody waits for a rate limit.
func LocalnetParams() Params {
	p := DefaultParams()
	p.NetworkRateLimit = 0
	p.MinLock = TAO
	p.AllowLoopback = true
	p.CommitmentRateLimit = 0
	p.Root = RootRules{TargetRegsPerInterval: MaxRootMembers, AdjustmentInterval: 100, MaxRegsPerBlock: 16}
	h := &p.Defaults
	h.Tempo = 60
	h.ImmunityPeriod = 120 // two epochs: a newcomer is scored once before it can be replaced
	h.WeightsRateLimit = 0
	h.ServingRateLimit = 0
	h.TargetRegsPerInterval = 64
	h.MaxRegsPerBlock = 16
	return p
}

// Validate says what is wrong with the parameters, or nil.
func (p Params) Validate() error {
	if err := p.Defaults.Validate(); err != nil {
		return ErrParams.Wrapf("defaults: %v", err)
	}
	switch {
	case p.NetworkRateLimit > maxBlocks:
		return ErrParams.Wrapf("network_rate_limit %d is above %d blocks", p.NetworkRateLimit, uint64(maxBlocks))
	case p.MinLock > maxRao:
		return ErrParams.Wrapf("min_lock %d is above the supply cap of %d rao", p.MinLock, maxRao)
	case p.LockReductionInterval == 0 || p.LockReductionInterval > maxBlocks:
		return ErrParams.Wrapf("lock_reduction_interval %d is outside 1..%d blocks", p.LockReductionInterval, uint64(maxBlocks))
	case p.SubnetLimit > MaxSubnets:
		return ErrParams.Wrapf("subnet_limit %d is above %d, the number of netuids", p.SubnetLimit, MaxSubnets)
	case p.InitialBurn < p.Defaults.MinBurn || p.InitialBurn > p.Defaults.MaxBurn:
		return ErrParams.Wrapf("initial_burn %d is outside min_burn..max_burn, %d..%d rao", p.InitialBurn, p.Defaults.MinBurn, p.Defaults.MaxBurn)
	case p.IdentityDeposit > maxRao/(1+maxExtra):
		return ErrParams.Wrapf("identity_deposit %d is above %d rao", p.IdentityDeposit, maxRao/(1+maxExtra))
	case p.CommitmentRateLimit > maxBlocks:
		return ErrParams.Wrapf("commitment_rate_limit %d is above %d blocks", p.CommitmentRateLimit, uint64(maxBlocks))
	case p.NetworkImmunity > maxBlocks:
		return ErrParams.Wrapf("network_immunity %d is above %d blocks", p.NetworkImmunity, uint64(maxBlocks))
	}
	return p.Root.validate()
}
