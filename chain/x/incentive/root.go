package incentive

import (
	"context"
	"encoding/binary"

	"cosmossdk.io/collections"

	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"

	"github.com/ergon-network/ergon/chain/x/incentive/types"
	"github.com/ergon-network/ergon/consensus/root"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// runRoot runs the root epoch where one is due. One that fails leaves every rate as it is.
func (k *Keeper) runRoot(ctx context.Context) error {
	params, err := k.params.Get(ctx)
	if err != nil {
		return err
	}
	if !yuma.EpochDue(subnettypes.RootNetuid, uint16(params.RootTempo), height(ctx)) {
		return nil
	}
	err = attempt(ctx, func(ctx context.Context) error { return k.rootEpoch(ctx, params) })
	if err != nil {
		emit(ctx, types.EventEpochFailed, "netuid", text(uint64(subnettypes.RootNetuid)), "height", text(height(ctx)), "reason", err.Error())
	}
	return nil
}

// rootEpoch asks the root network what each subnet gets, and pays at the answer's rates from this
// block on. Without a member, a stake or a subnet the old rates stay (chain §1.4).
func (k *Keeper) rootEpoch(ctx context.Context, params types.Params) error {
	members, err := k.rootMembers(ctx)
	if err != nil {
		return err
	}
	netuids := []uint16{subnettypes.RootNetuid} // may be weighed, and is paid to nobody
	err = k.subnet.Each(ctx, func(s subnettypes.Subnet) error {
		netuids = append(netuids, uint16(s.Netuid))
		return nil
	})
	if err != nil {
		return err
	}
	if len(netuids) == 1 {
		members = nil
	}
	shares, decided := root.Shares(root.Params{Rho: uint16(params.RootRho), Kappa: uint16(params.RootKappa)}, members, netuids)
	emit(ctx, types.EventRootEpoch, "members", text(uint64(len(members))), "subnets", text(uint64(len(netuids)-1)), "decided", flag(decided))
	if !decided {
		return nil
	}
	d := types.RootDecision{Block: height(ctx)}
	for i, s := range shares[1:] {
		whole, fraction := s.Raw()
		if whole|fraction != 0 {
			d.Shares = append(d.Shares, types.RootShare{Netuid: uint32(netuids[i+1]), Whole: whole, Fraction: fraction})
		}
	}
	if err := k.root.Set(ctx, d); err != nil {
		return err
	}
	issuance, err := k.stake.Issuance(ctx)
	if err != nil {
		return err
	}
	return k.reprice(ctx, k.emission(issuance), height(ctx))
}

// rootMembers are the members of the root network, by uid, with all stake on their hotkeys and
// their rows.
func (k *Keeper) rootMembers(ctx context.Context) ([]root.Member, error) {
	held, err := k.subnet.Neurons(ctx, subnettypes.RootNetuid)
	if err != nil {
		return nil, err
	}
	rows, err := rowsOf(ctx, k.weights, subnettypes.RootNetuid, len(held))
	if err != nil {
		return nil, err
	}
	members := make([]root.Member, len(held))
	for i, n := range held {
		if members[i].Stake, err = k.stake.StakeOf(ctx, n.Hotkey); err != nil {
			return nil, err
		}
		for _, w := range subnetWeights(rows[i]) {
			members[i].Weights = append(members[i].Weights, root.Weight{Netuid: uint16(w.Netuid), Value: uint16(w.Value)})
		}
	}
	return members, nil
}

// subnetWeights unpacks a root row.
func subnetWeights(row []byte) []types.RootWeight {
	var out []types.RootWeight
	for packed := rowPairs(row); len(packed) >= 4; packed = packed[4:] {
		netuid, value := binary.LittleEndian.Uint16(packed), binary.LittleEndian.Uint16(packed[2:])
		out = append(out, types.RootWeight{Netuid: uint32(netuid), Value: uint32(value)})
	}
	return out
}

// shareOf says what part of the block emission each subnet has: what root decided last, or an
// equal part for all of the given number on a ledger without a root network. A subnet that root
// has not spoken about has none.
func (k *Keeper) shareOf(ctx context.Context, params types.Params, subnets int) (func(netuid uint16, perBlock uint64) uint64, error) {
	if params.RootTempo == 0 {
		return func(_ uint16, perBlock uint64) uint64 { return perBlock / uint64(subnets) }, nil
	}
	d, err := k.root.Get(ctx)
	if err != nil && !notFound(err) {
		return nil, err
	}
	shares := make(map[uint16]root.Share, len(d.Shares))
	for _, s := range d.Shares {
		shares[uint16(s.Netuid)] = root.ShareFromRaw(s.Whole, s.Fraction)
	}
	return func(netuid uint16, perBlock uint64) uint64 { return shares[netuid].Of(perBlock) }, nil
}

// forgetOnRoot erases what root says about a subnet that is no more, so that the next one with
// its netuid does not inherit votes: every entry towards it in root's rows, at most 64, and its
// share. The other subnets' shares stand until the next root epoch.
func (k *Keeper) forgetOnRoot(ctx context.Context, netuid uint16) error {
	var keep [][]byte
	var uids []uint16
	rng := collections.NewPrefixedPairRange[uint16, uint16](subnettypes.RootNetuid)
	err := k.weights.Walk(ctx, rng, func(key collections.Pair[uint16, uint16], row []byte) (bool, error) {
		if left, changed := withoutPair(row, netuid); changed {
			uids, keep = append(uids, key.K2()), append(keep, left)
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	for i, uid := range uids {
		if err := k.weights.Set(ctx, collections.Join(subnettypes.RootNetuid, uid), keep[i]); err != nil {
			return err
		}
	}
	d, err := k.root.Get(ctx)
	if notFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for i, s := range d.Shares {
		if s.Netuid == uint32(netuid) {
			d.Shares = append(d.Shares[:i], d.Shares[i+1:]...)
			return k.root.Set(ctx, d)
		}
	}
	return nil
}

// withoutPair is a stored row without its entry towards id.
func withoutPair(row []byte, id uint16) ([]byte, bool) {
	for at := rowHeader; at+4 <= len(row); at += 4 {
		if binary.LittleEndian.Uint16(row[at:]) == id {
			return append(append([]byte(nil), row[:at]...), row[at+4:]...), true
		}
	}
	return row, false
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
