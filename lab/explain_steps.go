package lab

import (
	"cmp"
	"slices"

	"github.com/ergon-network/ergon/consensus/fixed"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Why a weight that was set does not count (yuma §4.5).
const (
	droppedPermit = "the validator has no permit"
	droppedSelf   = "a weight for the own uid does not count"
	droppedOld    = "it was set before the uid was registered"
)

// cell is the entry of a matrix, and whether it is there.
func cell(m *yuma.Matrix, row, column int) (fixed.I32F32, bool) {
	if row >= m.Len() {
		return 0, false
	}
	for _, c := range m.Row(row) {
		if int(c.UID) == column {
			return c.Value, true
		}
	}
	return 0, false
}

// named reports whether a row that was set says anything of a uid.
func (x *explainer) named(row, uid int) bool {
	return slices.ContainsFunc(x.in.Weights.Row(row), func(p yuma.Pair) bool { return int(p.UID) == uid && p.Value > 0 })
}

// dropped is why a weight that was set does not count; "" if it does.
func (x *explainer) dropped(row, uid int) string {
	if _, counts := cell(&x.out.Raw.Weights, row, uid); counts {
		return ""
	}
	switch {
	case !x.in.Permit[row]:
		return droppedPermit
	case row == uid:
		return droppedSelf
	}
	return droppedOld
}

func (x *explainer) miner() *MinerSteps {
	raw := &x.out.Raw
	m := &MinerSteps{
		Votes: []Vote{}, Consensus: number(raw.Consensus[x.uid]), Rank: number(raw.Rank[x.uid]), Ranks: number(total(raw.Rank)),
		Incentive: number(raw.Incentive[x.uid]), Part: number(x.part(raw.Incentive)), Pay: x.out.Server[x.uid],
	}
	anybody := x.players[x.uid].Mines
	for i := range x.in.Stake {
		named := x.named(i, x.uid)
		if raw.ActiveStake[i] == 0 && !named {
			continue
		}
		anybody = anybody || named
		v := Vote{UID: i, Name: x.players[i].Name, Vote: number(raw.ActiveStake[i])}
		w, _ := cell(&raw.Weights, i, x.uid)
		c, _ := cell(&x.trace.Clipped, i, x.uid)
		v.Weight, v.Clipped, v.Counts = number(w), number(c), number(c.MulFast(raw.ActiveStake[i]))
		if named {
			v.Dropped = x.dropped(i, x.uid)
		}
		m.Votes = append(m.Votes, v)
	}
	if !anybody {
		return nil
	}
	m.support()
	slices.SortStableFunc(m.Votes, func(a, b Vote) int { return cmp.Or(cmp.Compare(b.Counts, a.Counts), cmp.Compare(b.Vote, a.Vote)) })
	return m
}

// support counts the votes for the consensus and for the next weight above it.
func (m *MinerSteps) support() {
	for _, v := range m.Votes {
		if v.Weight > m.Consensus && v.Vote > 0 && (m.Next == 0 || v.Weight < m.Next) {
			m.Next = v.Weight
		}
	}
	for _, v := range m.Votes {
		if v.Weight >= m.Consensus {
			m.Support += v.Vote
		}
		if m.Next > 0 && v.Weight >= m.Next {
			m.NextSupport += v.Vote
		}
	}
}

// part is the uid's part of the pot for its incentive or dividends.
func (x *explainer) part(of []fixed.I32F32) fixed.I32F32 { return of[x.uid].Div(x.parts()) }

func (x *explainer) validator() *ValidatorSteps {
	raw := &x.out.Raw
	if raw.ActiveStake[x.uid] == 0 && x.out.Validator[x.uid] == 0 && len(x.in.Weights.Row(x.uid)) == 0 && len(x.in.Bonds.Row(x.uid)) == 0 {
		return nil
	}
	sums := x.bondSums()
	earned := x.earned(sums)
	v := &ValidatorSteps{
		WeighedAt: x.in.WeighedAt[x.uid], Row: x.row(), Trust: number(raw.ValidatorTrust[x.uid]), Bonds: x.bonds(), Sum: number(sums[x.uid]),
		Earned: number(earned[x.uid]), AllEarned: number(total(earned)), Dividends: number(raw.Dividends[x.uid]), Part: number(x.part(raw.Dividends)),
		Pay: x.out.Validator[x.uid],
	}
	if x.parts() == 0 {
		v.Part = number(raw.EmissionShare[x.uid])
	}
	return v
}

// row is what the validator says, and what is left of it.
func (x *explainer) row() []Entry {
	list := []Entry{}
	for _, p := range x.in.Weights.Row(x.uid) {
		j := int(p.UID)
		if p.Value == 0 {
			continue
		}
		w, _ := cell(&x.out.Raw.Weights, x.uid, j)
		c, _ := cell(&x.trace.Clipped, x.uid, j)
		list = append(list, Entry{
			UID: j, Name: x.players[j].Name, Weight: number(w), Consensus: number(x.out.Raw.Consensus[j]), Clipped: number(c), Dropped: x.dropped(x.uid, j),
		})
	}
	slices.SortStableFunc(list, func(a, b Entry) int { return cmp.Compare(b.Weight, a.Weight) })
	return list
}

// shares is the matrix by which dividends are paid.
func (x *explainer) shares() *yuma.Matrix {
	if x.yuma3() {
		return &x.trace.BondsShare
	}
	return &x.out.Raw.Bonds
}

// bondSums is what each validator's bonds earn together.
func (x *explainer) bondSums() []fixed.I32F32 {
	m := x.shares()
	sums := make([]fixed.I32F32, m.Len())
	for i := range sums {
		for _, c := range m.Row(i) {
			sums[i] += c.Value.MulFast(x.out.Raw.Incentive[c.UID])
		}
	}
	return sums
}

// earned is what dividends are shares of.
func (x *explainer) earned(sums []fixed.I32F32) []fixed.I32F32 {
	if !x.yuma3() {
		return sums
	}
	out := make([]fixed.I32F32, len(sums))
	for i, s := range sums {
		out[i] = s.MulFast(x.out.Raw.ActiveStake[i])
	}
	return out
}

// bonds are those that the validator has or had.
func (x *explainer) bonds() []Bond {
	before, toward := &x.trace.Bonds, &x.trace.Bonding
	if !x.yuma3() {
		before, toward = &x.trace.BondsNorm, &x.trace.BondsDeltaNorm
	}
	list := []Bond{}
	for j := range x.in.Stake {
		old, had := cell(before, x.uid, j)
		target, wants := cell(toward, x.uid, j)
		after, has := cell(&x.out.Raw.Bonds, x.uid, j)
		if !had && !wants && !has {
			continue
		}
		share, _ := cell(x.shares(), x.uid, j)
		speed, liquid := cell(&x.trace.Speeds, x.uid, j)
		if x.trace.Speeds.Len() == 0 {
			speed = x.trace.Speed
		} else if !liquid {
			speed = fixed.One // a bond whose weight is gone goes at once
		}
		incentive := x.out.Raw.Incentive[j]
		list = append(list, Bond{
			UID: j, Name: x.players[j].Name, Before: number(old), Toward: number(target), Speed: number(speed), After: number(after),
			Share: number(share), Earns: number(share.MulFast(incentive)), Incentive: number(incentive),
		})
	}
	slices.SortStableFunc(list, func(a, b Bond) int { return cmp.Or(cmp.Compare(b.Earns, a.Earns), cmp.Compare(b.After, a.After)) })
	return list
}
