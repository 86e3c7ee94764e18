package subnet

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/chain/x/subnet/types"
)

func TestCreateSubnetChecksInOrder(t *testing.T) {
	params := types.DefaultParams()
	params.SubnetLimit = 2
	cost := 2*params.MinLock - params.MinLock/params.LockReductionInterval*params.NetworkRateLimit
	inOrder(t, []fault[types.MsgCreateSubnet]{
		{"coldkey is no address", types.ErrInvalidAddress, func(_ *world, m *types.MsgCreateSubnet) { m.Coldkey = "?" }},
		{"name too long", types.ErrInvalidName, func(_ *world, m *types.MsgCreateSubnet) { m.Name = strings.Repeat("n", 33) }},
		{"too soon", types.ErrNetworkTxRateLimitExceeded, func(w *world, _ *types.MsgCreateSubnet) { w.at(params.NetworkRateLimit) }},
		{"price above max_cost", types.ErrPriceAboveMaxCost, func(_ *world, m *types.MsgCreateSubnet) { m.MaxCost = cost - 1 }},
		{"balance short by 1 rao", types.ErrNotEnoughBalance, func(w *world, _ *types.MsgCreateSubnet) {
			w.stake.balance[string(who("cold"))] = cost + deposit - 1
		}},
		{"limit reached, all immune", types.ErrAllNetworksInImmunity, func(w *world, _ *types.MsgCreateSubnet) {
			w.setParam("subnet_limit", "1")
		}},
	}, func(t *testing.T) (*world, types.MsgCreateSubnet) {
		w := newWorld(t, params)
		w.create("owner")
		w.at(1 + params.NetworkRateLimit)
		w.stake.balance[string(who("cold"))] = cost + deposit
		return w, types.MsgCreateSubnet{Coldkey: addr("cold"), Name: strings.Repeat("~", 32), MaxCost: cost}
	}, func(w *world, m *types.MsgCreateSubnet) error {
		r, err := w.msg.CreateSubnet(w.ctx, m)
		if err == nil && (r.Netuid != 2 || r.Locked != cost) {
			t.Errorf("got %+v", r)
		}
		return err
	})
}

func TestCreatedSubnet(t *testing.T) {
	params := types.LocalnetParams()
	w := newWorld(t, params)
	w.at(7)
	w.rich("owner")
	r, err := w.msg.CreateSubnet(w.ctx, &types.MsgCreateSubnet{Coldkey: addr("owner"), Name: "video"})
	if err != nil {
		t.Fatal(err)
	}
	if r.Netuid != 1 || r.Locked != params.MinLock || w.stake.locked != params.MinLock {
		t.Errorf("%+v, locked %d", r, w.stake.locked)
	}
	owner, _, _ := w.stake.ColdkeyID(w.ctx, who("owner"))
	want := types.Subnet{Netuid: 1, Name: "video", Mechanism: "yuma", Owner: owner, RegisteredAt: 7, Locked: params.MinLock,
		Hyper: params.Defaults, Terms: types.Terms{Burn: params.InitialBurn, Difficulty: 1<<64 - 1}}
	if got := w.subnet(1); got != want {
		t.Errorf("record %+v, want %+v", got, want)
	}
	if got, want := w.event("NetworkAdded"), fmt.Sprintf("netuid=1 owner=%s locked=%d ", addr("owner"), params.MinLock); got != want {
		t.Errorf("event %q, want %q", got, want)
	}
	if !slices.Equal(w.hooks.calls, []string{"created 1"}) {
		t.Errorf("hooks %v", w.hooks.calls)
	}
	w.sound()
}

// The published sequence of lock prices (chain §3.6), as creations on the ledger.
func TestLockCostSequence(t *testing.T) {
	params := types.DefaultParams()
	params.NetworkRateLimit, params.LockReductionInterval, params.MinLock = 0, 2, 100*types.TAO
	w := newWorld(t, params)
	for _, c := range []struct{ block, paid uint64 }{
		{1, 100}, {4, 100}, {5, 150}, {6, 225},
	} {
		w.at(c.block - 1)
		quote, err := w.query.Subnets(w.ctx, &types.QuerySubnetsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		w.at(c.block)
		w.rich("owner")
		_, paid, err := w.k.CreateSubnet(w.ctx, who("owner"), "", quote.LockCost)
		if err != nil {
			t.Fatal(err)
		}
		if paid != c.paid*types.TAO || paid != quote.LockCost {
			t.Errorf("block %d: paid %d, quoted %d, want %d TAO", c.block, paid, quote.LockCost, c.paid)
		}
	}
	if got, err := w.k.LockCost(w.ctx); err != nil || got != 337500000000 {
		t.Errorf("next cost %d (%v)", got, err)
	}
}

func TestLowestFreeNetuid(t *testing.T) {
	params := types.LocalnetParams()
	w := newWorld(t, params)
	for want := uint16(1); want <= 3; want++ {
		if got := w.create("owner"); got != want {
			t.Fatalf("netuid %d, want %d", got, want)
		}
	}
	if err := w.k.subnets.Remove(w.ctx, 2); err != nil {
		t.Fatal(err)
	}
	n, _ := w.k.network.Get(w.ctx)
	n.Count--
	if err := w.k.network.Set(w.ctx, n); err != nil {
		t.Fatal(err)
	}
	for _, want := range []uint16{2, 4} {
		if got := w.create("owner"); got != want {
			t.Errorf("netuid %d, want %d", got, want)
		}
	}
	w.sound()
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{"": true, "video": true, "a b~": true, "é": false, "tab\t": false, "\x7f": false,
		strings.Repeat("x", 32): true, strings.Repeat("x", 33): false} {
		if err := types.ValidName(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}
