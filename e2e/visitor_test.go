package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/neuron/wallet"
)

// script takes the commands for a second terminal out of the README, so that a reader can rely on them.
func script(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, text, found := strings.Cut(string(raw), "## Take part from a second terminal")
	require.True(t, found)
	block := regexp.MustCompile("(?s)```\n(.*?)```").FindStringSubmatch(text)
	require.NotNil(t, block)
	commands := strings.NewReplacer("bin/ergon", "ergon", "localnet env", `localnet env --dir "$DIR"`).Replace(block[1])
	require.Contains(t, commands, "\nergon miner run")
	return "set -e\n" + strings.Replace(commands, "\nergon miner run", "\nexec ergon miner run", 1)
}

// visitor runs a second terminal's commands and returns it with the hotkey that it made.
func (m *market) visitor(commands string, env ...string) (shell *process, hotkey string) {
	m.t.Helper()
	shell = start(m.t, append(env, "DIR="+m.dir, "HOME="+m.t.TempDir()), "sh", "-c", "cd \"$HOME\"\n"+commands) // what it leaves behind goes with the test
	eventually(m.t, soon, "the visitor has a wallet", func() bool {
		w, err := wallet.Open(filepath.Join(m.dir, "visitors"), "me")
		if err != nil {
			return false
		}
		pair, err := w.Hotkey("default")
		if err == nil {
			hotkey = pair.Address()
		}
		return err == nil
	})
	return shell, hotkey
}

// TestAVisitorEarns joins a running market from a second terminal, by the README's commands.
func TestAVisitorEarns(t *testing.T) {
	long(t)
	t.Parallel()
	m := run(t, filepath.Join(t.TempDir(), "net"), append([]string{"--subnet", "template"}, quick...)...)
	m.ready()
	node := m.port("producer-1-rpc")
	c := follow(t, node)
	c.paid(0) // nobody waits for a newcomer

	shell, hotkey := m.visitor(strings.Replace(script(t), "--subnet video --encoder './my.sh {in} {out} {task}'", "--subnet template --strategy honest", 1))
	c.until("the visitor serves", soon, func() bool { return c.served[hotkey] > 0 || !shell.running() })
	require.True(t, shell.running(), "%s%s", &shell.out, &shell.err)
	c.until("the visitor is paid", awhile, func() bool {
		earned, _ := c.ledger.Earned(1, hotkey)
		return earned > 0
	})
	tempos := 0
	for _, p := range c.payouts {
		if p.SettledAt > c.served[hotkey] {
			tempos++
		}
	}
	// Weights are hidden: who comes after the commits of a tempo is in those of the next, which are
	// revealed and paid a tempo later.
	require.LessOrEqual(t, tempos, 3, "tempos until the visitor is paid")
	shell.signal(os.Interrupt)
	require.Zero(t, shell.exit(gone), "Ctrl-C ends a miner in good order")
	auditAt(t, node, 0)

	m.plain(shell)
	m.interrupt(0)
	require.Contains(t, m.out.String(), "Adds up to the rao")
	m.logs(func(name, text string) { require.NotContains(t, text, bech32, name) })
}

// plain looks for addresses of the engine's own kind in everything a user can see.
func (m *market) plain(others ...*process) {
	m.t.Helper()
	for _, p := range append(others, m.process) {
		require.NotContains(m.t, p.out.String()+p.err.String(), bech32)
	}
	require.NotContains(m.t, m.read("env"), bech32)
	owner := m.coldkey("owner").Address()
	page, rest, rpc := strings.TrimSpace(m.read("page.url")), "http://"+m.port("producer-1-rest"), "http://"+m.port("producer-1-rpc")
	for _, url := range []string{
		page, page + "/api/state",
		rest + "/cosmos/auth/v1beta1/accounts?pagination.limit=1000",
		rest + "/cosmos/bank/v1beta1/balances/" + owner,
		rest + "/cosmos/tx/v1beta1/txs?query=tx.height%3E0",
		rest + "/cosmos/tx/v1beta1/txs/block/5",
		rest + "/cosmos/base/tendermint/v1beta1/blocks/latest",
		rest + "/cosmos/base/tendermint/v1beta1/validatorsets/latest",
		rpc + "/tx_search?query=%22tx.height%3E0%22&per_page=100",
		rpc + "/block_results?height=2",
		rpc + "/genesis",
	} {
		body, ok := get(url)
		require.True(m.t, ok, "%s: %s", url, body)
		require.Greater(m.t, len(body), 20, url)
		require.NotContains(m.t, body, bech32, url)
	}
}
