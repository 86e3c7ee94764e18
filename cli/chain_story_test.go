package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// chain looks at the ledger itself: blocks, transactions, events, parameters.
func (s *shell) chain(addresses map[string]string) {
	t := s.t
	require.Contains(t, s.text(exitOK, "chain", "status"), "a block takes")
	status := s.json(exitOK, "chain", "status")
	require.Equal(t, addresses["alice"], status["root"])
	require.Positive(t, status["block_time_seconds"])

	sent := s.json(exitOK, "wallet", "transfer", "bob", "1", "--wallet", "alice", "--yes")
	block := fmt.Sprint(sent["block"])
	b := s.json(exitOK, "chain", "block", block)
	require.Contains(t, fmt.Sprint(b["transactions"]), sent["hash"])
	require.Contains(t, s.text(exitOK, "chain", "block", block), "MsgSend")
	s.text(exitOK, "chain", "block")
	code, message := s.refused(exitRefused, "chain", "block", "99999999")
	require.Equal(t, "refused", code)
	require.Contains(t, message, "99999999")
	s.refused(exitUsage, "chain", "block", "0")
	s.refused(exitUsage, "chain", "block", "first")

	tx := s.json(exitOK, "chain", "tx", fmt.Sprint(sent["hash"]))
	require.Equal(t, sent["block"], tx["block"])
	require.Equal(t, true, tx["ok"])
	require.Contains(t, s.text(exitOK, "chain", "tx", strings.ToLower(fmt.Sprint(sent["hash"]))), "FeePaid")
	s.refused(exitRefused, "chain", "tx", "4ba1")
	s.refused(exitRefused, "chain", "tx", strings.Repeat("0", 64))

	require.Contains(t, s.text(exitOK, "chain", "params"), "nominator_min")
	require.Contains(t, s.text(exitOK, "chain", "params", "swap_cost", "root_tempo"), "0..65535")
	require.Len(t, s.json(exitOK, "chain", "params", "swap_cost")["parameters"], 1)
	_, message = s.refused(exitUsage, "chain", "params", "swap_costs")
	require.Contains(t, message, `"swap_costs"`)
	require.Contains(t, s.text(exitOK, "root", "votes"), "1=100.00%")
	require.Len(t, s.json(exitOK, "root", "votes", addresses["alice-hot"])["members"], 1)
	s.events(addresses)
	s.unwaited()
}

// events reads what happened, page by page, and follows it.
func (s *shell) events(addresses map[string]string) {
	t := s.t
	staked := []string{"chain", "events", "--from", "1", "--type", "StakeAdded", "--where", "hotkey=" + addresses["alice-hot"]}
	all := s.json(exitOK, staked...)
	require.NotEmpty(t, all["events"])
	require.NotContains(t, all, "next")
	for _, ev := range all["events"].([]any) {
		require.Equal(t, "StakeAdded", ev.(map[string]any)["type"])
	}
	var paged []any
	for from := "1"; ; {
		page := s.json(exitOK, "chain", "events", "--from", from, "--type", "StakeAdded", "--where", "hotkey="+addresses["alice-hot"], "--limit", "1")
		paged = append(paged, page["events"].([]any)...)
		if page["next"] == nil {
			break
		}
		from = fmt.Sprint(uint64(page["next"].(float64)))
	}
	require.Equal(t, all["events"], paged[:len(all["events"].([]any))], "the pages are the whole")
	require.NotContains(t, s.text(exitOK, "chain", "events", "--from", "1", "--to", "40"), "coin_spent")
	require.Contains(t, s.text(exitOK, "chain", "events", "--from", "1", "--to", "40", "--all"), "coin_spent")
	s.text(exitOK, "chain", "events")
	s.refused(exitUsage, "chain", "events", "--where", "netuid")
	s.refused(exitUsage, "chain", "events", "--limit", "0")
	s.refused(exitUsage, "chain", "events", "--from", "5", "--to", "4")
	s.refused(exitUsage, "chain", "events", "--follow", "--to", "4")
	s.refused(exitRefused, "chain", "events", "--follow", "--from", "99999999")

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	read, write := io.Pipe()
	e, _, errs := s.env(strings.NewReader(""))
	e.out = write
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, e, []string{"chain", "events", "--follow", "--from", "1", "--type", "NeuronRegistered", "--json"})
		_ = write.Close()
	}()
	lines := bufio.NewScanner(read)
	for _, uid := range []string{"0", "1"} { // one object a line, in order
		require.True(t, lines.Scan(), "%v", errs)
		var ev eventView
		require.NoError(t, json.Unmarshal(lines.Bytes(), &ev))
		require.Equal(t, uid, ev.Attributes["uid"])
	}
	cancel()
	_, _ = io.Copy(io.Discard, read)
	require.Equal(t, exitOK, <-ended, "Ctrl-C is its ordinary end")
}

// unwaited hands transactions in and asks for them later.
func (s *shell) unwaited() {
	t := s.t
	sent := s.json(exitOK, "wallet", "transfer", "bob", "1", "--wallet", "alice", "--yes", "--wait=false")
	require.Len(t, sent["hash"], 64)
	s.wait(uint64(sent["until"].(float64)) - 50)
	require.Equal(t, true, s.json(exitOK, "chain", "tx", fmt.Sprint(sent["hash"]))["ok"])
	require.Contains(t, s.text(exitOK, "stake", "add", "1", "--wallet", "alice", "--yes", "--wait=false"), "ergon chain tx")
	s.refused(exitUsage, "stake", "remove", "--all", "--wallet", "alice", "--yes", "--wait=false")
}

// longLists pages through what may be long.
func (s *shell) longLists(addresses map[string]string) {
	t := s.t
	first := s.json(exitOK, "stake", "delegates", "--limit", "1")
	require.Len(t, first["delegates"], 1)
	second := s.json(exitOK, "stake", "delegates", "--after", fmt.Sprint(first["next"]))
	require.Len(t, second["delegates"], 1)
	require.NotContains(t, second, "next")
	require.Contains(t, s.text(exitOK, "stake", "delegates", "--limit", "1"), first["next"])
	require.Len(t, s.json(exitOK, "stake", "delegates", "--limit", "0")["delegates"], 2)
	require.Equal(t, addresses["bob"], s.json(exitOK, "stake", "nominators", addresses["alice-hot"])["nominators"].([]any)[0].(map[string]any)["coldkey"])
	require.Contains(t, s.text(exitOK, "stake", "nominators", "--wallet", "alice"), addresses["bob"])
	s.refused(exitRefused, "stake", "nominators", addresses["bob"])

	require.Contains(t, s.text(exitOK, "subnet", "pruning", "1"), "uids are free")
	order := s.json(exitOK, "subnet", "pruning", "1", "--limit", "0")["uids"].([]any)
	require.NotEmpty(t, order)
	require.Len(t, s.json(exitOK, "subnet", "pruning", "1", "--limit", "1")["uids"], 1)
	s.refused(exitUsage, "subnet", "pruning", "1", "--limit", "-1")

	now := s.json(exitOK, "subnet", "metagraph", "1")
	then := s.json(exitOK, "subnet", "metagraph", "1", "--full", "--height", "20")
	require.EqualValues(t, 20, then["height"])
	require.Greater(t, now["height"], then["height"])
	_, message := s.refused(exitRefused, "subnet", "metagraph", "1", "--height", "99999999")
	require.Contains(t, message, "height")
}
