package incentive

import (
	"context"
	"fmt"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Yuma is the mechanism "yuma": validators' weight rows go through Yuma Consensus. The
// mathematics is consensus/yuma; this file only carries state to it and back.
type Yuma struct {
	keeper *Keeper
	work   yuma.Workspace // reused: blocks settle one subnet after the other
}

// NewYuma returns the mechanism over a keeper's rows, bonds and vectors.
func NewYuma(k *Keeper) *Yuma { return &Yuma{keeper: k} }

// Name implements Mechanism.
func (*Yuma) Name() string { return "yuma" }

// Begin implements Mechanism: the 2024 form runs on a fixed grid of tempo+1 blocks, the 2026
// form tempo blocks after the last epoch (yuma §6).
func (*Yuma) Begin(sub subnettypes.Subnet, state types.Emission, height uint64) uint64 {
	netuid, tempo := uint16(sub.Netuid), uint16(sub.Hyper.Tempo)
	var next uint64
	if sub.Hyper.YumaVariant == "2024" {
		next = yuma.NextEpoch(netuid, tempo, height)
	} else {
		last := state.LastEpoch
		if last == 0 {
			last = yuma.FirstEpoch2026(netuid, tempo, height)
		}
		next = yuma.Schedule2026{Tempo: tempo, LastEpoch: last, LastStep: max(last, state.LastStep)}.Next()
	}
	if next == yuma.Never {
		return 0
	}
	return max(next, height+1)
}

// Due implements Mechanism.
func (*Yuma) Due(state types.Emission, height uint64) bool {
	return state.NextEpoch != 0 && height >= state.NextEpoch
}

// Settle implements Mechanism: one epoch of Yuma Consensus.
func (y *Yuma) Settle(ctx context.Context, snap Snapshot) (Settlement, error) {
	in, oldBonds, err := y.input(ctx, snap)
	if err != nil {
		return Settlement{}, err
	}
	out, err := y.work.Epoch(&in)
	if err != nil {
		return Settlement{}, fmt.Errorf("subnet %d epoch: %w", snap.Subnet.Netuid, err)
	}
	if err := y.store(ctx, snap, out, oldBonds); err != nil {
		return Settlement{}, err
	}
	s := Settlement{Unissued: snap.Amount}
	for i, n := range snap.Neurons {
		if out.Server[i] == 0 && out.Validator[i] == 0 {
			continue
		}
		s.Unissued -= out.Server[i] + out.Validator[i]
		s.Rewards = append(s.Rewards, types.Reward{Uid: n.Uid, Hotkey: n.Hotkey, Miner: out.Server[i], Validator: out.Validator[i]})
	}
	return s, nil
}

// input reads a subnet's stakes, rows, bonds and permits. It also returns the stored bond rows,
// so that only those that change are written.
func (y *Yuma) input(ctx context.Context, snap Snapshot) (yuma.Input, [][]byte, error) {
	k, netuid, n := y.keeper, uint16(snap.Subnet.Netuid), len(snap.Neurons)
	params, err := parameters(snap.Subnet.Hyper)
	if err != nil {
		return yuma.Input{}, nil, err
	}
	in := yuma.Input{
		Params: params, Block: snap.Height, Emission: snap.Amount, Tempo: uint64(snap.Subnet.Hyper.Tempo),
		LastMechanismStep: snap.State.LastStep,
		Stake:             make([]uint64, n), LastUpdate: make([]uint64, n), WeighedAt: make([]uint64, n), RegisteredAt: make([]uint64, n), Permit: make([]bool, n),
	}
	for i, nr := range snap.Neurons {
		h, err := k.stake.Hotkey(ctx, nr.Hotkey)
		if err != nil {
			return in, nil, err
		}
		in.Stake[i] = h.Own + h.Pool
		in.RegisteredAt[i] = nr.RegisteredAt
		if !in.HasOwner && snap.Subnet.Owner != 0 && h.Owner == snap.Subnet.Owner {
			in.HasOwner, in.OwnerUID = true, uint16(i)
		}
	}
	bitmap, err := k.permits.Get(ctx, netuid)
	if err != nil && !notFound(err) {
		return in, nil, err
	}
	weights, err := rowsOf(ctx, k.weights, netuid, n)
	if err != nil {
		return in, nil, err
	}
	bonds, err := rowsOf(ctx, k.bonds, netuid, n)
	if err != nil {
		return in, nil, err
	}
	for i := range n {
		in.Permit[i] = bit(bitmap, uint16(i))
		at := rowStamp(weights[i])
		in.LastUpdate[i], in.WeighedAt[i] = at.updated, at.weighed
		if err := in.Weights.AppendPacked(rowPairs(weights[i])); err != nil {
			return in, nil, fmt.Errorf("weights of uid %d: %w", i, err)
		}
		if err := in.Bonds.AppendPacked(bonds[i]); err != nil {
			return in, nil, fmt.Errorf("bonds of uid %d: %w", i, err)
		}
	}
	return in, bonds, nil
}

// rowsOf reads all rows of a subnet in one walk; absent ones are nil.
func rowsOf(ctx context.Context, m collections.Map[collections.Pair[uint16, uint16], []byte], netuid uint16, n int) ([][]byte, error) {
	rows := make([][]byte, n)
	rng := collections.NewPrefixedPairRange[uint16, uint16](netuid)
	err := m.Walk(ctx, rng, func(key collections.Pair[uint16, uint16], row []byte) (bool, error) {
		if uid := int(key.K2()); uid < n {
			rows[uid] = row
		}
		return false, nil
	})
	return rows, err
}

func parameters(h subnettypes.Hyperparameters) (yuma.Params, error) {
	variant, err := yuma.ParseVariant(h.YumaVariant)
	if err != nil {
		return yuma.Params{}, err
	}
	return yuma.Params{
		Variant: variant, Kappa: uint16(h.Kappa), BondsMovingAverage: h.BondsMovingAverage,
		MaxAllowedValidators: uint16(h.MaxAllowedValidators), ActivityCutoff: h.ActivityCutoff,
		StakeThreshold: h.WeightsMinStake, BondsPenalty: uint16(h.BondsPenalty), Yuma3: h.Yuma3,
		LiquidAlpha: h.LiquidAlpha, AlphaLow: uint16(h.AlphaLow), AlphaHigh: uint16(h.AlphaHigh),
		AlphaSteepness: int16(h.AlphaSigmoidSteepness),
	}, nil
}

// store writes the results: one blob of vectors, the permit bitmap, and the bond rows that changed.
func (y *Yuma) store(ctx context.Context, snap Snapshot, out *yuma.Output, oldBonds [][]byte) error {
	k, netuid, n := y.keeper, uint16(snap.Subnet.Netuid), len(snap.Neurons)
	v := types.Vectors{
		Active: append([]bool(nil), out.Active...), Emission: append([]uint64(nil), out.Emission...),
		Rank: widen(out.Rank, n), Trust: widen(out.Trust, n), Consensus: widen(out.Consensus, n),
		Incentive: widen(out.Incentive, n), Dividends: widen(out.Dividends, n), ValidatorTrust: widen(out.ValidatorTrust, n),
		Pruning: widen(out.PruningScores, n), Permit: append([]bool(nil), out.Permit...),
		EpochIndex: snap.State.EpochIndex, Block: snap.Height,
	}
	if err := k.vectors.Set(ctx, netuid, v); err != nil {
		return err
	}
	if err := k.setPermits(ctx, netuid, packBits(out.Permit)); err != nil {
		return err
	}
	for uid := range n {
		packed := yuma.AppendPairs(nil, out.Bonds.Row(uid))
		if string(packed) == string(oldBonds[uid]) {
			continue
		}
		key := collections.Join(netuid, uint16(uid))
		if len(packed) == 0 {
			if err := k.bonds.Remove(ctx, key); err != nil {
				return err
			}
			continue
		}
		if err := k.bonds.Set(ctx, key, packed); err != nil {
			return err
		}
	}
	return nil
}

// widen copies a result vector, or n zeros where the variant has none.
func widen(values []uint16, n int) []uint32 {
	out := make([]uint32, n)
	for i, v := range values {
		out[i] = uint32(v)
	}
	return out
}
