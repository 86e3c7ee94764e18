package onledger

import (
	"fmt"
	"math"

	"github.com/ergon-network/ergon/chain/genesis"
	"github.com/ergon-network/ergon/chain/testnode"
	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/lab"
)

// Bounds of what can be played on the ledger.
const (
	// minTempo leaves an epoch a block for each kind of message.
	minTempo = 12
	// maxShares is among how many subnets a block's emission may have to be divided.
	maxShares = 64
	// restless is a tempo that no scenario has, with which subnets are created: setting another one in
	// the same block is what starts a subnet's epochs there.
	restless = math.MaxUint16
)

// supply is where the issuance has to stand, and among how many subnets the emission of a block has to
// be shared, for one of them to get a rate.
type supply struct {
	least, below uint64 // rao
	subnets      uint64
}

func supplyFor(rate uint64) (supply, error) {
	for halved := range 30 {
		s := supply{least: issuance.Cap - issuance.Cap>>halved, below: issuance.Cap - issuance.Cap>>(halved+1)}
		for s.subnets = 1; s.subnets <= maxShares; s.subnets++ {
			if issuance.BlockEmission(s.least)/s.subnets == rate {
				return s, nil
			}
		}
	}
	return supply{}, fmt.Errorf("no ledger gives a subnet %d rao a block: a block's emission is 1 TAO, halved or shared by up to %d subnets; change subnet.emission to 1", rate, maxShares)
}

// options are the genesis of a ledger on which a scenario of so many epochs can be played. Each coldkey
// holds what it will stake and allowance; the treasury has the rest.
func options(f lab.Founding, epochs int, s supply, treasury *keys.Pair, balances []genesis.Balance) (genesis.Options, error) {
	params, err := f.Rules.Params()
	if err != nil {
		return genesis.Options{}, err
	}
	held := reserve
	for _, b := range balances {
		held += b.Rao
	}
	rest := max(held, s.least) - held + reserve
	minted := issuance.BlockEmission(s.least) * uint64(epochs+1) * f.Rules.Period()
	if total := held + rest - reserve; total+minted >= s.below {
		return genesis.Options{}, fmt.Errorf("the players hold and earn %d TAO, with which the emission halves: use less stake or fewer epochs", (total+minted)/issuance.TAO)
	}
	return genesis.Options{
		Profile: genesis.Localnet, Root: treasury.Address(),
		Balances: append(balances, genesis.Balance{Address: treasury.Address(), Rao: rest}),
		Tune:     func(p *subnettypes.Params) { tune(p, f, params, uint32(s.subnets)) },
		TuneIncentive: func(p *incentivetypes.Params) {
			testnode.ShareEqually(p)
			p.OwnerCut, p.EpochsPerBlock, p.PayoutHistory = uint32(f.Rules.OwnerShare()), maxShares, 1
		},
	}, nil
}

// reserve is what the treasury holds at least: locks of subnets, and what players pay for registrations
// beyond their own allowance.
const reserve = 200_000 * issuance.TAO

// tune gives a new subnet the scenario's rules. Its founding is no demand, so until it is over as many
// register as there are, and the price stands still.
func tune(p *subnettypes.Params, f lab.Founding, y yuma.Params, subnets uint32) {
	r := &f.Rules
	p.MinLock, p.SubnetLimit, p.InitialBurn = 1, subnets, r.Burn()
	h := &p.Defaults
	h.YumaVariant, h.Tempo = r.Yuma, restless
	h.Kappa, h.BondsMovingAverage, h.BondsPenalty = uint32(y.Kappa), y.BondsMovingAverage, uint32(y.BondsPenalty)
	h.ActivityCutoff = y.ActivityCutoff
	h.Yuma3 = y.Yuma3 && y.Variant == yuma.V2026
	h.LiquidAlpha = y.LiquidAlpha && y.Variant == yuma.V2026
	h.AlphaLow, h.AlphaHigh, h.AlphaSigmoidSteepness = uint32(y.AlphaLow), uint32(y.AlphaHigh), int32(y.AlphaSteepness)
	h.MaxAllowedUids = uint32(f.UIDs)
	h.MaxAllowedValidators = min(uint32(r.Permits), uint32(f.UIDs))
	h.MinAllowedWeights, h.MaxWeightLimit = uint32(r.MinWeights), uint32(r.MaxWeightLimit())
	h.WeightsRateLimit = uint64(r.WeightsRateLimit)
	h.ImmunityPeriod = uint32(r.ImmunityPeriod())
	h.CommitRevealWeightsEnabled, h.CommitRevealPeriod = r.CommitReveal > 0, max(uint32(r.CommitReveal), 1)
	h.AdjustmentInterval, h.TargetRegsPerInterval, h.MaxRegsPerBlock = 1, math.MaxUint16, math.MaxUint16
	h.AdjustmentAlpha, h.MinBurn, h.MaxBurn = lab.AdjustmentAlpha, lab.MinBurn, lab.MaxBurn
}
