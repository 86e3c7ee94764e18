package explorer

import (
	"errors"
	"fmt"
	"math/big"
)

// Totals accounts for the money since genesis, in rao (1 TAO is 1e9 rao).
//
// Miners, validators and owner were minted to them and nothing else is ever minted; recycled was burned by registrations and swaps. Pending is
// accrued and not minted yet; dust was accrued and, by rounding or for want of a receiver, never will be.
type Totals struct {
	SupplyGenesisRao uint64 `json:"supply_genesis_rao"`
	SupplyNowRao     uint64 `json:"supply_now_rao"`
	MinersRao        uint64 `json:"miners_rao"`
	ValidatorsRao    uint64 `json:"validators_rao"`
	OwnerRao         uint64 `json:"owner_rao"`
	RecycledRao      uint64 `json:"recycled_rao"`
	PendingRao       uint64 `json:"pending_rao"`
	DustRao          uint64 `json:"dust_rao"`
}

// ErrUnbalanced is wrapped by the error of Totals.Check.
var ErrUnbalanced = errors.New("the money does not add up")

// Check verifies supply_now − supply_genesis = miners + validators + owner − recycled, to the rao.
func (t Totals) Check() error {
	got := new(big.Int).Sub(rao(t.SupplyNowRao), rao(t.SupplyGenesisRao))
	want := new(big.Int).Add(rao(t.MinersRao), rao(t.ValidatorsRao))
	want.Add(want, rao(t.OwnerRao)).Sub(want, rao(t.RecycledRao))
	if got.Cmp(want) == 0 {
		return nil
	}
	return fmt.Errorf("%w: supply changed by %d rao, but miners %d + validators %d + owner %d − recycled %d rao are %d, %d too many",
		ErrUnbalanced, got, t.MinersRao, t.ValidatorsRao, t.OwnerRao, t.RecycledRao, want, new(big.Int).Sub(want, got))
}

func rao(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// Report is the result of a run, printed as the last line of `ergon localnet --json`. Field names and their order are stable.
type Report struct {
	Subnets []ReportSubnet `json:"subnets"`
	Totals  Totals         `json:"totals"`
}

// ReportSubnet is a market in a Report.
type ReportSubnet struct {
	Netuid  uint16         `json:"netuid"`
	Market  string         `json:"market"`
	Profile string         `json:"profile"`
	Share   float64        `json:"share"`    // of the block emission, 0 … 1
	RateRao uint64         `json:"rate_rao"` // a block
	Neurons []ReportNeuron `json:"neurons"`
}

// ReportNeuron is a neuron in a Report. Incentive and dividends are shares, 0 … 1.
type ReportNeuron struct {
	UID       uint16  `json:"uid"`
	Hotkey    string  `json:"hotkey"`
	Role      Role    `json:"role"`
	Strategy  string  `json:"strategy"`
	Tasks     uint64  `json:"tasks"`
	Score     float64 `json:"score"`
	Incentive float64 `json:"incentive"`
	Dividends float64 `json:"dividends"`
	EarnedRao uint64  `json:"earned_rao"`
}

// NewReport takes the report out of a state.
func NewReport(s State) Report {
	s = s.Bounded()
	r := Report{Subnets: make([]ReportSubnet, 0, len(s.Subnets)), Totals: s.Totals}
	for _, sn := range s.Subnets {
		out := ReportSubnet{Netuid: sn.Netuid, Market: sn.Market, Profile: sn.Profile, Share: sn.Share, RateRao: sn.RateRao, Neurons: make([]ReportNeuron, 0, len(sn.Neurons))}
		for _, n := range sn.Neurons {
			out.Neurons = append(out.Neurons, ReportNeuron{
				UID: n.UID, Hotkey: n.Hotkey, Role: n.Role, Strategy: n.Strategy, Tasks: n.Tasks,
				Score: n.Score, Incentive: n.Incentive, Dividends: n.Dividends, EarnedRao: n.EarnedRao,
			})
		}
		r.Subnets = append(r.Subnets, out)
	}
	return r
}
