package app

import (
	"context"

	"cosmossdk.io/core/store"

	"github.com/ergon-network/ergon/chain/x/stake"
	"github.com/ergon-network/ergon/chain/x/subnet"
	"github.com/ergon-network/ergon/consensus/issuance"
	"github.com/ergon-network/ergon/consensus/price"
	"github.com/ergon-network/ergon/consensus/root"
	"github.com/ergon-network/ergon/consensus/yuma"
)

type servedStore = store.KVStoreService

// minNonImmune is how many prunable uids the 2026 rule keeps before it touches immune ones
// (yuma §6).
const minNonImmune = 10

// subnetRules hands the pure rules of consensus/ to the module that applies them.
func subnetRules() subnet.Rules {
	return subnet.Rules{AdjustBurn: adjustBurn, LockCost: lockCost, Prune: prune, PruneSubnet: pruneSubnet}
}

func adjustBurn(current uint64, regs, target uint32, alpha, least, most uint64) uint64 {
	return price.Term{Current: current, Alpha: alpha, Min: least, Max: most}.Next(regs, target)
}

func lockCost(lastLock, minLock, interval, lastBlock, now uint64, any bool) uint64 {
	if !any {
		lastBlock = 0
	}
	return price.Lock{Last: lastLock, LastBlock: lastBlock, Min: minLock, Interval: interval}.Cost(now)
}

func prune(variant string, scores []uint16, emission, registeredAt []uint64, block, immunity uint64, protected []bool) (uint16, bool) {
	t := yuma.Tenure{RegisteredAt: registeredAt, Block: block, ImmunityPeriod: immunity}
	if variant == "2024" {
		return t.Prune2024(scores)
	}
	return t.Prune2026(emission, protected, minNonImmune)
}

func pruneSubnet(netuids []uint16, emission, registeredAt []uint64, block, immunity uint64) (int, bool) {
	subnets := make([]root.Subnet, len(netuids))
	for i, netuid := range netuids {
		subnets[i] = root.Subnet{Netuid: netuid, Emission: emission[i], RegisteredAt: registeredAt[i]}
	}
	return root.Prune(subnets, block, immunity)
}

// emissionAndHalving answers the issuance query: rao a block now, and the issuance at which
// that halves.
func emissionAndHalving(issued uint64) (uint64, uint64) {
	return issuance.BlockEmission(issued), issuance.NextHalving(issued)
}

// subnetStake is x/stake as x/subnet asks for it.
type subnetStake struct{ stake.Keeper }

var _ subnet.Stake = subnetStake{}

func (s subnetStake) HotkeyAccount(ctx context.Context, id uint64) ([]byte, error) {
	h, err := s.Hotkey(ctx, id)
	return h.Account, err
}

func (s subnetStake) HotkeyOwner(ctx context.Context, id uint64) (uint64, error) {
	h, err := s.Hotkey(ctx, id)
	return h.Owner, err
}

func (s subnetStake) FreeBalance(ctx context.Context, account []byte) (uint64, error) {
	return s.Keeper.FreeBalance(ctx, account), nil
}

func (s subnetStake) ExistentialDeposit(ctx context.Context) (uint64, error) {
	p, err := s.Params(ctx)
	return p.ExistentialDeposit, err
}
