package yuma

import (
	"errors"
	"fmt"
)

// ErrInput is wrapped by every error of Epoch.
var ErrInput = errors.New("yuma: invalid epoch input")

// Variant names one dated form of the rules.
type Variant uint16

// The two forms. The zero Variant is neither and is refused.
const (
	V2024 Variant = 2024
	V2026 Variant = 2026
)

// ParseVariant reads "2024" or "2026".
func ParseVariant(name string) (Variant, error) {
	switch name {
	case "2024":
		return V2024, nil
	case "2026":
		return V2026, nil
	}
	return 0, fmt.Errorf("%w: variant %q, use \"2024\" or \"2026\"", ErrInput, name)
}

// String returns the year.
func (v Variant) String() string { return fmt.Sprint(uint16(v)) }

// Limits of an input.
const (
	// MaxNeurons bounds n. A column of n weights of 65535 then sums to less than 2^31, so no
	// I32F32 of an epoch can overflow.
	MaxNeurons = 32768
	// BondsScale is the unit of BondsMovingAverage.
	BondsScale = 1_000_000
)

// Params are the hyperparameters an epoch reads (yuma §8). Ratios are of 65535 unless said.
// V2024 ignores the fields marked 2026.
type Params struct {
	Variant              Variant
	Kappa                uint16 // majority of active stake that sets the consensus
	BondsMovingAverage   uint64 // weight of the old bonds, of BondsScale
	MaxAllowedValidators uint16 // how many uids hold a permit
	ActivityCutoff       uint64 // blocks; for 2026 see ActivityCutoff2026

	StakeThreshold uint64 // 2026: least stake that counts, rao
	BondsPenalty   uint16 // 2026: 65535 bonds on clipped weights, 0 on submitted weights
	Yuma3          bool   // 2026: bonds per validator instead of shares of a column
	LiquidAlpha    bool   // 2026: bond speed per cell; no effect without Yuma3
	AlphaLow       uint16 // 2026: slowest bond speed
	AlphaHigh      uint16 // 2026: fastest bond speed
	AlphaSteepness int16  // 2026: slope of the curve between them, in hundredths
}

// DefaultParams are the values a new subnet starts with (yuma §8).
func DefaultParams(v Variant) Params {
	p := Params{
		Variant:              v,
		Kappa:                32767,
		BondsMovingAverage:   900_000,
		MaxAllowedValidators: 64,
		ActivityCutoff:       5000,
	}
	if v == V2026 {
		p.BondsPenalty = 65535
		p.Yuma3 = true
		p.AlphaLow, p.AlphaHigh, p.AlphaSteepness = 45875, 58982, 1000
	}
	return p
}

// ActivityCutoff2026 is the cutoff in blocks that the 2026 form derives from the tempo:
// factor thousandths of it, at least 1 (yuma §4.1; the default factor is 13889).
func ActivityCutoff2026(factor uint32, tempo uint16) uint64 {
	return max(1, uint64(factor)*uint64(tempo)/1000)
}

// Input is a subnet at the moment of its epoch. Every vector is indexed by uid and has one entry
// per uid; n is the length of Stake. Epoch only reads it.
type Input struct {
	Params

	Block        uint64   // height of the epoch
	Emission     uint64   // rao to hand out
	Stake        []uint64 // rao behind the uid's hotkey; the sum must stay below 2^63
	LastUpdate   []uint64 // block of the last accepted weights, or of their commit
	RegisteredAt []uint64 // block at which the uid's hotkey took it
	Permit       []bool   // permits that the previous epoch stored
	Weights      Rows     // submitted rows, max-upscaled
	Bonds        Rows     // rows that the previous epoch stored

	HasOwner bool   // 2026: whether the subnet owner's hotkey holds a uid
	OwnerUID uint16 // 2026: that uid; it keeps its permit, its self-weight and small stake

	// WeighedAt is the block in which each row was made: that of its commit, where rows are revealed
	// later and LastUpdate may already be of a newer commit. Nil where rows are set in the open, so
	// that it is LastUpdate.
	WeighedAt []uint64

	// CommitBlock is, under 2026 commit-reveal, the smallest block of a validator's unexpired
	// commits, NoCommit without one. Nil when commit-reveal is off.
	CommitBlock []uint64

	Tempo             uint64 // 2026: blocks; used while LastMechanismStep is 0
	LastMechanismStep uint64 // 2026: block of the previous epoch, 0 before the first
}

// NoCommit is the CommitBlock of a validator without unexpired commits.
const NoCommit = ^uint64(0)

func (in *Input) validate() error {
	if in.Variant != V2024 && in.Variant != V2026 {
		return fmt.Errorf("%w: variant %d, use V2024 or V2026", ErrInput, in.Variant)
	}
	n := len(in.Stake)
	if n > MaxNeurons {
		return fmt.Errorf("%w: %d uids, at most %d", ErrInput, n, MaxNeurons)
	}
	for _, v := range []struct {
		name string
		len  int
	}{
		{"LastUpdate", len(in.LastUpdate)},
		{"RegisteredAt", len(in.RegisteredAt)},
		{"Permit", len(in.Permit)},
		{"Weights", in.Weights.Len()},
		{"Bonds", in.Bonds.Len()},
	} {
		if v.len != n {
			return fmt.Errorf("%w: %s has %d entries for %d uids", ErrInput, v.name, v.len, n)
		}
	}
	if in.CommitBlock != nil && len(in.CommitBlock) != n {
		return fmt.Errorf("%w: CommitBlock has %d entries for %d uids", ErrInput, len(in.CommitBlock), n)
	}
	if in.WeighedAt != nil && len(in.WeighedAt) != n {
		return fmt.Errorf("%w: WeighedAt has %d entries for %d uids", ErrInput, len(in.WeighedAt), n)
	}
	if in.BondsMovingAverage > BondsScale {
		return fmt.Errorf("%w: BondsMovingAverage %d, at most %d", ErrInput, in.BondsMovingAverage, BondsScale)
	}
	if in.HasOwner && int(in.OwnerUID) >= n {
		return fmt.Errorf("%w: OwnerUID %d of %d uids", ErrInput, in.OwnerUID, n)
	}
	return nil
}

// owner returns the uid with the owner's exceptions, or -1.
func (in *Input) owner() int {
	if in.Variant == V2026 && in.HasOwner {
		return int(in.OwnerUID)
	}
	return -1
}

// weighedAt is the block of each uid's row, from which a registration is later or not.
func (in *Input) weighedAt() []uint64 {
	if in.WeighedAt != nil {
		return in.WeighedAt
	}
	return in.LastUpdate
}

// lastTempo is the block after which a registration voids bonds towards it (yuma §4.9, 2026).
func (in *Input) lastTempo() uint64 {
	if in.LastMechanismStep == 0 {
		return saturatingSub(in.Block, in.Tempo)
	}
	return saturatingAdd(in.LastMechanismStep, 1)
}

func saturatingAdd(a, b uint64) uint64 {
	if sum := a + b; sum >= a {
		return sum
	}
	return ^uint64(0)
}

func saturatingSub(a, b uint64) uint64 {
	if a < b {
		return 0
	}
	return a - b
}
