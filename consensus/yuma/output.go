package yuma

import "github.com/ergon-network/ergon/consensus/fixed"

// Output is what an epoch decides. Every vector is indexed by uid; u16 values are of 65535
// (yuma §4.11).
type Output struct {
	Server    []uint64 // rao earned as a server
	Validator []uint64 // rao earned as a validator
	Emission  []uint64 // rao of both; the sum of neither form exceeds Input.Emission

	Active         []bool   // set weights within the activity cutoff
	Permit         []bool   // may validate in the next epoch
	Consensus      []uint16 // the weight that a majority of stake supports
	Incentive      []uint16 // share of the servers' emission
	Dividends      []uint16 // share of the validators' emission
	ValidatorTrust []uint16 // what the consensus left of the validator's row

	Rank          []uint16 // 2024, else empty: equals Incentive
	Trust         []uint16 // 2024, else empty: rank after clipping / before
	PruningScores []uint16 // 2024, else empty: emission share, the best scaled to 65535

	StakeWeight []uint16 // 2026, else empty: share of the stake

	// Bonds are the rows to store for every uid. Classic bonds are scaled so that each column's
	// largest is 65535; Yuma3 bonds are absolute shares. A bond that quantises to 0 stays present.
	Bonds Rows

	Raw Raw
}

// Raw holds the unquantised vectors, for checks and for explaining a result.
type Raw struct {
	Stake          []fixed.I32F32 // share of all stake
	ActiveStake    []fixed.I32F32 // share of the stake that may vote
	Consensus      []fixed.I32F32
	ValidatorTrust []fixed.I32F32
	Rank           []fixed.I32F32 // before normalisation
	Incentive      []fixed.I32F32
	Dividends      []fixed.I32F32
	EmissionShare  []fixed.I32F32
	Prerank        []fixed.I32F32 // 2024, else empty
	Trust          []fixed.I32F32 // 2024, else empty
	Weights        Matrix         // masked and row-normalised
	Bonds          Matrix         // after the moving average; classic: columns sum to one
}

// Trace holds the inner steps of an epoch, for checks and for explaining a result. A Workspace fills
// it on request; what it decides is the same with one and without.
type Trace struct {
	Clipped Matrix // weights bounded by the consensus
	Bonding Matrix // weights that earn bonds: the clipped ones, or under a partial penalty those between

	// Of Yuma3 bonds, else as the epoch before left them.
	Bonds      Matrix       // stored bonds that still hold, of one
	BondsShare Matrix       // new bonds, columns normalised: what dividends are paid by
	Speed      fixed.I32F32 // weight of the new bonds; also of classic bonds
	Speeds     Matrix       // the same per cell, under liquid alpha; else empty

	// Of classic bonds, else as the epoch before left them.
	BondsNorm      Matrix // stored bonds, columns normalised
	BondsDelta     Matrix // active stake times weights
	BondsDeltaNorm Matrix // the same, columns normalised
	BondsUpscaled  Matrix // new bonds, column maximum one
}
