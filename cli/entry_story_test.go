package cli

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// entries tells of the other way in, proof of work, and of what neurons and owners publish.
func (s *shell) entries(addresses map[string]string) {
	t, yes := s.t, "--yes"
	_, message := s.refused(exitFailure, "subnet", "register-pow", "1", "--wallet", "alice", "--hotkey", "second")
	require.Contains(t, message, "takes no proof of work")
	for _, p := range [][2]string{{"min_difficulty", "1"}, {"difficulty", "100"}, {"pow_registration_allowed", "true"}} {
		s.json(exitOK, "subnet", "set-param", "1", p[0], p[1], "--wallet", "alice", yes)
	}
	// Neither hotkey has an account: the work is its first transaction.
	got := s.json(exitOK, "subnet", "register-pow", "1", "--wallet", "alice", "--hotkey", "second", "--processors", "1")
	require.EqualValues(t, 2, got["uid"])
	require.Equal(t, addresses["alice"], got["coldkey"])
	s.json(exitOK, "wallet", "new", "alice", "--hotkey", "worker")
	require.Contains(t, s.text(exitOK, "subnet", "register-pow", "1", "--wallet", "alice", "--hotkey", "worker"), "uid     3")
	_, message = s.refused(exitRefused, "subnet", "register-pow", "1", "--wallet", "alice", "--hotkey", "worker")
	require.Contains(t, message, "nothing to work for")
	s.refused(exitUsage, "subnet", "register-pow", "1", "--wallet", "bob", "--processors", "-1")
	s.refused(exitRefused, "subnet", "register-pow", "99", "--wallet", "bob")

	worker := []string{"--wallet", "alice", "--hotkey", "worker"}
	require.Equal(t, "127.0.0.1:8091", s.json(exitOK, append([]string{"serve", "axon", "1", "127.0.0.1:8091", "--certificate", "01c0ffee"}, worker...)...)["address"])
	s.text(exitOK, append([]string{"serve", "axon", "1", "[2001:db8::1]:8091"}, worker...)...)
	s.text(exitOK, append([]string{"serve", "prometheus", "1", "127.0.0.1:7091"}, worker...)...)
	s.json(exitOK, append([]string{"serve", "prometheus", "1", "127.0.0.1:7092"}, worker...)...)
	s.refused(exitUsage, append([]string{"serve", "axon", "1", "example.org:8091"}, worker...)...)
	s.refused(exitUsage, append([]string{"serve", "axon", "1", "127.0.0.1:8091", "--certificate", "xyz"}, worker...)...)
	s.refused(exitRefused, append([]string{"serve", "axon", "1", "0.0.0.0:8091"}, worker...)...)

	require.EqualValues(t, 9, s.json(exitOK, append([]string{"subnet", "commit", "1", "my/model\n"}, worker...)...)["bytes"])
	s.text(exitOK, "subnet", "commit", "1", "0x"+"ab12", "--wallet", "alice", "--hotkey", "second")
	s.refused(exitUsage, append([]string{"subnet", "commit", "1", "0xab12", "--format", "sha256"}, worker...)...)
	s.refused(exitUsage, append([]string{"subnet", "commit", "1", "0xzz"}, worker...)...)
	require.Contains(t, s.text(exitOK, "subnet", "commitments", "1"), "my/model")
	all := s.json(exitOK, "subnet", "commitments", "1")["commitments"].([]any)
	require.Len(t, all, 2)
	require.Equal(t, "ab12", all[0].(map[string]any)["hex"])
	require.Len(t, s.json(exitOK, append([]string{"subnet", "commitments", "1", "worker"}, worker...)...)["commitments"], 1)
	s.refused(exitRefused, "subnet", "commitments", "1", addresses["bob-hot"])
	s.identities(addresses)
}

func (s *shell) identities(addresses map[string]string) {
	t, yes := s.t, "--yes"
	s.refused(exitRefused, "wallet", "identity", "show", "alice")
	s.refused(exitUsage, "wallet", "identity", "set", "--wallet", "alice", yes)
	s.refused(exitUsage, "wallet", "identity", "set", "--pgp", "xyz", "--wallet", "alice", yes)
	set := []string{"wallet", "identity", "set", "--display", "Alice", "--extra", "github=alice", "--wallet", "alice", yes}
	require.Equal(t, "200000000", s.json(exitOK, set...)["deposit_rao"])
	require.Contains(t, s.text(exitOK, append(set, "--netuid", "1")...), "0.2")
	require.Contains(t, s.text(exitOK, "wallet", "identity", "show", "alice"), "github")
	require.Equal(t, "subnet 1", s.json(exitOK, "wallet", "identity", "show", "--netuid", "1")["of"])
	s.refused(exitRefused, "wallet", "identity", "clear", "--netuid", "1", "--wallet", "bob", yes)
	require.Contains(t, s.text(exitOK, "wallet", "identity", "clear", "--netuid", "1", "--wallet", "alice", yes), "returned")
	require.Equal(t, "200000000", s.json(exitOK, "wallet", "identity", "clear", "--wallet", "alice", yes)["deposit_rao"])
	require.Equal(t, "100000000", s.json(exitOK, "wallet", "identity", "set", "--display", addresses["alice"], "--wallet", "alice", yes)["deposit_rao"], "the audit meets one that stands")
}

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1234567: "1.23M", 5e9: "5G", 7e15: "7e+03T"} {
		require.Equal(t, want, quantity(n))
	}
	for d, want := range map[time.Duration]string{
		0: "an unknown time", 90 * time.Second: "90 s", time.Hour: "60 min", 30 * time.Hour: "30 h", 72 * time.Hour: "3 days",
		2 * 365 * 24 * time.Hour: "2 years", 200 * 365 * 24 * time.Hour: "more than ten years",
	} {
		require.Equal(t, want, span(d))
	}
}
