package main

import (
	"context"
	"encoding/json"
	"fmt"
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
	"github.com/ergon-network/ergon/neuron/wallet"
	"github.com/ergon-network/ergon/scoredb"
)

// ledger makes a ledger of 200 ms blocks in which alice and bob hold coins and starts its node,
// all with the commands. stop ends it and returns what it logged.
func (s *shell) ledger() (rest string, stop func() string) {
	s.t.Helper()
	for _, name := range []string{"alice", "bob"} {
		s.json(exitOK, "wallet", "new", name, "--no-password")
	}
	s.node, rest = freeAddress(s.t), freeAddress(s.t)
	dir := filepath.Join(s.dir, "node")
	init := []string{"node", "init", "--profile", "localnet", "--tempo", "10", "--block-time", "200ms", "--balance", "alice=1000",
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

func (s *shell) weigh(name string) {
	s.t.Helper()
	w, err := wallet.Open(s.vars["ERGON_WALLETS"], name)
	require.NoError(s.t, err)
	hot, err := w.Hotkey("default")
	require.NoError(s.t, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := client.Dial(ctx, s.node)
	require.NoError(s.t, err)
	_, err = c.SetWeights(ctx, hot, 1, []uint16{1}, []uint16{1}, 0)
	require.NoError(s.t, err)
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
	logs := stop()
	s.clean(logs)
	for _, line := range strings.Split(strings.TrimSpace(logs), "\n") {
		require.True(t, json.Valid([]byte(line)), "a log line with --json is JSON: %s", line)
	}
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
	require.Len(t, s.json(exitOK, "subnet", "params", "1")["parameters"], 28)
	require.Equal(t, "7", s.json(exitOK, "subnet", "set-param", "1", "min_burn", "7", "--wallet", "alice", yes)["new"])
	s.text(exitOK, "subnet", "set-param", "1", "min_burn", "8", "--wallet", "alice", yes)
	s.refused(exitRefused, "subnet", "set-param", "1", "min_burn", "9", "--wallet", "bob", yes)
	s.refused(exitUsage, "subnet", "set-param", "1", "no_such_thing", "9", "--wallet", "alice", yes)

	s.pay(addresses)
	s.transfers(addresses)
	s.text(exitOK, "stake", "show", "bob")
	require.Len(t, s.json(exitOK, "stake", "show", addresses["bob"])["stakes"], 2)
	s.text(exitOK, "stake", "remove", "1", "--wallet", "alice", yes)
	s.json(exitOK, "stake", "remove", "1", addresses["alice-hot"], "--wallet", "alice", yes)
	s.refused(exitRefused, "stake", "remove", "100000", "--wallet", "alice", yes)
	s.refused(exitUsage, "stake", "remove", "--wallet", "alice", yes)
	require.NotEmpty(t, s.json(exitOK, "stake", "remove", "--all", "--wallet", "bob", yes)["removed"])
	require.Contains(t, s.text(exitOK, "stake", "remove", "--all", addresses["alice-hot"], "--wallet", "alice", yes), "done")
	return addresses
}

// pay waits for an epoch with weights, and follows the money.
func (s *shell) pay(addresses map[string]string) {
	t := s.t
	s.wait(uint64(s.json(exitOK, "subnet", "metagraph", "1")["next_epoch"].(float64)) + 1)
	s.weigh("alice")
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

	report := s.json(exitOK, "audit")
	require.Equal(t, true, report["equal"])
	require.Positive(t, number(t, report["totals"].(map[string]any)["miners_rao"]))
	require.Contains(t, s.text(exitOK, "audit"), "Everything is equal")
	require.EqualValues(t, 3, s.json(exitOK, "audit", "--height", "3", "--timeout", "30s")["height"])
	s.refused(exitFailure, "audit", "--height", "1000000")
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
