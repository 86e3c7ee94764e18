package cli

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ergon-network/ergon/chain/audit"
	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/coin"
	"github.com/ergon-network/ergon/internal/doctor"
	"github.com/ergon-network/ergon/internal/scaffold"
	"github.com/ergon-network/ergon/neuron/wallet"
)

func everyCommand(c *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		out = append(out, everyCommand(sub)...)
	}
	return out
}

// TestEveryCommandHelps: an example that names the command, a JSON path, help that fits the
// screen, and arguments that are checked.
func TestEveryCommandHelps(t *testing.T) {
	s := newShell(t)
	for _, c := range everyCommand(newRoot(&env{getenv: func(string) string { return "" }, now: time.Now})) {
		t.Run(c.CommandPath(), func(t *testing.T) {
			require.NotEmpty(t, c.Short)
			require.Contains(t, c.Example, c.CommandPath())
			require.NotNil(t, c.Args, "arguments are not checked")
			if !c.HasSubCommands() {
				require.Contains(t, c.Example, "--json")
			}
			for _, line := range strings.Split(c.Long+"\n"+c.Example, "\n") {
				if !strings.HasPrefix(line, "  ergon ") { // examples are to be copied whole
					require.LessOrEqual(t, len(line), screen, line)
				}
			}
			out, _ := s.exec(exitOK, append(strings.Fields(c.CommandPath())[1:], "--help")...)
			require.Contains(t, out, "Usage:")
		})
	}
}

func TestUsageErrors(t *testing.T) {
	s := newShell(t)
	for _, line := range []string{
		"walet", "wallet balanc", "wallet list extra", "wallet list --nope", "--timeout 0s version", "--timeout soon version",
		"subnet register", "stake add", "explain payout 1", "node init --block-time -1s",
		"node start --log-level loud", "node init --balance alice", "node init --balance 5x=1",
	} {
		args := strings.Fields(line)
		code, message := s.refused(s.usageOr(line), args...)
		require.NotEmpty(t, message)
		if s.usageOr(line) == exitUsage {
			require.Equal(t, "usage", code, line)
		}
	}
	require.Contains(t, s.text(exitUsage, "wallet", "balanc"), "did you mean balance?")
	require.Contains(t, s.text(exitUsage, "subnet", "register"), "see `ergon subnet register --help`")
}

// usageOr is the exit code of a wrong command line; a wallet that is not there is no usage error.
func (s *shell) usageOr(line string) int {
	if strings.HasSuffix(line, "5x=1") {
		return exitFailure
	}
	return exitUsage
}

// deaf accepts connections and never answers.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = c.Close() })
		}
	}()
	return l.Addr().String()
}

func TestExitCodesWithoutAnAnswer(t *testing.T) {
	s := newShell(t)
	s.node = freeAddress(t)
	code, _ := s.refused(exitUnreachable, "node", "status", "--timeout", "300ms")
	require.Equal(t, "unreachable", code)
	require.Contains(t, s.text(exitUnreachable, "subnet", "list", "--timeout", "300ms"), "remedy: start a node")
	s.node = deaf(t)
	code, _ = s.refused(exitTimeout, "node", "status", "--timeout", "300ms")
	require.Equal(t, "timeout", code)

	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(100*time.Millisecond, cancel) // Ctrl-C, whenever it comes
	e, _, errs := s.env(strings.NewReader(""))
	require.Equal(t, exitInterrupted, run(ctx, e, []string{"node", "status"}))
	require.Equal(t, "error: interrupted\n", errs.String())
}

func TestDiagnose(t *testing.T) {
	deadline := context.DeadlineExceeded
	for _, c := range []struct {
		name        string
		err         error
		interrupted bool
		exit        int
		message     string
	}{
		{"refusal", &client.Refusal{Log: "failed to execute message; message index: 0: too poor: NotEnoughBalance"}, false, exitRefused, "too poor: NotEnoughBalance"},
		{"query refused", status.Error(codes.NotFound, "no such"), false, exitRefused, "no such"},
		{"query refused, no code", status.Error(codes.Unknown, "no such"), false, exitRefused, "no such"},
		{"unreachable before timeout", errors.Join(client.ErrUnreachable, deadline), false, exitUnreachable, ""},
		{"timeout", deadline, false, exitTimeout, ""},
		{"interrupted", context.Canceled, true, exitInterrupted, "interrupted"},
		{"canceled by itself", context.Canceled, false, exitFailure, ""},
		{"password", wallet.ErrPassword, false, exitFailure, ""},
	} {
		p := diagnose(c.err, c.interrupted)
		require.Equal(t, c.exit, p.exit, c.name)
		if c.message != "" {
			require.Equal(t, c.message, p.Message, c.name)
		}
	}
}

func TestConfirmAsksOnlyAPerson(t *testing.T) {
	ask := func(in string, asks, yes bool) (string, error) {
		out := &buffer{}
		e := &env{in: strings.NewReader(in), err: out, asks: asks, yes: yes}
		err := e.confirm(context.Background(), "Do %s?", "it")
		return out.String(), err
	}
	out, err := ask("y\n", true, false)
	require.NoError(t, err)
	require.Equal(t, "Do it? [y/N] ", out)
	_, err = ask("YES\n", true, false)
	require.NoError(t, err)
	for _, no := range []string{"\n", "n\n", "yess\n", ""} {
		_, err = ask(no, true, false)
		require.ErrorIs(t, err, errDeclined)
	}
	out, err = ask("y\n", false, false)
	require.ErrorIs(t, err, errUnconfirmed)
	require.Empty(t, out, "never a prompt without a terminal")
	out, err = ask("", true, true)
	require.NoError(t, err)
	require.Empty(t, out, "never a prompt with --yes")
}

func TestQuestionsCanBeInterrupted(t *testing.T) {
	silent, w := io.Pipe()
	defer w.Close()
	e := &env{in: silent, err: io.Discard, asks: true}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, e.confirm(ctx, "?"), context.Canceled)
}

func TestPasswords(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "pw")
	require.NoError(t, os.WriteFile(file, []byte("from file\r\nnot this\n"), 0o600))
	ctx := context.Background()
	e := &env{in: strings.NewReader(""), err: io.Discard, passwordFile: file}
	p, err := e.password(ctx, "alice", true)()
	require.NoError(t, err)
	require.Equal(t, "from file", string(p))

	e = &env{in: strings.NewReader("typed\n"), err: io.Discard}
	_, err = e.password(ctx, "alice", false)()
	require.ErrorIs(t, err, wallet.ErrPassword, "nobody to ask")
	e = &env{in: strings.NewReader("typed\n"), err: io.Discard, asks: true}
	p, err = e.password(ctx, "alice", false)()
	require.NoError(t, err)
	require.Equal(t, "typed", string(p))
	e = &env{in: strings.NewReader("typed\nmistyped\n"), err: io.Discard, asks: true}
	_, err = e.password(ctx, "alice", true)()
	require.ErrorContains(t, err, "differ")
}

func TestProgressShowsAndCleansUp(t *testing.T) {
	out := &buffer{}
	p := &progress{text: "waiting\x1b[2J…", end: make(chan struct{})}
	tick, drawn := make(chan time.Time), make(chan struct{}, 8)
	p.gone.Go(func() {
		p.show(out, func(time.Duration) <-chan time.Time {
			drawn <- struct{}{}
			return tick
		})
	})
	<-drawn
	require.Empty(t, out.String(), "nothing in the first two seconds")
	tick <- time.Time{}
	<-drawn
	p.set("still")
	tick <- time.Time{}
	<-drawn
	p.stop()
	require.Equal(t, "\r\033[Kwaiting?[2J… (0 s)\r\033[Kstill (0 s)\r\033[K", out.String())

	e := &env{err: out}
	require.NoError(t, errors.Join(e.step(contextWithoutEnd(e), "x", func(context.Context) error { return nil })))
}

func contextWithoutEnd(e *env) context.Context {
	e.timeout = time.Minute
	return context.Background()
}

func TestStrangersTextIsHarmless(t *testing.T) {
	require.Equal(t, "a?[31mb?c", printable("a\x1b[31mb\u009bc"))
	tb := newTable("A", ">B")
	tb.row("x\ny\x07", 1)
	var b strings.Builder
	tb.write(&b)
	require.Equal(t, "A     B\nx y?  1\n", b.String())
}

func TestWrap(t *testing.T) {
	require.Equal(t, "aa bb\ncc", wrap("aa bb cc", 5))
	require.Equal(t, "toolongword\nx", wrap("toolongword x", 5))
	require.Empty(t, wrap("", 5))
}

func TestVersionReadsWhatTheBuildRecorded(t *testing.T) {
	v := readVersion(&debug.BuildInfo{GoVersion: "go1", Main: debug.Module{Version: "v1"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "then"}, {Key: "vcs.modified", Value: "true"},
	}}, true)
	require.Equal(t, "v1", v.Version)
	require.Equal(t, "abc", v.Revision)
	require.Equal(t, "then", v.Time)
	require.True(t, v.Modified)
	require.Empty(t, v.Program)
	v = readVersion(&debug.BuildInfo{Main: debug.Module{Path: "example.org/plums", Version: "v5"}, Deps: []*debug.Module{{Path: scaffold.Path, Version: "v1"}}}, true)
	require.Equal(t, "v1", v.Version)
	require.Equal(t, "example.org/plums", v.Program)
	require.Equal(t, "unknown", readVersion(nil, false).Version)
}

// TestTablesFitTheScreen fills every table with the largest values there can be.
func TestTablesFitTheScreen(t *testing.T) {
	const most = 21_000_000 * coin.TAO
	name, address := strings.Repeat("n", 64), strings.Repeat("5", 48)
	pay := &audit.Pay{
		Netuid: 65535, UID: 4095, Epoch: 1 << 20, Hotkey: address, AccruedFrom: 1e8, SettledAt: 1e8 + 360, PaidAt: 1e8 + 361, Owner: address,
		Accrued: most, OwnerCut: most, Miners: most, Validators: most, Unissued: most, Miner: most, Validator: most, Delegate: true, Take: 65535,
		TakeRao: most, ToOwner: most, Nominators: most, OwnBefore: most, OwnAfter: most, PoolBefore: most, PoolAfter: most,
	}
	graph := metagraph{Height: 1e8, NextEpoch: 1e8, Epochs: 1e6, Pending: most, Subnet: subnetEntry{Netuid: 65535, Name: name[:32]}, Neurons: []neuron{{
		UID: 4095, Hotkey: address, Stake: most, Incentive: 65535, Dividends: 65535, Emission: 65535 * coin.TAO, Permit: true, Active: true, LastUpdate: 1e8 - 1e6,
	}}}
	report := &audit.Report{ChainID: name[:40], Height: 1e8, Blocks: 1e8, Accounts: 1e6, Hotkeys: 1e6, Payouts: 1e6, SupplyNow: most, SupplyGenesis: most,
		Staked: most, Locked: most, Equal: true, Subnets: []audit.SubnetReport{{Netuid: 65535, Epochs: 1e6, Accrued: most, Unissued: most / 1000, Pending: most}}}
	for what, print := range map[string]func(io.Writer){
		"payout":    func(w io.Writer) { payHuman(w, pay) },
		"metagraph": func(w io.Writer) { graph.human(w, false) },
		"audit":     func(w io.Writer) { auditHuman(w, report) },
		"balances":  func(w io.Writer) { balanceTable(w, []balance{{Wallet: name, Free: most, Staked: most, Total: most}}) },
		"removed":   func(w io.Writer) { removedLines(w, []removed{{Hotkey: address, Amount: most, Error: "no"}}) },
		"doctor": func(w io.Writer) {
			doctorHuman(w, []doctor.Result{{Name: "port rest", Status: doctor.Warn, Detail: strings.Repeat("word ", 40), Remedy: strings.Repeat("word ", 40)}})
		},
	} {
		var b strings.Builder
		print(&b)
		for _, line := range strings.Split(b.String(), "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), screen, "%s: %s", what, line)
		}
	}
}
