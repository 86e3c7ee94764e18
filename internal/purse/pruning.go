package purse

import (
	"math"

	incentivetypes "github.com/ergon-network/ergon/chain/x/incentive/types"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/yuma"
)

// Tenure is how safe a uid is from being replaced (chain §3.5).
type Tenure struct {
	UID       uint32
	Hotkey    string
	Order     int    // 1: the first to go; 0: not before it is registered anew, or never
	Immune    uint64 // blocks of immunity left
	Protected bool   // of the subnet's owner: never replaced
}

// Tenures says for every uid when it would give way, if newcomers came one after the other in the
// next block and nothing else changed: the rule of the ledger itself (yuma §6), asked again and
// again. It is by uid.
func Tenures(r *incentivetypes.QueryMetagraphResponse) []Tenure {
	n := len(r.Neurons)
	variant2026 := r.Subnet.Hyper.YumaVariant == subnettypes.Variant2026
	t := yuma.Tenure{RegisteredAt: make([]uint64, n), Block: r.Height + 1, ImmunityPeriod: uint64(r.Subnet.Hyper.ImmunityPeriod)}
	scores, emission, protected := make([]uint16, n), make([]uint64, n), make([]bool, n)
	out := make([]Tenure, n)
	for i, one := range r.Neurons {
		t.RegisteredAt[i], scores[i], emission[i] = one.RegisteredAt, uint16(one.PruningScore), one.Emission
		protected[i] = variant2026 && one.Coldkey == r.Subnet.Owner
		out[i] = Tenure{UID: one.Uid, Hotkey: one.Hotkey, Protected: protected[i]}
		if t.Immune(i) {
			out[i].Immune = one.RegisteredAt + t.ImmunityPeriod - t.Block
		}
	}
	for order := 1; order <= n; order++ {
		uid, ok := t.Prune2024(scores)
		if variant2026 {
			uid, ok = t.Prune2026(emission, protected, yuma.MinNonImmune2026)
		}
		if !ok || out[uid].Order > 0 { // a newcomer of this very block would go again
			break
		}
		out[uid].Order = order
		t.RegisteredAt[uid], scores[uid], emission[uid] = t.Block, math.MaxUint16, 0
	}
	return out
}
