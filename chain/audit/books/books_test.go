package books_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"pgregory.net/rapid"

	"github.com/ergon-network/ergon/chain/audit/books"
)

func event(kind string, pairs ...any) abci.Event {
	e := abci.Event{Type: kind}
	for i := 0; i+1 < len(pairs); i += 2 {
		e.Attributes = append(e.Attributes, abci.EventAttribute{Key: fmt.Sprint(pairs[i]), Value: fmt.Sprint(pairs[i+1])})
	}
	return e
}

func rao(n uint64) string { return strconv.FormatUint(n, 10) + "rao" }

func move(from, to string, n uint64) []abci.Event {
	return []abci.Event{
		event("coin_spent", "spender", from, "amount", rao(n)),
		event("coin_received", "receiver", to, "amount", rao(n)),
		event("transfer", "recipient", to, "sender", from, "amount", rao(n)),
	}
}

func mint(n uint64) []abci.Event {
	return []abci.Event{
		event("coin_received", "receiver", books.StakeAccount, "amount", rao(n)),
		event("coinbase", "minter", books.StakeAccount, "amount", rao(n)),
	}
}

func rewards(rows ...[4]any) string {
	raw, _ := json.Marshal(rows)
	return string(raw)
}

func tx(events ...[]abci.Event) *abci.ExecTxResult {
	r := &abci.ExecTxResult{}
	for _, e := range events {
		r.Events = append(r.Events, e...)
	}
	return r
}

func emission(uint64) uint64 { return 100 }

func opening() books.Opening {
	return books.Opening{FirstBlock: 1, Balances: map[string]uint64{"alice": 1000, "bob": 500}, BlockEmission: 100, RegistrationOpen: true}
}

// story is a small ledger's life: a subnet is created in block 2, a neuron registers and is
// staked in block 3, the epoch settles in block 5 and is paid in block 6. Another subnet lives from
// block 8 to block 10.
func story() []books.Block {
	pay := event("Payout", "netuid", 1, "epoch", 0, "settled_at", 5, "owner", "alice", "owner_cut", 54,
		"miners", 120, "validators", 124, "rewards", rewards([4]any{0, "hot", "120", "100"}, [4]any{1, "cold", "0", "24"}))
	return []books.Block{
		{Height: 1},
		{Height: 2, Txs: []*abci.ExecTxResult{tx(
			move("alice", books.LocksAccount, 300), []abci.Event{
				event("Locked", "coldkey", "alice", "amount", 300),
				event("EmissionSet", "block_emission", 100, "subnets", 1),
				event("NetworkAdded", "netuid", 1, "owner", "alice", "locked", 300)})}},
		{Height: 3, Txs: []*abci.ExecTxResult{
			tx(move("bob", books.StakeAccount, 10), []abci.Event{
				event("coin_spent", "spender", books.StakeAccount, "amount", rao(10)),
				event("burn", "burner", books.StakeAccount, "amount", rao(10)),
				event("Recycled", "coldkey", "bob", "amount", 10),
				event("HotkeyCreated", "hotkey", "hot", "coldkey", "bob")}),
			tx([]abci.Event{event("StakeAdded", "hotkey", "hot", "coldkey", "bob", "amount", 200)}, move("bob", books.StakeAccount, 200)),
			{Code: 5, Log: "refused"},
		}},
		{Height: 4, Txs: []*abci.ExecTxResult{tx(
			[]abci.Event{event("StakeRemoved", "hotkey", "hot", "coldkey", "bob", "amount", 50)}, move(books.StakeAccount, "bob", 50))}},
		{Height: 5, Begin: []abci.Event{event("EpochSettled", "netuid", 1, "epoch", 0, "accrued", 300, "owner_cut", 54,
			"miners", 120, "validators", 124, "unissued", 2)}},
		{Height: 6, Begin: append(append(mint(298), move(books.StakeAccount, "alice", 54)...), pay)},
		{Height: 7, Txs: []*abci.ExecTxResult{tx([]abci.Event{
			event("EmissionSet", "block_emission", 100, "subnets", 1),
			event("HyperparameterSet", "netuid", 1, "name", "registration_allowed", "old", "true", "new", "false")})}},
		{Height: 8, Txs: []*abci.ExecTxResult{tx(
			move("bob", books.LocksAccount, 7), []abci.Event{
				event("Locked", "coldkey", "bob", "amount", 7),
				event("EmissionSet", "block_emission", 100, "subnets", 2),
				event("NetworkAdded", "netuid", 2, "owner", "bob", "locked", 7)})}},
		{Height: 9, Txs: []*abci.ExecTxResult{tx([]abci.Event{
			event("EmissionSet", "block_emission", 100, "subnets", 2),
			event("HyperparameterSet", "netuid", 1, "name", "registration_allowed", "old", "false", "new", "true")})}},
		{Height: 10, Txs: []*abci.ExecTxResult{tx(
			[]abci.Event{
				event("EmissionSet", "block_emission", 100, "subnets", 1),
				event("EmissionClosed", "netuid", 2, "dropped", 100)},
			move(books.LocksAccount, "bob", 7), []abci.Event{
				event("Unlocked", "coldkey", "bob", "amount", 7),
				event("NetworkRemoved", "netuid", 2, "owner", "bob", "unlocked", 7, "why", "dissolved")})}},
		{Height: 11},
	}
}

func apply(t *testing.T, blocks []books.Block) *books.Books {
	t.Helper()
	b := books.New(opening(), emission)
	for _, block := range blocks {
		if err := b.Apply(block); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestBooksFollowTheMoney(t *testing.T) {
	b := apply(t, story())
	if len(b.Faults) != 0 {
		t.Fatalf("faults: %v", b.Faults)
	}
	s := b.Subnets[1]
	for what, c := range map[string][2]uint64{
		"supply":           {b.Supply, 1500 - 10 + 298},
		"alice":            {b.Balances["alice"], 1000 - 300 + 54},
		"bob":              {b.Balances["bob"], 500 - 10 - 200 + 50},
		"stake account":    {b.Balances[books.StakeAccount], 150 + 244},
		"locks account":    {b.Balances[books.LocksAccount], 300},
		"hot":              {b.Stake["hot"], 150 + 220},
		"cold":             {b.Stake["cold"], 24},
		"staked":           {b.Staked, 394},
		"locked":           {b.Locked, 300},
		"miners":           {b.Totals.Miners, 120},
		"validators":       {b.Totals.Validators, 124},
		"owners":           {b.Totals.Owners, 54},
		"recycled":         {b.Totals.Recycled, 10},
		"subnet unissued":  {s.Unissued, 2},
		"subnet accrued":   {s.Accrued, 300},
		"pending":          {s.Pending(b.Height), 200 + 50 + 100}, // blocks 6, 7, 10 and 11; closed in 8 and 9
		"payouts":          {uint64(len(s.Payouts)), 1},
		"epochs":           {s.Epochs, 1},
		"payout's accrued": {s.Payouts[0].Accrued, 300},
		"paid at":          {s.Payouts[0].PaidAt, 6},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, want %d", what, c[0], c[1])
		}
	}
}

// TestTamperingIsFound changes one attribute, or drops one event, of the story at a time. Whatever
// is money must be missed, in that block or when a later one builds on it.
func TestTamperingIsFound(t *testing.T) {
	harmless := map[string]bool{"transfer": true, "HotkeyCreated": true}
	ignored := map[string]bool{ // who is told elsewhere, or compared with the ledger's own answer
		"coinbase.minter": true, "burn.burner": true, "Payout.owner": true, "Payout.rewards": true, "HyperparameterSet.old": true,
		"NetworkRemoved.owner": true, "NetworkRemoved.why": true,
	}
	visit := func(name string, change func([]books.Block), before func(*books.Books) string) {
		t.Run(name, func(t *testing.T) {
			blocks := story()
			change(blocks)
			b := apply(t, blocks)
			if len(b.Faults) == 0 && before(b) == before(apply(t, story())) {
				t.Error("nothing was noticed")
			}
		})
	}
	for i, block := range story() {
		for list := -1; list < len(block.Txs); list++ {
			for j, e := range events(&block, list) {
				if harmless[e.Type] {
					continue
				}
				at := fmt.Sprintf("block %d %s %d", block.Height, e.Type, j)
				visit("drop "+at, func(blocks []books.Block) {
					all := events(&blocks[i], list)
					set(&blocks[i], list, append(all[:j:j], all[j+1:]...))
				}, fingerprint)
				for k, a := range e.Attributes {
					if ignored[e.Type+"."+a.Key] || a.Key == "coldkey" || e.Type == "NetworkAdded" && a.Key == "owner" {
						continue
					}
					visit("alter "+at+" "+a.Key, func(blocks []books.Block) {
						events(&blocks[i], list)[j].Attributes[k].Value = altered(a.Value)
					}, fingerprint)
				}
			}
		}
	}
}

func events(b *books.Block, list int) []abci.Event {
	if list < 0 {
		return b.Begin
	}
	return b.Txs[list].Events
}

func set(b *books.Block, list int, events []abci.Event) {
	if list < 0 {
		b.Begin = events
		return
	}
	b.Txs[list].Events = events
}

func altered(value string) string {
	number, unit, _ := strings.Cut(value, "rao")
	n, err := strconv.ParseUint(number, 10, 64)
	switch {
	case err != nil && value == "false":
		return "true"
	case err != nil:
		return value + "x"
	case value != number:
		return rao(n+1) + unit
	}
	return strconv.FormatUint(n+1, 10)
}

// fingerprint is everything that is compared with the ledger's answers.
func fingerprint(b *books.Books) string {
	pending := map[uint16]uint64{}
	locked := map[uint16]uint64{}
	payouts := map[uint16][]books.Payout{}
	for id, s := range b.Subnets {
		pending[id], payouts[id], locked[id] = s.Pending(b.Height), s.Payouts, s.Locked
	}
	return fmt.Sprint(b.Supply, b.Balances, b.Stake, b.Totals, b.Locked, locked, pending, payouts)
}

func TestBlocksComeInOrder(t *testing.T) {
	b := apply(t, story()[:3])
	for _, height := range []uint64{0, 1, 3, 5} {
		if err := b.Apply(books.Block{Height: height}); err == nil || b.Height != 3 {
			t.Errorf("block %d was entered after block 3", height)
		}
	}
}

func TestGarbageIsAFaultAndNeverAPanic(t *testing.T) {
	b := books.New(opening(), emission)
	kinds := []string{"coinbase", "burn", "coin_spent", "coin_received", "StakeAdded", "Recycled", "Locked", "EmissionSet",
		"EpochSettled", "Payout", "NetworkAdded", "HyperparameterSet", "NetworkRemoved", "EmissionClosed"}
	var all []abci.Event
	for _, kind := range kinds {
		all = append(all, event(kind), event(kind, "amount", "-1rao", "netuid", "70000", "spender", "x", "receiver", "x", "hotkey", "h",
			"name", "registration_allowed"))
	}
	if err := b.Apply(books.Block{Height: 1, Begin: all, Txs: []*abci.ExecTxResult{nil, {Events: all}}}); err != nil {
		t.Fatal(err)
	}
	if want := 4*len(kinds) - 6; len(b.Faults) < want {
		t.Errorf("%d faults, want at least %d", len(b.Faults), want)
	}
	for range 2000 {
		if err := b.Apply(books.Block{Height: b.Height + 1, Begin: all[:1]}); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.Faults) != 1000 || b.Dropped == 0 {
		t.Errorf("%d faults kept, %d dropped", len(b.Faults), b.Dropped)
	}
}

// TestPendingIsLazyAndExact compares the lazily rolled counter with one that adds block by block.
func TestPendingIsLazyAndExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perBlock := rapid.Uint64Range(0, 1_000_000_000).Draw(t, "emission")
		b := books.New(books.Opening{FirstBlock: 1, BlockEmission: perBlock, RegistrationOpen: true}, func(uint64) uint64 { return perBlock })
		want, open, rate := map[uint16]uint64{}, map[uint16]bool{}, map[uint16]uint64{}
		share := func() {
			for id := range open {
				rate[id] = 0
				if open[id] {
					rate[id] = perBlock / uint64(len(open))
				}
			}
		}
		for h := uint64(1); h < 60; h++ {
			block := books.Block{Height: h}
			for id := range open {
				want[id] += rate[id]
			}
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0: // a new subnet
				id := uint16(len(open) + 1)
				open[id] = true
				share()
				block.Txs = append(block.Txs, tx([]abci.Event{event("EmissionSet", "block_emission", perBlock, "subnets", len(open)),
					event("NetworkAdded", "netuid", id, "owner", "o", "locked", 0)}))
			case 1: // one opens or closes
				if len(open) == 0 {
					break
				}
				id := uint16(rapid.IntRange(1, len(open)).Draw(t, "netuid"))
				open[id] = !open[id]
				share()
				block.Txs = append(block.Txs, tx([]abci.Event{event("EmissionSet", "block_emission", perBlock, "subnets", len(open)),
					event("HyperparameterSet", "netuid", id, "name", "registration_allowed", "new", open[id])}))
			}
			if err := b.Apply(block); err != nil || len(b.Faults) > 0 {
				t.Fatal(err, b.Faults)
			}
			for id := range open {
				if got := b.Subnets[id].Pending(h); got != want[id] {
					t.Fatalf("block %d subnet %d: pending %d, want %d", h, id, got, want[id])
				}
			}
		}
	})
}

func FuzzReadPayout(f *testing.F) {
	f.Add("0", "5", rewards([4]any{0, "hot", "120", "100"}))
	f.Add("x", "", "[[]]")
	f.Add("1", "2", `[[1,null,"3"]]`)
	f.Fuzz(func(t *testing.T, epoch, miners, list string) {
		p, err := books.ReadPayout(event("Payout", "epoch", epoch, "settled_at", 1, "owner_cut", 0, "miners", miners, "validators", 0, "rewards", list))
		if err == nil && len(p.Rewards) > 4096 {
			t.Fatal("unbounded")
		}
	})
}
