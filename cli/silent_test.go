package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/neuron/wallet"
)

// silentNode answers who it is, and then nothing more: a node behind a firewall, or one that hangs.
func silentNode(t *testing.T) string {
	t.Helper()
	done := make(chan struct{})
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			ID     json.RawMessage
			Method string
		}
		body, _ := io.ReadAll(r.Body)
		if json.Unmarshal(body, &asked) == nil && asked.Method == "status" {
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"node_info":{"network":"silent"}}}`, asked.ID)
			return
		}
		select {
		case <-done:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(done); node.Close() })
	return strings.TrimPrefix(node.URL, "http://")
}

// askers are command lines that need more of a ledger than its name.
func askers(address string) []string {
	hash := strings.Repeat("0", 64)
	return []string{
		"chain status", "chain block", "chain block 5", "chain tx " + hash, "chain events", "chain events --from 3", "chain issuance", "chain halving",
		"chain params", "subnet list", "subnet show 1", "subnet create x", "subnet dissolve 1", "subnet transfer 1 " + address, "subnet cost 1", "subnet lock-cost",
		"subnet register 1", "subnet register-pow 1", "subnet metagraph 1", "subnet pruning 1", "subnet params 1", "subnet set-param 1 min_burn 7",
		"subnet commit 1 x", "subnet commitments 1", "stake add 1", "stake remove 1", "stake remove --all", "stake remove --all default",
		"stake move 1 --from default --to " + address, "stake show", "stake nominate", "stake take 10%", "stake delegates", "stake nominators", "root list", "root register",
		"root weights get", "root weights set 1=1", "root votes", "root boost 1 0.1", "root slash 1 0.1", "weights set 1 1=1", "weights commit 1 1=1", "weights reveal 1",
		"weights status 1", "serve axon 1 203.0.113.7:8091", "serve prometheus 1 203.0.113.7:8091", "explain payout 1 last", "lab snapshot 1", "audit", "wallet balance", "wallet transfer " + address + " 1",
	}
}

func silence(t *testing.T) (*shell, []string) {
	t.Helper()
	s := newShell(t)
	w, _, err := wallet.Create(s.vars["ERGON_WALLETS"], "default", wallet.NoPassword())
	require.NoError(t, err)
	hotkey, _, err := w.CreateHotkey("default")
	require.NoError(t, err)
	s.node = silentNode(t)
	return s, askers(hotkey.Address())
}

// TestNoCommandHangs: a node that falls silent is a time-out, whatever was asked of it.
func TestNoCommandHangs(t *testing.T) {
	s, lines := silence(t)
	for _, line := range lines {
		code, message := s.refused(exitTimeout, append(strings.Fields(line), "--timeout", "60ms", "--yes")...)
		require.Equal(t, "timeout", code, line)
		require.Contains(t, message, s.node, "%s does not name the node", line)
	}
	for _, group := range []string{"chain", "subnet", "stake", "root", "weights", "serve"} { // none is left out
		c, _, err := newRoot(&env{getenv: func(string) string { return "" }, now: time.Now}).Find([]string{group})
		require.NoError(t, err)
		for _, leaf := range leaves(c) {
			path := strings.TrimPrefix(leaf.CommandPath(), "ergon ")
			require.True(t, named(lines, path), "%q is not asked of a silent node", path)
		}
	}
}

func named(lines []string, path string) bool {
	for _, line := range lines {
		if line == path || strings.HasPrefix(line, path+" ") {
			return true
		}
	}
	return false
}

// TestEveryCommandCanBeInterrupted: Ctrl-C ends a command that waits for a silent node, at once.
func TestEveryCommandCanBeInterrupted(t *testing.T) {
	s, lines := silence(t)
	for _, line := range append(lines, "chain events --follow") {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(30*time.Millisecond, cancel)
		e, out, errs := s.env(strings.NewReader(""))
		ended := make(chan int, 1)
		go func() { ended <- run(ctx, e, append(strings.Fields(line), "--timeout", "1h", "--yes")) }()
		select {
		case code := <-ended:
			want := exitInterrupted
			if strings.HasSuffix(line, "--follow") {
				want = exitOK // its ordinary end
			}
			require.Equal(t, want, code, "%s\n%s%s", line, out, errs)
		case <-time.After(time.Minute):
			t.Fatalf("ergon %s does not end", line)
		}
		cancel()
	}
}

// TestShellsCompleteCommands: each shell has its script, and the question that all of them ask is answered.
func TestShellsCompleteCommands(t *testing.T) {
	s := newShell(t)
	for shell, sign := range map[string]string{"bash": "__start_ergon", "zsh": "#compdef ergon", "fish": "complete -c ergon", "powershell": "Register-ArgumentCompleter"} {
		script, _ := s.exec(exitOK, "completion", shell)
		require.Contains(t, script, sign)
	}
	complete := func(words ...string) []string {
		out, _ := s.exec(exitOK, append([]string{cobra.ShellCompNoDescRequestCmd}, words...)...)
		return strings.Fields(out)
	}
	require.Contains(t, complete("subnet", "m"), "metagraph")
	require.Contains(t, complete("chain", ""), "halving")
	require.Contains(t, complete("stake", "add", "--time"), "--timeout")
}
