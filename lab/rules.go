package lab

import (
	"math"

	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Subnet are the rules that a scenario may change; what it leaves out is as a new subnet has it.
type Subnet struct {
	Yuma         string  `yaml:"yuma" json:"yuma"` // 2024 or 2026
	Tempo        uint16  `yaml:"tempo" json:"tempo"`
	Kappa        float64 `yaml:"kappa" json:"kappa"`                 // 0..1
	BondsAverage float64 `yaml:"bonds_average" json:"bonds_average"` // 0..1: part of the old bonds that stays
	BondsPenalty float64 `yaml:"bonds_penalty" json:"bonds_penalty"` // 0..1
	Yuma3        *bool   `yaml:"yuma3" json:"yuma3"`                 // bonds per validator
	LiquidAlpha  bool    `yaml:"liquid_alpha" json:"liquid_alpha"`   //
	AlphaLow     float64 `yaml:"alpha_low" json:"alpha_low"`         // 0..1
	AlphaHigh    float64 `yaml:"alpha_high" json:"alpha_high"`       // 0..1
	CommitReveal int     `yaml:"commit_reveal" json:"commit_reveal"` // epochs that weights stay hidden; 0: they are open
	MinWeights   int     `yaml:"min_weights" json:"min_weights"`     // uids a row has to name
	MaxWeight    float64 `yaml:"max_weight" json:"max_weight"`       // largest share of a row, 0..1
	Permits      int     `yaml:"permits" json:"permits"`             // validators with a permit
	Emission     float64 `yaml:"emission" json:"emission"`           // TAO a block for the subnet
	OwnerCut     float64 `yaml:"owner_cut" json:"owner_cut"`         // 0..1

	ActivityCutoff   int `yaml:"activity_cutoff" json:"activity_cutoff"`       // blocks after its weights that a validator counts
	WeightsRateLimit int `yaml:"weights_rate_limit" json:"weights_rate_limit"` // blocks between two rows of a validator

	MaxUIDs  int `yaml:"max_uids" json:"max_uids"` // 0: as many as players are there from the beginning
	Immunity int `yaml:"immunity" json:"immunity"` // epochs in which a new uid is not pruned
	// Registrations that an adjustment interval aims at; three times as many get in, and the price follows.
	Registrations      int     `yaml:"registrations" json:"registrations"`
	AdjustmentInterval int     `yaml:"adjustment_interval" json:"adjustment_interval"` // blocks
	Registration       float64 `yaml:"registration" json:"registration"`               // the price at the beginning, the unit of uid_cost; 1 TAO
	UIDCost            float64 `yaml:"uid_cost" json:"uid_cost"`                       // what holding a uid costs an epoch; an honest miner's work costs 1
}

// newSubnetRules is what a new subnet has (yuma §8, chain §4.5); immunity is 5000 blocks there.
func newSubnetRules() Subnet {
	return Subnet{
		Yuma: "2026", Tempo: 360, Kappa: 0.5, BondsAverage: 0.9, BondsPenalty: 1, AlphaLow: 0.7, AlphaHigh: 0.9, CommitReveal: 1, MinWeights: 1, MaxWeight: 1, Permits: 64,
		Emission: 1, OwnerCut: 0.18, ActivityCutoff: 5000, WeightsRateLimit: 100,
		Immunity: 14, Registrations: 1, AdjustmentInterval: 360, Registration: 1, UIDCost: 0.1,
	}
}

// The rest of a new subnet's price of a uid, which no scenario changes (chain §3.3).
const (
	// AdjustmentAlpha is how much of the price stays after an interval, of 2^64-1: 0.97.
	AdjustmentAlpha = 17_893_341_751_498_265_066
	MinBurn         = 1                  // rao
	MaxBurn         = 100 * issuance.TAO // rao
)

// maxBlocks bounds what a scenario says in blocks, as the ledger does.
const maxBlocks = math.MaxUint32

func (n *Subnet) check() error {
	if _, err := yuma.ParseVariant(n.Yuma); err != nil {
		return err
	}
	for _, b := range []struct {
		name            string
		value, from, to float64
	}{
		{"tempo", float64(n.Tempo), 1, math.MaxUint16 - 1}, {"kappa", n.Kappa, 0, 1}, {"bonds_average", n.BondsAverage, 0, 1}, {"bonds_penalty", n.BondsPenalty, 0, 1},
		{"alpha_low", n.AlphaLow, 0, 1}, {"alpha_high", n.AlphaHigh, 0, 1}, {"commit_reveal", float64(n.CommitReveal), 0, 100},
		{"min_weights", float64(n.MinWeights), 0, MaxUIDs}, {"max_weight", n.MaxWeight, 0, 1}, {"permits", float64(n.Permits), 1, MaxUIDs},
		{"emission", n.Emission, 0, 1}, {"owner_cut", n.OwnerCut, 0, 1},
		{"activity_cutoff", float64(n.ActivityCutoff), 0, maxBlocks}, {"weights_rate_limit", float64(n.WeightsRateLimit), 0, maxBlocks},
		{"max_uids", float64(n.MaxUIDs), 0, MaxUIDs}, {"registrations", float64(n.Registrations), 1, math.MaxUint16},
		{"adjustment_interval", float64(n.AdjustmentInterval), 1, maxBlocks},
		{"uid_cost", n.UIDCost, 0, 1000}, {"registration", n.Registration, 0, float64(MaxBurn / issuance.TAO)},
		// The ledger keeps immunity in 16 bits of blocks.
		{"immunity", float64(n.Immunity), 0, float64(math.MaxUint16 / n.Period())},
	} {
		if err := inside("subnet."+b.name, b.value, b.from, b.to); err != nil {
			return err
		}
	}
	return nil
}

// Params are the hyperparameters of the epoch in the units of the ledger. The error is of a variant
// that there is not.
func (n *Subnet) Params() (yuma.Params, error) {
	variant, err := yuma.ParseVariant(n.Yuma)
	if err != nil {
		return yuma.Params{}, err
	}
	p := yuma.DefaultParams(variant)
	p.Kappa, p.BondsPenalty = u16(n.Kappa), u16(n.BondsPenalty)
	p.BondsMovingAverage = uint64(n.BondsAverage * yuma.BondsScale)
	p.MaxAllowedValidators = uint16(n.Permits)
	p.ActivityCutoff = uint64(n.ActivityCutoff)
	p.LiquidAlpha = n.LiquidAlpha
	p.AlphaLow, p.AlphaHigh = u16(n.AlphaLow), u16(n.AlphaHigh)
	if n.Yuma3 != nil {
		p.Yuma3 = *n.Yuma3
	}
	return p, nil
}

// u16 is a share as the ledger keeps it, of 65535.
func u16(x float64) uint16 { return uint16(x * math.MaxUint16) }

// MaxWeightLimit is the largest share of a row, of 65535.
func (n *Subnet) MaxWeightLimit() uint16 { return u16(n.MaxWeight) }

// OwnerShare is the owner's cut, of 65535.
func (n *Subnet) OwnerShare() uint16 { return u16(n.OwnerCut) }

// Rate is the emission in rao a block.
func (n *Subnet) Rate() uint64 { return uint64(n.Emission * float64(issuance.TAO)) }

// Burn is the price of a registration at the beginning, rao.
func (n *Subnet) Burn() uint64 { return max(rao(n.Registration), MinBurn) }

// ImmunityPeriod is the immunity in blocks.
func (n *Subnet) ImmunityPeriod() uint64 { return uint64(n.Immunity) * n.Period() }

// Period is the number of blocks from one epoch to the next: the form of 2024 takes one more than the
// tempo (yuma §6).
func (n *Subnet) Period() uint64 {
	if n.Yuma == yuma.V2024.String() {
		return uint64(n.Tempo) + 1
	}
	return uint64(n.Tempo)
}

// Netuid is the place of a world's subnet.
const Netuid = 1

// Opening is the block in which a world's subnet is founded, from which epochs are counted. The form
// of 2024 runs on a grid, so it is founded in a block of that. It is never 0, which reads as "never" in
// a neuron's clocks, nor 1, the block of a genesis.
func (n *Subnet) Opening() uint64 {
	block := uint64(2)
	if n.Yuma == yuma.V2024.String() {
		block = yuma.NextEpoch(Netuid, n.Tempo, block-1)
	}
	return block
}

// Block is the height at a moment of an epoch: part 0 is its first block, in which the epoch before was
// settled, and 1 its last.
func (n *Subnet) Block(epoch int, part float64) uint64 {
	period := n.Period()
	return n.Opening() + uint64(epoch)*period + uint64(part*float64(period-1))
}

// Door is the block of an epoch in which registrations come: late enough for the last epoch's pay to
// have arrived.
func (n *Subnet) Door(epoch int) uint64 { return n.Block(epoch, 0) + min(2, n.Period()-1) }

// rao is an amount of TAO, or of epochs of honest work, whose price is 1 TAO here.
func rao(tao float64) uint64 { return uint64(tao * float64(issuance.TAO)) }

// epochsOfWork is the way back.
func epochsOfWork(rao uint64) float64 { return float64(rao) / float64(issuance.TAO) }
