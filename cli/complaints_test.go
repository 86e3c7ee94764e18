package cli

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/rules"
)

// TestWhatUsersComplainedOf goes through those complaints about the original's command line (chain
// §8.3) whose remedy shows on a ledger and that no other test is about; docs/btcli.md has them all.
func TestWhatUsersComplainedOf(t *testing.T) {
	s := newShell(t)
	_, stop := s.ledger()
	defer stop()
	s.wait(1)
	addresses := s.market()
	for _, complaint := range []struct {
		name string
		tell func(t *testing.T, s *shell, addresses map[string]string)
	}{
		{"JSON errors everywhere", jsonErrors},
		{"the balance is shown before the price is paid", balanceBeforePrice},
		{"weights set too fast", weightsTooFast},
		{"every refusal has a name and a remedy", refusalsWithRemedies},
		{"no wallet is needed to look", anyAddress},
		{"emission names its unit", emissionUnits},
		{"stake on a hotkey without a uid", strandedStake}, // last: its subnet ends
	} {
		t.Run(complaint.name, func(t *testing.T) {
			told := *s
			told.t = t
			complaint.tell(t, &told, addresses)
		})
	}
}

// market is a subnet with alice's validator and bob's miner.
func (s *shell) market() map[string]string {
	s.t.Helper()
	addresses := map[string]string{}
	for _, w := range s.json(exitOK, "wallet", "list")["wallets"].([]any) {
		w := w.(map[string]any)
		addresses[w["name"].(string)] = w["coldkey"].(string)
		addresses[w["name"].(string)+"-hot"] = w["hotkeys"].([]any)[0].(map[string]any)["address"].(string)
	}
	s.json(exitOK, "subnet", "create", "text", "--wallet", "alice", "--yes")
	s.json(exitOK, "subnet", "register", "1", "--wallet", "alice", "--yes")
	s.json(exitOK, "subnet", "register", "1", "--wallet", "bob", "--yes")
	s.json(exitOK, "stake", "add", "100", "--wallet", "alice", "--yes")
	return addresses
}

func jsonErrors(t *testing.T, s *shell, addresses map[string]string) {
	for line, want := range map[string]struct {
		exit int
		code string
	}{
		"subnet nonsense":                             {exitUsage, "usage"},
		"subnet show one":                             {exitUsage, "usage"},
		"subnet show 77":                              {exitRefused, "refused"},
		"stake add 1 --wallet alice":                  {exitUsage, "usage"}, // nobody can be asked
		"stake add 1 --wallet alice --no":             {exitFailure, "declined"},
		"stake add 1 --wallet alice --no --yes":       {exitUsage, "usage"},
		"stake add 9999999 --wallet alice --yes":      {exitRefused, "refused"},
		"stake show nobody":                           {exitFailure, "failed"},
		"wallet balance " + addresses["bob"][:47]:     {exitUsage, "usage"},
		"subnet list --node 127.0.0.1:1 --timeout 1s": {exitUnreachable, "unreachable"},
	} {
		code, message := s.refused(want.exit, strings.Fields(line)...)
		require.Equal(t, want.code, code, line)
		require.NotEmpty(t, message)
	}
	require.Equal(t, "100000000000", s.json(exitOK, "stake", "show", "alice")["total_rao"], "nothing happened")
}

func balanceBeforePrice(t *testing.T, s *shell, _ map[string]string) {
	_, told := s.exec(exitFailure, "subnet", "register", "1", "--wallet", "bob", "--no")
	for _, word := range []string{"costs", "at most", "of a balance of", "The price may move at block"} {
		require.Contains(t, strings.ReplaceAll(told, "\n", " "), word)
	}
}

func weightsTooFast(t *testing.T, s *shell, _ map[string]string) {
	s.json(exitOK, "subnet", "set-param", "1", "commit_reveal_weights_enabled", "false", "--wallet", "alice", "--yes")
	s.wait(uint64(s.json(exitOK, "subnet", "metagraph", "1")["next_epoch"].(float64)) + 1) // a permit comes with an epoch
	set := []string{"weights", "set", "1", "1=7", "--wallet", "alice", "--yes"}
	at := s.json(exitOK, set...)["block"]
	s.json(exitOK, "subnet", "set-param", "1", "weights_rate_limit", "1000", "--wallet", "alice", "--yes")
	e := s.json(exitRefused, set...)["error"].(map[string]any)
	require.Equal(t, "SettingWeightsTooFast", e["name"])
	require.Regexp(t, fmt.Sprintf(`\d+ of 1000 blocks left, last update at block %v`, at), e["message"], "the limit, the last time and the rest")
	require.Contains(t, e["remedy"], "ergon weights status")
	require.Positive(t, s.json(exitOK, "weights", "status", "1", "--wallet", "alice")["rate_limit_blocks_left"])
}

func refusalsWithRemedies(t *testing.T, s *shell, addresses map[string]string) {
	for line, name := range map[string]string{
		"subnet show 77":                                          "SubnetDoesNotExist",       // a query
		"stake remove 1 --wallet bob":                             "NotEnoughStakeToWithdraw", // a transaction
		"stake add 1 " + addresses["bob"]:                         "HotKeyAccountNotExists",   // in the module's words
		"stake add 1 " + addresses["alice-hot"] + " --wallet bob": "HotKeyNotDelegateAndSignerNotOwnHotKey",
		"serve axon 1 0.0.0.0:1":                                  "InvalidIpAddress",
		"subnet set-param 1 min_burn 7 --wallet bob":              "BadOrigin",
		"weights status 1 " + addresses["bob"]:                    "HotKeyNotRegisteredInSubNet",
	} {
		args := append(strings.Fields(line), "--yes")
		if !strings.Contains(line, "--wallet") {
			args = append(args, "--wallet", "alice")
		}
		e := s.json(exitRefused, args...)["error"].(map[string]any)
		require.Equal(t, name, e["name"], line)
		said, found := rules.ErrorOf(fmt.Sprint(e["module"]), uint32(e["number"].(float64)))
		require.True(t, found)
		require.Equal(t, said.Remedy, e["remedy"])
		text := s.text(exitRefused, args...)
		require.Contains(t, text, "remedy: "+said.Remedy)
		require.Contains(t, text, "more: ergon explain "+name)
		require.NotContains(t, text, ".go:")
		require.Contains(t, s.text(exitOK, "explain", name), said.Meaning[:20])
	}
}

// anyAddress looks at everything from a machine without wallets.
func anyAddress(t *testing.T, s *shell, addresses map[string]string) {
	bare := newShell(t)
	bare.node = s.node
	cold, hot := addresses["alice"], addresses["alice-hot"]
	for _, line := range []string{
		"wallet balance " + cold, "wallet proxy list " + cold, "wallet swap-coldkey --status " + cold, "stake show " + cold, "stake delegates",
		"stake nominators " + hot, "subnet list", "subnet show 1", "subnet params 1", "subnet metagraph 1", "subnet pruning 1", "subnet cost 1",
		"subnet commitments 1 " + hot, "weights status 1 " + hot, "root list", "root votes " + hot, "chain status", "chain params", "explain payout 0 last",
	} {
		e, out, errs := bare.env(strings.NewReader(""))
		code := run(t.Context(), e, append(strings.Fields(line), "--json"))
		require.NotContains(t, out.String()+errs.String(), "wallet \\\"", line)
		require.Contains(t, []int{exitOK, exitRefused, exitFailure}, code, "%s\n%s", line, out)
	}
	require.Equal(t, "100000000000", bare.json(exitOK, "stake", "show", cold)["total_rao"])
}

func emissionUnits(t *testing.T, s *shell, _ map[string]string) {
	require.Contains(t, strings.ReplaceAll(s.text(exitOK, "subnet", "metagraph", "1"), "\n", " "), "EMISSION is TAO of the last epoch")
	m := s.json(exitOK, "subnet", "metagraph", "1")
	for _, n := range m["neurons"].([]any) {
		n := n.(map[string]any)
		length := uint64(m["next_epoch"].(float64) - m["last_epoch"].(float64))
		require.Equal(t, number(t, n["emission_rao"])/length, number(t, n["emission_rao_per_block"]))
	}
}

func strandedStake(t *testing.T, s *shell, addresses map[string]string) {
	s.json(exitOK, "subnet", "dissolve", "1", "--wallet", "alice", "--yes")
	stakes := s.json(exitOK, "stake", "show", addresses["alice"])["stakes"].([]any)
	require.Len(t, stakes, 1)
	one := stakes[0].(map[string]any)
	require.Equal(t, false, one["registered"])
	require.GreaterOrEqual(t, number(t, one["amount_rao"]), uint64(100_000_000_000))
	require.Contains(t, s.text(exitOK, "stake", "remove", "--all", "--wallet", "alice", "--yes"), "done")
}

// TestExitCodesAreTheDocumentedOnes reads them out of `ergon --help`.
func TestExitCodesAreTheDocumentedOnes(t *testing.T) {
	s := newShell(t)
	help, _ := s.exec(exitOK, "--help")
	_, list, found := strings.Cut(help, "Exit codes\n")
	require.True(t, found)
	var told []int
	for _, m := range regexp.MustCompile(`(?m)^ +(\d+)  \S`).FindAllStringSubmatch(list[:strings.Index(list, "\n\n")], -1) {
		code, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		told = append(told, code)
	}
	require.Equal(t, []int{exitOK, exitFailure, exitUsage, exitRefused, exitUnreachable, exitTimeout, exitUnregistered, exitKey, exitAddress, exitState, exitInterrupted}, told)
}

// TestRemediesNameRealCommands: a remedy that cannot be followed is none.
func TestRemediesNameRealCommands(t *testing.T) {
	root := newRoot(&env{getenv: func(string) string { return "" }, now: time.Now})
	named := 0
	for _, e := range rules.Errors() {
		for _, m := range regexp.MustCompile("`ergon ([^`]+)`").FindAllStringSubmatch(e.Remedy, -1) {
			c, rest, err := root.Find(strings.Fields(m[1]))
			require.NoError(t, err, m[1])
			require.False(t, c.HasSubCommands() && c.Name() != "explain", "%s: %q is no command", e.Name, m[1])
			if c.Args != nil && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
				require.NoError(t, c.Args(c, rest), m[1])
			}
			named++
		}
		for _, m := range regexp.MustCompile(`--[a-z-]+`).FindAllString(e.Remedy, -1) {
			require.True(t, anyFlag(root, strings.TrimPrefix(m, "--")), "%s: there is no %s", e.Name, m)
		}
	}
	require.Greater(t, named, 50)
}

func anyFlag(root *cobra.Command, name string) bool {
	for _, c := range everyCommand(root) {
		if c.Flags().Lookup(name) != nil || c.PersistentFlags().Lookup(name) != nil {
			return true
		}
	}
	return false
}
