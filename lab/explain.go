package lab

import (
	"context"
	"fmt"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Explanation is why a uid got its pay in an epoch: the steps of yuma §4 with the figures of the exact
// code. Shares and weights are of 1 and exact, multiples of 2^-32; products are floored to that before
// they are added. A test redoes every step from these figures and arrives at the pay to the rao.
type Explanation struct {
	Scenario string `json:"scenario"`
	Seed     uint64 `json:"seed"`
	Epoch    int    `json:"epoch"`
	Block    uint64 `json:"block"`
	Player   Player `json:"player"`
	Rules    Rules  `json:"rules"`
	Pot      Pot    `json:"pot"`

	Standing  Standing        `json:"standing"`
	Miner     *MinerSteps     `json:"miner,omitempty"`     // nil for a uid that nobody names and that does not mine
	Validator *ValidatorSteps `json:"validator,omitempty"` // nil for a uid without a vote, weights and bonds

	MinerPay     uint64 `json:"miner_rao,string"`
	ValidatorPay uint64 `json:"validator_rao,string"`
}

// Rules are the hyperparameters that the steps read.
type Rules struct {
	Yuma         string  `json:"yuma"`  // 2024 or 2026
	Kappa        float64 `json:"kappa"` // majority that sets the consensus
	Bonds        string  `json:"bonds"` // classic, yuma3 or liquid: yuma3 with a speed per bond
	BondsSpeed   float64 `json:"bonds_speed"`
	BondsPenalty float64 `json:"bonds_penalty"`
	Cutoff       uint64  `json:"activity_cutoff"` // blocks
	Permits      int     `json:"permits"`
	CommitReveal int     `json:"commit_reveal"` // epochs
}

// Pot is what there was to hand out (yuma §4.10).
type Pot struct {
	Accrued    uint64 `json:"accrued_rao,string"`
	OwnerCut   uint64 `json:"owner_cut_rao,string"`
	Emission   uint64 `json:"emission_rao,string"` // the rest
	Miners     uint64 `json:"miners_rao,string"`
	Validators uint64 `json:"validators_rao,string"`
	Unissued   uint64 `json:"unissued_rao,string"` // lost to rounding, or to nobody at all
	// Parts is the sum of all incentives and dividends, by which each is divided.
	Parts float64 `json:"parts"`
	// Fallback says by what the pot is divided where nobody has incentive or dividends: "active stake",
	// "stake", or "".
	Fallback string `json:"fallback,omitempty"`
}

// Standing is what a uid brings into the epoch (yuma §4.1 to §4.4).
type Standing struct {
	Stake        uint64  `json:"stake_rao,string"`
	Share        float64 `json:"share"` // of all stake
	RegisteredAt uint64  `json:"registered_at"`
	LastUpdate   uint64  `json:"last_update"` // block
	Active       bool    `json:"active"`
	Permit       bool    `json:"permit"`      // from the epoch before
	NextPermit   bool    `json:"next_permit"` // for the next
	Vote         float64 `json:"vote"`        // share of the stake that is active and permitted
}

// MinerSteps lead from the validators' weights to pay (yuma §4.5 to §4.8, §4.10).
type MinerSteps struct {
	Votes []Vote `json:"votes"` // of every validator with a vote or a weight, by what it counts
	// Consensus is the largest weight that at least kappa of the votes supports; Support those votes.
	Consensus float64 `json:"consensus"`
	Support   float64 `json:"support"`
	// Next is the smallest weight above the consensus and NextSupport the votes for it; 0 without one.
	Next        float64 `json:"next"`
	NextSupport float64 `json:"next_support"`
	Rank        float64 `json:"rank"`  // sum of what the votes count
	Ranks       float64 `json:"ranks"` // of all uids
	Incentive   float64 `json:"incentive"`
	Part        float64 `json:"part"` // of the pot
	Pay         uint64  `json:"pay_rao,string"`
}

// Vote is one validator's weight for a miner.
type Vote struct {
	UID     int     `json:"uid"`
	Name    string  `json:"name"`
	Vote    float64 `json:"vote"`   // share of the voting stake
	Weight  float64 `json:"weight"` // of its row
	Clipped float64 `json:"clipped"`
	Counts  float64 `json:"counts"`            // vote times clipped weight
	Dropped string  `json:"dropped,omitempty"` // why a weight that was set does not count
}

// ValidatorSteps lead from a validator's row over its bonds to pay (yuma §4.5, §4.7, §4.9, §4.10).
type ValidatorSteps struct {
	WeighedAt uint64  `json:"weighed_at"` // block of the row in force
	Row       []Entry `json:"row"`        // what it says of each uid, the largest weight first
	Trust     float64 `json:"trust"`      // what clipping left of the row
	Bonds     []Bond  `json:"bonds"`      // what earns most first
	Sum       float64 `json:"sum"`        // of what the bonds earn
	// Earned is Sum, times the vote except for classic bonds, and AllEarned that of all validators.
	Earned    float64 `json:"earned"`
	AllEarned float64 `json:"all_earned"`
	Dividends float64 `json:"dividends"`
	Part      float64 `json:"part"` // of the pot
	Pay       uint64  `json:"pay_rao,string"`
}

// Entry is one weight of a row.
type Entry struct {
	UID       int     `json:"uid"`
	Name      string  `json:"name"`
	Weight    float64 `json:"weight"`
	Consensus float64 `json:"consensus"`
	Clipped   float64 `json:"clipped"`
	Dropped   string  `json:"dropped,omitempty"`
}

// Bond is what a validator holds of a miner.
type Bond struct {
	UID    int     `json:"uid"`
	Name   string  `json:"name"`
	Before float64 `json:"before"` // what still holds of the stored bond; classic: of its column
	Toward float64 `json:"toward"` // the weight that earns bonds; classic: times vote, of its column
	Speed  float64 `json:"speed"`  // how far it moves
	After  float64 `json:"after"`  // classic: of its column
	Share  float64 `json:"share"`  // of all bonds in the miner
	Earns  float64 `json:"earns"`  // share times the miner's incentive
	// Incentive of the miner.
	Incentive float64 `json:"incentive"`
}

// Explain plays a scenario until an epoch and says why a uid got what it got in it. Epochs count from 0.
// The error wraps ErrInput for a uid or epoch that there is none of, or is ctx's when it ends first.
func Explain(ctx context.Context, s *Scenario, seed uint64, uid, epoch int) (*Explanation, error) {
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("scenario %q: %w", s.Name, err)
	}
	uids := 0
	for _, g := range s.groups() {
		uids += g.Count
	}
	if err := explainable(uid, uids, epoch, s.Epochs); err != nil {
		return nil, err
	}
	until := *s
	until.Epochs = epoch + 1
	return explain(s.Subnet, uid, epoch, func(w Watch) (*Result, error) { return Follow(ctx, &until, seed, w) })
}

// ExplainArchive is Explain for stakes and weights that are given.
func ExplainArchive(ctx context.Context, a *Archive, uid, epoch int) (*Explanation, error) {
	if err := a.Check(); err != nil {
		return nil, fmt.Errorf("archive %q: %w", a.Name, err)
	}
	if err := explainable(uid, len(a.Frames[0].Stake), epoch, a.Length()); err != nil {
		return nil, err
	}
	until := *a
	until.Epochs = epoch + 1
	return explain(a.Subnet, uid, epoch, func(w Watch) (*Result, error) { return Replay(ctx, &until, w) })
}

func explainable(uid, uids, epoch, epochs int) error {
	err := inside("uid", float64(uid), 0, float64(uids-1))
	if err == nil {
		err = inside("epoch", float64(epoch), 0, float64(epochs-1))
	}
	if err != nil {
		return inputError{err}
	}
	return nil
}

// explain watches a run until its last epoch, which it settles once more with a trace: the epoch is a
// function, so the trace is of what was paid.
func explain(rules Subnet, uid, epoch int, follow func(Watch) (*Result, error)) (*Explanation, error) {
	var x explainer
	var failed error
	r, err := follow(func(e int, in *yuma.Input, _ *yuma.Output) {
		if e != epoch {
			return
		}
		work := yuma.Workspace{Trace: &x.trace}
		if x.out, failed = work.Epoch(in); failed == nil {
			x.keep(in)
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, err
	}
	x.uid, x.players, x.settled = uid, r.Players, r.Epochs[epoch]
	e := x.explanation(&rules)
	e.Scenario, e.Seed, e.Epoch = r.Scenario, r.Seed, epoch
	return e, nil
}

// explainer has an epoch before it and reads the steps of one uid out of it.
type explainer struct {
	uid     int
	players []Player
	settled Epoch
	in      yuma.Input
	out     *yuma.Output
	trace   yuma.Trace
}

// keep copies of an input what the explanation reads: it is only valid while the watch looks on.
func (x *explainer) keep(in *yuma.Input) {
	x.in = *in
	x.in.Stake = append([]uint64(nil), in.Stake...)
	x.in.LastUpdate = append([]uint64(nil), in.LastUpdate...)
	x.in.RegisteredAt = append([]uint64(nil), in.RegisteredAt...)
	x.in.Permit = append([]bool(nil), in.Permit...)
	x.in.WeighedAt = x.in.LastUpdate
	if in.WeighedAt != nil {
		x.in.WeighedAt = append([]uint64(nil), in.WeighedAt...)
	}
	x.in.Weights, x.in.Bonds = yuma.Rows{}, yuma.Rows{}
	for uid := range in.Stake {
		x.in.Weights.Append(in.Weights.Row(uid)...)
		x.in.Bonds.Append(in.Bonds.Row(uid)...)
	}
}

func (x *explainer) explanation(n *Subnet) *Explanation {
	raw := &x.out.Raw
	e := &Explanation{Block: x.in.Block, Player: x.players[x.uid], Rules: x.rules(n), Pot: x.pot(), Standing: Standing{
		Stake: x.in.Stake[x.uid], Share: number(raw.Stake[x.uid]), RegisteredAt: x.in.RegisteredAt[x.uid], LastUpdate: x.in.LastUpdate[x.uid],
		Active: x.out.Active[x.uid], Permit: x.in.Permit[x.uid], NextPermit: x.out.Permit[x.uid], Vote: number(raw.ActiveStake[x.uid]),
	}, Miner: x.miner(), Validator: x.validator(), MinerPay: x.out.Server[x.uid], ValidatorPay: x.out.Validator[x.uid]}
	return e
}

func (x *explainer) rules(n *Subnet) Rules {
	r := Rules{
		Yuma: x.in.Variant.String(), Kappa: number(fixed.FromProportion(x.in.Kappa)), Bonds: "classic", BondsSpeed: number(x.trace.Speed),
		BondsPenalty: number(fixed.FromProportion(x.in.BondsPenalty)), Cutoff: x.in.ActivityCutoff, Permits: int(x.in.MaxAllowedValidators), CommitReveal: n.CommitReveal,
	}
	switch {
	case !x.yuma3():
	case x.trace.Speeds.Len() > 0:
		r.Bonds = "liquid"
	default:
		r.Bonds = "yuma3"
	}
	return r
}

func (x *explainer) yuma3() bool { return x.in.Variant == yuma.V2026 && x.in.Yuma3 }

func (x *explainer) pot() Pot {
	p := Pot{Accrued: x.settled.Owner + x.in.Emission, OwnerCut: x.settled.Owner, Emission: x.in.Emission, Unissued: x.in.Emission, Parts: number(x.parts())}
	for uid := range x.in.Stake {
		p.Miners += x.out.Server[uid]
		p.Validators += x.out.Validator[uid]
	}
	p.Unissued -= p.Miners + p.Validators
	if p.Parts == 0 {
		p.Fallback = "stake"
		if total(x.out.Raw.ActiveStake) > 0 {
			p.Fallback = "active stake"
		}
	}
	return p
}

// parts is what incentives and dividends add up to.
func (x *explainer) parts() fixed.I32F32 {
	return total(x.out.Raw.Incentive) + total(x.out.Raw.Dividends)
}

func total(v []fixed.I32F32) (sum fixed.I32F32) {
	for _, a := range v {
		sum += a
	}
	return sum
}

// number is exact: what an epoch holds has at most 53 significant bits.
func number(v fixed.I32F32) float64 { return float64(v) / float64(fixed.One) }
