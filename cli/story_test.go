package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/scoredb"
)

// ledger makes a ledger of 200 ms blocks in which alice and bob hold coins and starts its node,
// all with the commands. stop ends it and returns what it logged.
func (s *shell) ledger() (rest string, stop func() string) {
	s.t.Helper()
	root := s.json(exitOK, "wallet", "new", "alice", "--no-password")["coldkey"].(string)
	s.json(exitOK, "wallet", "new", "bob", "--no-password")
	s.node, rest = freeAddress(s.t), freeAddress(s.t)
	dir := filepath.Join(s.dir, "node")
	init := []string{"node", "init", "--profile", "localnet", "--tempo", "10", "--root-tempo", "4", "--block-time", "200ms", "--balance", "alice=1000", "--root", root,
		"--balance", "bob=500", "--rpc", s.node, "--p2p", freeAddress(s.t), "--rest", rest, "--grpc", freeAddress(s.t)}
	require.Equal(s.t, "1500000000000", s.json(exitOK, append(init, "--dir", dir)...)["supply_rao"])
	s.text(exitOK, append(init, "--dir", filepath.Join(s.dir, "other"))...)
	s.refused(exitFailure, append(init, "--dir", dir)...) // there is a ledger already

	ctx, cancel := context.WithCancel(context.Background())
	e, _, logs := s.env(strings.NewReader(""))
	ended := make(chan int, 1)
	args := []string{"node", "start", "--dir", dir, "--json"}
	go func() { ended <- run(ctx, e, args) }()
	return "http://" + rest, func() string {
		cancel()
		require.Equal(s.t, exitOK, <-ended, "Ctrl-C ends a node in good order:\n%s", logs)
		s.record(args)
		s.done["ergon node start"] = true // the same, as text
		return logs.String()
	}
}

// wait runs until the ledger is at a height.
func (s *shell) wait(height uint64) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := client.Dial(ctx, s.node)
	require.NoError(s.t, err)
	for b := range c.Follow(ctx, height) {
		if b.Height >= height {
			return
		}
	}
	s.t.Fatalf("the ledger did not reach block %d", height)
}

// hide commits a row, waits for its epoch and reveals it. An epoch of the story lasts two seconds: a
// busy machine may miss one.
func (s *shell) hide(commit, reveal func(want int, args ...string)) {
	s.t.Helper()
	for range 10 {
		commit(exitOK, "weights", "commit", "1", "1=7", "--wallet", "alice", "--yes")
		at := s.json(exitOK, "weights", "status", "1", "--wallet", "alice")["commits"].([]any)
		last := at[len(at)-1].(map[string]any)
		require.Equal(s.t, true, last["kept"])
		if opens, early := last["opens_at"].(float64); early {
			s.wait(uint64(opens))
		}
		if s.state(last["hash"]) == "open" {
			reveal(exitOK, "weights", "reveal", "1", "--wallet", "alice", "--yes")
			return
		}
	}
	s.t.Fatal("no commit was open when it was looked at")
}

func (s *shell) state(hash any) string {
	s.t.Helper()
	for _, c := range s.json(exitOK, "weights", "status", "1", "--wallet", "alice")["commits"].([]any) {
		if c := c.(map[string]any); c["hash"] == hash {
			return c["state"].(string)
		}
	}
	return ""
}

// weigh says by hand what bob's miner is worth, where weights are hidden and where they are not.
func (s *shell) weigh() {
	t, yes := s.t, "--yes"
	_, message := s.refused(exitRefused, "weights", "set", "1", "1=7", "--wallet", "alice", yes)
	require.Contains(t, message, "CommitRevealEnabled")
	s.refused(exitUsage, "weights", "commit", "1", "1", "--wallet", "alice", yes)
	s.refused(exitUsage, "weights", "commit", "1", "1=70000", "--wallet", "alice", yes)
	_, message = s.refused(exitRefused, "weights", "reveal", "1", "--wallet", "alice", yes)
	require.Contains(t, message, "nothing is committed")
	text := func(want int, args ...string) { s.text(want, args...) }
	object := func(want int, args ...string) { s.json(want, args...) }
	s.hide(text, object)
	s.hide(object, text)
	require.Contains(t, s.text(exitOK, "weights", "status", "1", "--wallet", "alice"), "1 epoch(s) later")
	left, err := os.ReadDir(filepath.Join(s.vars["ERGON_WALLETS"], "alice", "commits"))
	require.NoError(t, err)
	require.Less(t, len(left), 5, "the file of a revealed row is gone")

	s.json(exitOK, "subnet", "set-param", "1", "commit_reveal_weights_enabled", "false", "--wallet", "alice", yes)
	_, message = s.refused(exitRefused, "weights", "reveal", "1", "--wallet", "alice", yes)
	require.Contains(t, message, "in the open")
	s.text(exitOK, "weights", "set", "1", "1=7", "--wallet", "alice", yes)
	require.EqualValues(t, 1, s.json(exitOK, "weights", "set", "1", "1=7", "--wallet", "alice", yes)["uids"])
	require.Equal(t, false, s.json(exitOK, "weights", "status", "1", "--wallet", "alice")["commit_reveal"])
}

func number(t *testing.T, v any) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(fmt.Sprint(v), 10, 64)
	require.NoError(t, err, "%v", v)
	return n
}

// TestStory is one life of a ledger, told with every command, as text and as JSON.
func TestStory(t *testing.T) {
	s := newShell(t)
	rest, stop := s.ledger()
	s.wait(1)
	addresses := s.story()
	s.together(addresses)
	s.accounts(addresses)
	checkREST(t, rest, map[string]string{
		"address": addresses["bob"], "coldkey": addresses["bob"], "hotkey": addresses["alice-hot"], "denom": "rao",
		"address_bytes": "AQ==", "address_string": addresses["bob"], "account_id": "1", "name": "stake", "msg_type_url": "x", "hash": "00",
	})
	s.swaps(addresses)
	apart := newShell(t) // key files and the laboratory need no ledger
	apart.keyFiles()
	apart.laboratory()
	apart.yumas()
	maps.Copy(s.done, apart.done)
	logs := stop()
	s.clean(logs)
	for _, line := range strings.Split(strings.TrimSpace(logs), "\n") {
		require.True(t, json.Valid([]byte(line)), "a log line with --json is JSON: %s", line)
	}
	s.text(exitOK, "man", "--dir", filepath.Join(s.dir, "man"))
	s.json(exitOK, "man", "--dir", filepath.Join(s.dir, "man"))
	s.operates()
	s.everything()
}

// story creates a subnet, joins and stakes it, waits for its pay, and takes things back.
func (s *shell) story() map[string]string {
	t, yes := s.t, "--yes"
	out := s.json(exitOK, "wallet", "list")
	addresses := map[string]string{}
	for _, w := range out["wallets"].([]any) {
		w := w.(map[string]any)
		addresses[w["name"].(string)] = w["coldkey"].(string)
		addresses[w["name"].(string)+"-hot"] = w["hotkeys"].([]any)[0].(map[string]any)["address"].(string)
	}
	require.Len(t, addresses, 4)
	s.text(exitOK, "wallet", "list")
	s.text(exitOK, "wallet", "new", "alice", "--hotkey", "second")

	require.EqualValues(t, 1, s.json(exitOK, "subnet", "create", "text", "--wallet", "alice", yes)["netuid"])
	require.Contains(t, s.text(exitOK, "subnet", "create", "other", "--wallet", "alice", "--max-cost", "5", yes), "netuid  2")
	s.text(exitRefused, "subnet", "create", "dear", "--wallet", "alice", "--max-cost", "1rao", yes)
	require.EqualValues(t, 0, s.json(exitOK, "subnet", "register", "1", "--wallet", "alice", yes)["uid"])
	require.Contains(t, s.text(exitOK, "subnet", "register", "1", "--wallet", "bob", yes), "uid     1")
	code, message := s.refused(exitRefused, "subnet", "register", "1", "--wallet", "bob", yes)
	require.Equal(t, "refused", code)
	require.Contains(t, message, "HotKeyAlreadyRegisteredInSubNet")
	require.NotContains(t, message, "message index")
	_, message = s.refused(exitRefused, "subnet", "register", "1", "--wallet", "alice", "--hotkey", "second", "--max-cost", "1rao", yes)
	require.Contains(t, message, "above the limit")
	_, message = s.refused(exitRefused, "subnet", "register", "77", "--wallet", "alice", yes)
	require.NotContains(t, message, "rpc error")

	s.json(exitOK, "stake", "add", "100", "--wallet", "alice", yes)
	s.text(exitOK, "stake", "add", "1.5tao", "--wallet", "alice", yes)
	s.refused(exitRefused, "stake", "add", "10", addresses["alice-hot"], "--wallet", "bob", yes) // no delegate yet
	require.Equal(t, "11796", s.json(exitOK, "stake", "delegate", "--wallet", "alice", yes)["take"])
	s.text(exitOK, "stake", "become", "default", "--wallet", "bob", yes)
	s.text(exitOK, "stake", "add", "20", addresses["alice-hot"], "--wallet", "bob", yes)

	s.refused(exitUsage, "subnet", "params", "one")
	s.refused(exitUsage, "subnet", "metagraph", "65536")
	s.text(exitOK, "subnet", "list")
	require.Len(t, s.json(exitOK, "subnet", "list")["subnets"], 2)
	require.Contains(t, s.text(exitOK, "subnet", "params", "1"), "min_burn")
	require.Len(t, s.json(exitOK, "subnet", "params", "1")["parameters"], len(subnettypes.HyperTable()))
	require.Equal(t, "7", s.json(exitOK, "subnet", "set-param", "1", "min_burn", "7", "--wallet", "alice", yes)["new"])
	s.text(exitOK, "subnet", "set-param", "1", "min_burn", "8", "--wallet", "alice", yes)
	s.refused(exitRefused, "subnet", "set-param", "1", "min_burn", "9", "--wallet", "bob", yes)
	s.refused(exitUsage, "subnet", "set-param", "1", "no_such_thing", "9", "--wallet", "alice", yes)
	s.neurons()
	s.lives(addresses)
	s.entries(addresses)

	s.pay(addresses)
	s.upgrades()
	s.producers(addresses)
	s.chain(addresses)
	s.longLists(addresses)
	s.transfers(addresses)
	s.text(exitOK, "stake", "show", "bob")
	require.Len(t, s.json(exitOK, "stake", "show", addresses["bob"])["stakes"], 2)
	s.text(exitOK, "stake", "remove", "1", "--wallet", "alice", yes)
	s.json(exitOK, "stake", "remove", "1", addresses["alice-hot"], "--wallet", "alice", yes)
	s.refused(exitRefused, "stake", "remove", "100000", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "remove", "--wallet", "alice", yes)
	s.delegation(addresses)
	require.NotEmpty(t, s.json(exitOK, "stake", "remove", "--all", "--wallet", "bob", yes)["removed"])
	left := true
	for range 3 { // a payout may come in between
		left = left && !strings.Contains(s.text(exitOK, "stake", "remove", "--all", "--wallet", "bob", yes), "no stake")
	}
	require.False(t, left, "stake is left")
	require.Contains(t, s.text(exitOK, "stake", "remove", "--all", addresses["alice-hot"], "--wallet", "alice", yes), "done")
	s.refused(exitRefused, "stake", "remove", "--all", addresses["bob-hot"], "--wallet", "alice", yes)
	return addresses
}

// lives shows what becomes of subnets: prices, rules, owners, ends, and the root network.
func (s *shell) lives(addresses map[string]string) {
	t, yes := s.t, "--yes"
	s.text(exitOK, "subnet", "show", "1")
	require.Equal(t, addresses["alice"], s.json(exitOK, "subnet", "show", "1")["owner"])
	require.Contains(t, s.text(exitOK, "subnet", "cost", "1"), "2; the target is 64, the limit 192")
	require.Positive(t, number(t, s.json(exitOK, "subnet", "cost", "1")["next_adjustment"]))
	s.text(exitOK, "subnet", "lock-cost")
	require.EqualValues(t, 2, s.json(exitOK, "subnet", "lock-cost")["subnets"])

	sheet := s.json(exitOK, "subnet", "params", "1", "--wallet", "alice")
	require.Equal(t, sheet["you"], sheet["root"])
	require.Equal(t, "8", sheet["changes"].([]any)[0].(map[string]any)["new"])
	require.Contains(t, s.text(exitOK, "subnet", "params", "1", "--wallet", "alice", "--changes", "1"), "*  tempo")
	require.NotContains(t, s.text(exitOK, "subnet", "params", "1", "--wallet", "bob"), "*  min_burn")
	s.refused(exitFailure, "subnet", "params", "1", "--wallet", "nobody")
	require.Contains(t, s.text(exitOK, "subnet", "params", "0"), "defaults.commit_reveal_weights_enabled")
	require.Equal(t, "31", s.json(exitOK, "subnet", "set-param", "0", "subnet_limit", "31", "--wallet", "alice", yes)["new"])
	s.refused(exitRefused, "subnet", "set-param", "0", "subnet_limit", "30", "--wallet", "bob", yes)
	require.Equal(t, "7", s.json(exitOK, "subnet", "set-param", "0", "nominator_min", "7", "--wallet", "alice", yes)["new"])
	s.refused(exitRefused, "subnet", "set-param", "0", "nominator_min", "8", "--wallet", "bob", yes)
	s.refused(exitUsage, "subnet", "set-param", "0", "max_take", "65536", "--wallet", "alice", yes)
	require.Contains(t, s.text(exitOK, "subnet", "params", "0"), "coldkey_swap_delay")
	require.Equal(t, "11797", s.json(exitOK, "subnet", "set-param", "0", "owner_cut", "11797", "--wallet", "alice", yes)["new"])
	s.refused(exitRefused, "subnet", "set-param", "0", "owner_cut", "0", "--wallet", "bob", yes)
	require.Contains(t, s.text(exitOK, "subnet", "params", "0"), "root_tempo")
	s.refused(exitUsage, "subnet", "set-param", "0", "no_such_thing", "9", "--wallet", "alice", yes)

	s.refused(exitRefused, "subnet", "transfer", "2", "alice", "--wallet", "bob", yes)
	require.Equal(t, addresses["bob"], s.json(exitOK, "subnet", "transfer", "2", "bob", "--wallet", "alice", yes)["new_owner"])
	s.text(exitOK, "subnet", "transfer", "2", addresses["alice"], "--wallet", "bob", yes)
	s.refused(exitRefused, "subnet", "dissolve", "2", "--wallet", "bob", yes)
	require.Contains(t, s.text(exitOK, "subnet", "dissolve", "2", "--wallet", "alice", yes), "unlocked")
	s.text(exitOK, "subnet", "create", "again", "--wallet", "alice", yes)
	require.Positive(t, number(t, s.json(exitOK, "subnet", "dissolve", "2", "--wallet", "alice", yes)["unlocked_rao"]))
	s.refused(exitRefused, "subnet", "dissolve", "2", "--wallet", "alice", yes)

	require.Empty(t, s.json(exitOK, "root", "list")["members"])
	require.EqualValues(t, 0, s.json(exitOK, "root", "register", "--wallet", "alice", yes)["uid"])
	require.Contains(t, s.text(exitOK, "root", "register", "default", "--wallet", "bob", yes), "member    1")
	_, message := s.refused(exitRefused, "root", "register", "--wallet", "bob", yes)
	require.Contains(t, message, "HotKeyAlreadyRegisteredInSubNet")
	require.Contains(t, s.text(exitOK, "root", "list"), "Root has 2 of 64 members")
	s.speaks(addresses)
}

// speaks lets the members of root say what they want, and sees the emission follow.
func (s *shell) speaks(addresses map[string]string) {
	t, yes := s.t, "--yes"
	require.Contains(t, s.text(exitOK, "root", "weights", "get"), "0.000000000")
	s.refused(exitUsage, "root", "weights", "set", "one", "--wallet", "alice", yes)
	_, message := s.refused(exitRefused, "root", "weights", "set", "77=1", "--wallet", "alice", yes)
	require.Contains(t, message, "there is no such subnet")
	s.refused(exitRefused, "root", "slash", "1", "0.5", "--wallet", "alice", yes)
	s.refused(exitUsage, "root", "boost", "1", "5", "--wallet", "alice", yes)
	require.Contains(t, s.text(exitOK, "root", "weights", "set", "0=1", "--wallet", "alice", yes), "0=100.00%")
	require.Equal(t, addresses["alice"], s.json(exitOK, "root", "weights", "set", "1=3", "0=1", "--wallet", "alice", yes)["coldkey"])
	require.Contains(t, s.text(exitOK, "root", "boost", "0", "1", "--wallet", "alice", yes), "0=62.50% 1=37.50%")
	s.json(exitOK, "root", "boost", "1", "0.5", "--wallet", "bob", yes)
	require.Contains(t, s.text(exitOK, "root", "slash", "0", "1", "--wallet", "alice", yes), "says    1=100.00%")
	s.json(exitOK, "root", "boost", "0", "1", "--wallet", "alice", yes)
	s.json(exitOK, "root", "slash", "0", "1", "--wallet", "alice", yes)
	s.wait(uint64(s.json(exitOK, "root", "weights", "get")["next_epoch"].(float64)))
	out := s.json(exitOK, "root", "weights", "get", addresses["alice-hot"])
	require.Len(t, out["members"], 1)
	require.Equal(t, "1000000000", out["subnets"].([]any)[0].(map[string]any)["rate_rao"])

	require.Contains(t, s.text(exitOK, "chain", "issuance"), "of 21000000.000000000 TAO")
	require.Equal(t, "1000000000", s.json(exitOK, "chain", "issuance")["block_emission_rao"])
	require.Contains(t, s.text(exitOK, "chain", "halving"), "from             10500000.000000000 TAO issued: 0.500000000 TAO")
	require.Positive(t, s.json(exitOK, "chain", "halving")["blocks_at_least"])
}

// delegation changes a take and moves stake.
func (s *shell) delegation(addresses map[string]string) {
	t, yes := s.t, "--yes"
	require.Equal(t, "6553", s.json(exitOK, "stake", "take", "10%", "--wallet", "alice", yes)["take"])
	require.Contains(t, s.text(exitOK, "stake", "take", "8000", "default", "--wallet", "alice", yes), "8000 of 65535")
	s.refused(exitRefused, "stake", "take", "19%", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "take", "much", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "take", "101%", "--wallet", "alice", yes)
	require.Contains(t, s.text(exitOK, "stake", "delegates"), "12.21%")
	require.Len(t, s.json(exitOK, "stake", "delegates")["delegates"], 2)

	moved := s.json(exitOK, "stake", "move", "1", "--from", "default", "--to", addresses["bob-hot"], "--wallet", "alice", yes)
	require.Equal(t, "1000000000", moved["amount_rao"])
	s.text(exitOK, "stake", "move", "--all", "--from", addresses["bob-hot"], "--to", "default", "--wallet", "alice", yes)
	s.refused(exitRefused, "stake", "move", "--all", "--from", addresses["bob-hot"], "--to", "default", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "move", "--from", "default", "--to", "default", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "move", "1", "--to", "default", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "move", "0", "--from", "default", "--to", addresses["bob-hot"], "--wallet", "alice", yes)
}

// swaps gives the hotkeys and then the coldkeys of the story to new keys.
func (s *shell) swaps(addresses map[string]string) {
	t, yes := s.t, "--yes"
	s.json(exitOK, "wallet", "new", "alice", "--hotkey", "third")
	s.json(exitOK, "wallet", "new", "alice", "--hotkey", "fourth")
	swapped := s.json(exitOK, "wallet", "swap-hotkey", "fourth", "--wallet", "alice", yes)
	require.Equal(t, addresses["alice-hot"], swapped["old"])
	require.Equal(t, "1000000000", swapped["cost_rao"])
	s.refused(exitRefused, "wallet", "swap-hotkey", "third", "--wallet", "alice", yes) // the old one is nobody now
	s.refused(exitRefused, "wallet", "swap-hotkey", "third", "--wallet", "alice", "--hotkey", "fourth", "--max-cost", "0.5", yes)
	require.Contains(t, s.text(exitOK, "wallet", "swap-hotkey", "third", "--wallet", "alice", "--hotkey", "fourth", "--max-cost", "1", yes), "paid")

	heir := fmt.Sprint(s.json(exitOK, "wallet", "new", "heir", "--no-password")["coldkey"])
	s.refused(exitUsage, "wallet", "swap-coldkey", "--wallet", "alice", yes)
	s.refused(exitUsage, "wallet", "swap-coldkey", "--status", "--execute", "--wallet", "alice", yes)
	s.refused(exitRefused, "wallet", "swap-coldkey", "bob", "--wallet", "alice", yes)
	require.Equal(t, false, s.json(exitOK, "wallet", "swap-coldkey", "--status", "alice")["pending"])
	s.text(exitRefused, "wallet", "swap-coldkey", "--execute", "alice", "--wallet", "bob", yes)
	announced := s.json(exitOK, "wallet", "swap-coldkey", "heir", "--wallet", "alice", yes)
	require.Equal(t, heir, announced["new"])
	_, message := s.refused(exitRefused, "wallet", "transfer", "bob", "1", "--wallet", "alice", yes)
	require.Contains(t, message, "frozen")
	require.Contains(t, s.text(exitOK, "wallet", "swap-coldkey", "--status", "alice"), heir)
	s.refused(exitRefused, "wallet", "swap-coldkey", "--cancel", "alice", "--wallet", "bob", yes)
	s.wait(uint64(announced["due"].(float64)))
	require.Equal(t, heir, s.json(exitOK, "wallet", "swap-coldkey", "--execute", "alice", "--wallet", "bob", yes)["new"])
	require.Zero(t, number(t, s.json(exitOK, "wallet", "balance", "alice")["total_rao"]))
	require.Positive(t, number(t, s.json(exitOK, "wallet", "balance", "heir")["free_rao"]))
	require.Equal(t, true, s.json(exitOK, "audit")["equal"])
}

// pay waits for an epoch with weights, and follows the money.
func (s *shell) pay(addresses map[string]string) {
	t := s.t
	s.wait(uint64(s.json(exitOK, "subnet", "metagraph", "1")["next_epoch"].(float64)) + 1)
	s.weigh()
	s.wait(uint64(s.json(exitOK, "subnet", "metagraph", "1")["next_epoch"].(float64)) + 1)
	s.text(exitOK, "subnet", "metagraph", "1")
	require.Contains(t, s.text(exitOK, "subnet", "metagraph", "1", "--wide"), addresses["alice"])
	full := s.json(exitOK, "subnet", "metagraph", "1", "--full")
	require.NotEmpty(t, full["neurons"].([]any)[0].(map[string]any)["weights"])

	miner := s.json(exitOK, "explain", "payout", "1", "last", "--netuid", "1")
	require.Equal(t, addresses["bob-hot"], miner["hotkey"])
	require.Positive(t, number(t, miner["miner_rao"]))
	validator := s.json(exitOK, "explain", "payout", "0", fmt.Sprint(miner["epoch"]))
	require.Positive(t, number(t, validator["to_nominators_rao"]))
	require.Equal(t, number(t, validator["pool_after_rao"]), number(t, validator["pool_before_rao"])+number(t, validator["to_nominators_rao"]))
	require.Contains(t, s.text(exitOK, "explain", "payout", "0", "last"), "the delegate's take of 0.1799")
	s.refused(exitFailure, "explain", "payout", "9", "last")
	s.refused(exitFailure, "explain", "payout", "0", "4000")
	s.refused(exitUsage, "explain", "payout", "0", "first")

	s.snapshot()
	report := s.json(exitOK, "audit")
	require.Equal(t, true, report["equal"])
	require.Positive(t, number(t, report["totals"].(map[string]any)["miners_rao"]))
	require.Contains(t, s.text(exitOK, "audit"), "Everything is equal")
	require.EqualValues(t, 3, s.json(exitOK, "audit", "--height", "3", "--timeout", "30s")["height"])
	s.refused(exitFailure, "audit", "--height", "1000000")
}

// producers changes who produces blocks, with so little power that the ledger does not stop.
func (s *shell) producers(addresses map[string]string) {
	t, yes := s.t, "--yes"
	key := hex.EncodeToString(bytes.Repeat([]byte{1}, 32))
	_, message := s.refused(exitRefused, "node", "producers", "add", key, "--wallet", "bob", yes)
	require.Contains(t, message, "is not root")
	s.refused(exitUsage, "node", "producers", "add", "nonsense", "--wallet", "alice", yes)
	added := s.json(exitOK, "node", "producers", "add", key, "--name", "milan", "--power", "1", "--wallet", "alice", yes)
	require.EqualValues(t, 2, added["producers"])
	require.EqualValues(t, 0, added["tolerates"])
	s.refused(exitRefused, "node", "producers", "add", key, "--wallet", "alice", yes)
	s.text(exitOK, "node", "producers", "add", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32)), "--power", "1", "--wallet", "alice", yes)

	listed := s.json(exitOK, "node", "producers", "list")
	require.Equal(t, addresses["alice"], listed["root"])
	require.Len(t, listed["producers"], 3)
	require.Positive(t, listed["producers"].([]any)[0].(map[string]any)["beacon_height"], "the node's values come")
	require.Contains(t, s.text(exitOK, "node", "producers", "list"), "three producers tolerate no crash")

	s.json(exitOK, "node", "producers", "power", "milan", "2", "--wallet", "alice", yes)
	s.text(exitOK, "node", "producers", "power", key, "1", "--wallet", "alice", yes)
	s.refused(exitUsage, "node", "producers", "power", "milan", "much", "--wallet", "alice", yes)
	s.refused(exitUsage, "node", "producers", "power", "nobody", "1", "--wallet", "alice", yes)
	s.refused(exitRefused, "node", "producers", "power", "milan", "0", "--wallet", "alice", yes)
	require.EqualValues(t, 2, s.json(exitOK, "node", "producers", "remove", "milan", "--wallet", "alice", yes)["producers"])
	s.text(exitOK, "node", "producers", "remove", hex.EncodeToString(bytes.Repeat([]byte{2}, 32)), "--wallet", "alice", yes)
	_, message = s.refused(exitRefused, "node", "producers", "remove", "producer", "--wallet", "alice", yes)
	require.Contains(t, message, "add another one first")

	require.Equal(t, addresses["bob"], s.json(exitOK, "node", "producers", "root", "bob", "--wallet", "alice", yes)["root"])
	s.refused(exitRefused, "node", "producers", "root", "alice", "--wallet", "alice", yes)
	s.text(exitOK, "node", "producers", "root", "alice", "--wallet", "bob", yes)
}

func (s *shell) transfers(addresses map[string]string) {
	t := s.t
	before := number(t, s.json(exitOK, "wallet", "balance", "bob")["free_rao"])
	sent := s.json(exitOK, "wallet", "transfer", "bob", "1.5", "--wallet", "alice", "--yes")
	require.Equal(t, "1500000000", sent["amount_rao"])
	require.Empty(t, sent["warnings"])
	after := number(t, s.json(exitOK, "wallet", "balance", addresses["bob"])["free_rao"])
	require.Equal(t, before+1_500_000_000, after)

	warned := s.text(exitOK, "wallet", "transfer", addresses["bob-hot"], "1rao", "--wallet", "alice", "--yes")
	require.Contains(t, warned, "is a hotkey")
	require.NotEmpty(t, s.json(exitOK, "wallet", "transfer", addresses["bob-hot"], "1rao", "--wallet", "alice", "--yes")["warnings"])
	s.refused(exitRefused, "wallet", "transfer", "bob", "1000000", "--wallet", "alice", "--yes")
	s.refused(exitUsage, "wallet", "transfer", "bob", "-1", "--wallet", "alice", "--yes")
	s.refused(exitUsage, "wallet", "transfer", "bob", "--wallet", "alice", "--yes")
	s.refused(exitUsage, "wallet", "transfer", "bob", "1", "--all", "--wallet", "alice", "--yes")
	s.refused(exitUsage, "wallet", "transfer", addresses["bob"][:47]+"1", "1", "--wallet", "alice", "--yes")
	s.refused(exitFailure, "wallet", "transfer", "nobody", "1", "--wallet", "alice", "--yes")
	s.refused(exitUsage, "wallet", "transfer", "bob", "1", "--wallet", "alice") // nobody to ask

	all := s.json(exitOK, "wallet", "transfer", "alice", "--all", "--keep", "2", "--wallet", "bob", "--yes")
	require.Equal(t, "2000000000", all["left_rao"])
	require.EqualValues(t, 2_000_000_000, number(t, s.json(exitOK, "wallet", "balance", "bob")["free_rao"]))
}

// together is several keys acting for one account.
func (s *shell) together(addresses map[string]string) {
	t, yes := s.t, "--yes"
	s.text(exitOK, "wallet", "transfer", "bob", "100", "--wallet", "alice", yes)
	s.refused(exitUsage, "wallet", "proxy", "add", "bob", "everything", "--wallet", "alice", yes)
	s.json(exitOK, "wallet", "proxy", "add", "bob", "transfer", "--wallet", "alice", "--days", "30", yes)
	s.text(exitOK, "wallet", "proxy", "add", "bob", "staking", "--wallet", "alice", yes)
	require.NotEmpty(t, s.json(exitOK, "wallet", "proxy", "list", "bob", "--received")["grants"])
	require.Contains(t, s.text(exitOK, "wallet", "proxy", "list", "alice"), addresses["bob"])
	free := func(name string) uint64 { return number(t, s.json(exitOK, "wallet", "balance", name)["free_rao"]) }
	before, proxy := free("alice"), free("bob")
	sent := s.json(exitOK, "wallet", "transfer", "bob", "1", "--as", "alice", "--wallet", "bob", yes)
	require.Equal(t, addresses["alice"], sent["from"])
	require.Equal(t, proxy+1_000_000_000-number(t, sent["fee_rao"]), free("bob"), "the proxy pays the fee")
	require.GreaterOrEqual(t, free("alice"), before-1_000_000_000)
	s.refused(exitRefused, "subnet", "set-param", "1", "min_burn", "8", "--as", "alice", "--wallet", "bob", yes) // no owner's calls
	s.json(exitOK, "wallet", "proxy", "remove", "bob", "transfer", "--wallet", "alice", yes)
	s.text(exitOK, "wallet", "proxy", "remove", "bob", "staking", "--wallet", "alice", yes)
	s.refused(exitRefused, "wallet", "transfer", "bob", "1", "--as", "alice", "--wallet", "bob", yes)

	file := func(name string) string { return filepath.Join(s.dir, name) }
	team := s.json(exitOK, "wallet", "multisig", "new", file("team.json"), "alice", "bob", addresses["bob-hot"], "--threshold", "2")
	s.text(exitOK, "wallet", "multisig", "new", file("pair.json"), "alice", "bob")
	s.refused(exitUsage, "wallet", "multisig", "new", file("three.json"), "alice", "bob", "--threshold", "3")
	account := team["account"].(string)
	s.text(exitOK, "wallet", "transfer", account, "10", "--wallet", "alice", yes)
	fee := number(t, s.json(exitOK, "wallet", "multisig", "propose", file("team.json"), file("pay.json"), "--to", "alice", "--amount", "4")["fee_rao"])
	call := fmt.Sprintf(`{"@type":"/ergon.stake.v1.MsgAddStake","coldkey":%q,"hotkey":%q,"amount":"1000000000"}`, account, addresses["alice-hot"])
	require.NoError(t, os.WriteFile(file("call.json"), []byte(call), 0o600))
	s.refused(exitUsage, "wallet", "multisig", "propose", file("team.json"), file("none.json"))
	s.json(exitOK, "wallet", "multisig", "sign", file("pay.json"), "--wallet", "alice", yes)
	s.refused(exitFailure, "wallet", "multisig", "submit", file("pay.json"))
	s.text(exitOK, "wallet", "multisig", "sign", file("pay.json"), "--wallet", "bob", yes)
	s.json(exitOK, "wallet", "multisig", "submit", file("pay.json"))
	require.Equal(t, 6_000_000_000-fee, free(account))
	s.text(exitOK, "wallet", "multisig", "propose", file("team.json"), file("stake.json"), "--message", file("call.json"))
	s.json(exitOK, "wallet", "multisig", "sign", file("stake.json"), "--wallet", "alice", yes)
	s.json(exitOK, "wallet", "multisig", "sign", file("stake.json"), "--wallet", "bob", yes)
	s.text(exitOK, "wallet", "multisig", "submit", file("stake.json"))
	require.Equal(t, "1000000000", s.json(exitOK, "wallet", "balance", account)["staked_rao"])
}

// accounts covers what needs no signature.
func (s *shell) accounts(addresses map[string]string) {
	t := s.t
	s.text(exitOK, "wallet", "balance", "bob")
	s.text(exitOK, "wallet", "balance", "--all")
	require.Len(t, s.json(exitOK, "wallet", "balance", "--all")["balances"], 2)
	s.text(exitOK, "node", "status")
	require.Equal(t, "ergon-local", s.json(exitOK, "node", "status")["chain_id"])
	s.text(exitOK, "version")
	require.NotEmpty(t, s.json(exitOK, "version")["ledger_format"])

	s.text(exitOK, "doctor", "--dir", s.dir)
	require.Equal(t, true, s.json(exitOK, "doctor", "--dir", s.dir)["healthy"])
	s.now = func() time.Time { return time.Now().Add(-time.Hour) } // blocks from the future
	require.Equal(t, false, s.json(exitFailure, "doctor", "--dir", s.dir)["healthy"])
	s.now = time.Now

	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "env"), []byte("export ERGON_NODE=x\n"), 0o600))
	require.Contains(t, s.text(exitOK, "localnet", "env", "--dir", s.dir), "ERGON_NODE")
	s.json(exitOK, "localnet", "env", "--dir", s.dir)
	s.refused(exitFailure, "localnet", "env", "--dir", filepath.Join(s.dir, "none"))
	s.exec(exitOK, "miner", "strategies")
	strategies, _ := s.exec(exitOK, "miner", "strategies", "--json")
	require.True(t, json.Valid([]byte(strategies)))

	s.designs()
	folder := filepath.Join(s.dir, "validator")
	require.NoError(s.t, os.MkdirAll(folder, 0o700))
	db, err := scoredb.Open(s.t.Context(), "sqlite:"+filepath.Join(folder, "scores.db"), scoredb.Options{})
	require.NoError(s.t, err)
	require.NoError(s.t, db.Close())
	s.text(exitOK, "video", "scores", "--dir", folder)
	empty, _ := s.exec(exitOK, "video", "scores", "--dir", folder, "--json")
	require.JSONEq(s.t, "[]", empty)
	s.refused(exitFailure, "video", "verify", "1", "--dir", folder)
	s.refused(exitUsage, "video", "verify", "one", "--dir", folder)

	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"address": r.FormValue("address"), "rao": 5, "message": "Sent."})
	}))
	defer page.Close()
	s.text(exitOK, "wallet", "faucet", "bob", "--page", page.URL)
	require.Equal(t, "5", s.json(exitOK, "wallet", "faucet", addresses["bob"], "--page", page.URL)["amount_rao"])
	s.refused(exitUsage, "wallet", "faucet", "bob")
	page.Close()
	s.refused(exitFailure, "wallet", "faucet", "bob", "--page", page.URL)
}

// keepRunning are commands that serve until they are stopped: a localnet runs them all. The last one
// succeeds only where a market has scored; subnets/video tests what it calls.
var keepRunning = map[string]bool{"ergon miner run": true, "ergon validator run": true, "ergon s3": true, "ergon video verify": true}

// everything checks that the story left no command out.
func (s *shell) everything() {
	for _, c := range leaves(newRoot(&env{getenv: func(string) string { return "" }, now: time.Now})) {
		if keepRunning[c.CommandPath()] {
			continue
		}
		require.True(s.t, s.done[c.CommandPath()], "the story never ran %q", c.CommandPath())
		require.True(s.t, s.done[c.CommandPath()+" --json"], "the story never ran %q with --json", c.CommandPath())
	}
}

// TestMigratedLedger begins a ledger of another time with the accounts of a file.
func TestMigratedLedger(t *testing.T) {
	s := newShell(t)
	cold := s.json(exitOK, "wallet", "new", "alice", "--no-password")["coldkey"].(string)
	file := filepath.Join(s.dir, "accounts.csv")
	init := func(dir string) []string {
		return []string{"node", "init", "--profile", "2023", "--balances", file, "--balance", "alice=5", "--dir", filepath.Join(s.dir, dir)}
	}
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("address,rao\n5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY,1500\n")
	require.Equal(t, "5000001500", s.json(exitOK, init("one")...)["supply_rao"])
	write("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY,1.5\n")
	_, message := s.refused(exitFailure, init("two")...)
	require.Contains(t, message, "accounts.csv: line 1: ")
	require.Contains(t, message, "give whole rao")
	write(cold + ",1500\n")
	_, message = s.refused(exitFailure, init("two")...)
	require.Contains(t, message, "listed twice")
	s.refused(exitFailure, append(init("two"), "--balances", file+".none")...)
	s.refused(exitFailure, append(init("two"), "--profile", "2022")...)
}
