package types

// Bounds shared by rows. Blocks are held under 2^32 (1,600 years at 12 s) and money under the
// cap of 21 million TAO (chain §1.1), so that sums of them cannot overflow 64 bits.
const (
	maxU16    = 1<<16 - 1
	maxU64    = 1<<64 - 1
	maxBlocks = 1<<32 - 1
	maxRao    = 21_000_000 * TAO

	// maxUids bounds the epoch's work: 4096 is the largest subnet there ever was (chain §3.4).
	maxUids = 4096
	// ownerMinBurn is how high an owner may put the floor of the price (chain §4.5: without a
	// bound an owner could close the door by price; registration_allowed closes it openly).
	ownerMinBurn = TAO
	// minAlpha is the least of the two liquid alphas, 65535/40 (yuma §5).
	minAlpha = 1638
)

// TAO is 1e9 rao (chain §1.1).
const TAO uint64 = 1_000_000_000

// Variants of the Yuma epoch.
const (
	Variant2024 = "2024"
	Variant2026 = "2026"
)

type hp = Hyperparameters

// hyperTable is chain §4.5 (column J24) and yuma §8 as data.
var hyperTable = []Hyper{
	number("tempo", "blocks, 0 = never", Root, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.Tempo }),
	number("kappa", "of 65535", Owner, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.Kappa }),
	number("rho", "slope", Owner, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.Rho }),
	number("immunity_period", "blocks", Owner, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.ImmunityPeriod }),
	roomy(number("max_allowed_uids", "uids", Root, span[uint32]{0, maxUids}, func(h *hp) *uint32 { return &h.MaxAllowedUids })),
	number("max_allowed_validators", "uids", Root, span[uint32]{0, maxUids}, func(h *hp) *uint32 { return &h.MaxAllowedValidators }),
	number("min_allowed_weights", "weights", Owner, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.MinAllowedWeights }),
	number("max_weight_limit", "of 65535", Owner, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.MaxWeightLimit }),
	number("weights_rate_limit", "blocks", Owner, span[uint64]{0, maxBlocks}, func(h *hp) *uint64 { return &h.WeightsRateLimit }),
	number("weights_version", "version, 0 = any", Owner, span[uint64]{0, maxU64}, func(h *hp) *uint64 { return &h.WeightsVersion }),
	number("weights_min_stake", "rao", Root, span[uint64]{0, maxRao}, func(h *hp) *uint64 { return &h.WeightsMinStake }),
	number("activity_cutoff", "blocks", Owner, span[uint64]{0, maxBlocks}, func(h *hp) *uint64 { return &h.ActivityCutoff }),
	number("bonds_moving_average", "per million", Owner, span[uint64]{0, 1_000_000}, func(h *hp) *uint64 { return &h.BondsMovingAverage }),
	number("bonds_penalty", "of 65535", Owner, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.BondsPenalty }),
	choice("yuma_variant", "rules", Owner, []string{Variant2024, Variant2026}, func(h *hp) *string { return &h.YumaVariant }),
	flag("yuma3", Owner, func(h *hp) *bool { return &h.Yuma3 }),
	flag("liquid_alpha", Owner, func(h *hp) *bool { return &h.LiquidAlpha }),
	liquid(number("alpha_low", "of 65535", Owner, span[uint32]{minAlpha, maxU16}, func(h *hp) *uint32 { return &h.AlphaLow })),
	liquid(number("alpha_high", "of 65535", Owner, span[uint32]{minAlpha, maxU16}, func(h *hp) *uint32 { return &h.AlphaHigh })),
	narrowed("alpha_sigmoid_steepness", "hundredths", Owner, span[int32]{-1 << 15, 1<<15 - 1}, span[int32]{0, 1<<15 - 1},
		func(h *hp) *int32 { return &h.AlphaSigmoidSteepness }),
	flag("registration_allowed", Owner, func(h *hp) *bool { return &h.RegistrationAllowed }),
	number("adjustment_interval", "blocks", Root, span[uint64]{1, maxBlocks}, func(h *hp) *uint64 { return &h.AdjustmentInterval }),
	number("adjustment_alpha", "of 2^64-1", Owner, span[uint64]{0, maxU64}, func(h *hp) *uint64 { return &h.AdjustmentAlpha }),
	number("target_regs_per_interval", "registrations", Root, span[uint32]{1, maxU16}, func(h *hp) *uint32 { return &h.TargetRegsPerInterval }),
	number("max_regs_per_block", "registrations", Root, span[uint32]{0, maxU16}, func(h *hp) *uint32 { return &h.MaxRegsPerBlock }),
	narrowed("min_burn", "rao", Owner, span[uint64]{0, maxRao}, span[uint64]{0, ownerMinBurn}, func(h *hp) *uint64 { return &h.MinBurn }),
	number("max_burn", "rao", Owner, span[uint64]{0, maxRao}, func(h *hp) *uint64 { return &h.MaxBurn }),
	number("serving_rate_limit", "blocks", Owner, span[uint64]{0, maxBlocks}, func(h *hp) *uint64 { return &h.ServingRateLimit }),
	flag("commit_reveal_weights_enabled", Owner, func(h *hp) *bool { return &h.CommitRevealWeightsEnabled }),
	number("commit_reveal_period", "epochs", Owner, span[uint32]{1, 100}, func(h *hp) *uint32 { return &h.CommitRevealPeriod }),
	number("min_difficulty", "expected tries", Owner, span[uint64]{1, maxU64}, func(h *hp) *uint64 { return &h.MinDifficulty }),
	number("max_difficulty", "expected tries", Owner, span[uint64]{1, maxU64}, func(h *hp) *uint64 { return &h.MaxDifficulty }),
	bounded(number("difficulty", "expected tries", Owner, span[uint64]{1, maxU64}, func(h *hp) *uint64 { return &h.Difficulty })),
	flag("pow_registration_allowed", Owner, func(h *hp) *bool { return &h.PowRegistrationAllowed }),
}

// bounded adds the rule that the difficulty is set within its bounds. It is not tested of stored
// values: a new subnet's lies below min_difficulty and is raised to it at once.
func bounded(p Hyper) Hyper {
	p.need = func(s *Subnet) error {
		if h := &s.Hyper; h.Difficulty < h.MinDifficulty || h.Difficulty > h.MaxDifficulty {
			return ErrHyperparameter.Wrapf("difficulty: %d is outside min_difficulty..max_difficulty, %d..%d", h.Difficulty, h.MinDifficulty, h.MaxDifficulty)
		}
		return nil
	}
	return p
}

// roomy adds the rule that a subnet is never shrunk: the new number of slots exceeds those in
// use, strictly (chain §3.4).
func roomy(p Hyper) Hyper {
	p.need = func(s *Subnet) error {
		if s.Hyper.MaxAllowedUids > s.N {
			return nil
		}
		return ErrHyperparameter.Wrapf("max_allowed_uids: %d does not exceed the %d uids in use", s.Hyper.MaxAllowedUids, s.N)
	}
	return p
}

// liquid adds the rule that the alphas are set while liquid alpha is on (yuma §5).
func liquid(p Hyper) Hyper {
	p.need = func(s *Subnet) error {
		if s.Hyper.LiquidAlpha {
			return nil
		}
		return ErrHyperparameter.Wrapf("%s: liquid_alpha is off; set liquid_alpha to true first", p.Name)
	}
	return p
}
