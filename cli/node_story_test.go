package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// operates tells what an operator does with the stopped node of a story: snapshot, restore, export, join.
// The engine keeps the locks of its databases until the process ends, so each works on a copy.
func (s *shell) operates() {
	t := s.t
	copied := func(name string) string {
		to := filepath.Join(s.dir, name)
		require.NoError(t, os.CopyFS(to, os.DirFS(filepath.Join(s.dir, "node"))))
		return to
	}
	file := filepath.Join(s.dir, "ledger.snapshot")
	made := s.json(exitOK, "node", "snapshot", "make", "--dir", copied("a"), "--out", file)
	require.Equal(t, "ergon-local", made["chain_id"])
	b := copied("b")
	require.Contains(t, s.text(exitOK, "node", "snapshot", "make", "--dir", b, "--out", file+".2"), "block hash")
	s.refused(exitUsage, "node", "snapshot", "make", "--dir", b)
	s.refused(exitFailure, "node", "snapshot", "make", "--dir", filepath.Join(s.dir, "none"), "--out", file+".3")
	require.Contains(t, s.text(exitOK, "node", "snapshot", "list", "--dir", b), "parts")
	s.text(exitOK, "node", "snapshot", "list", "--dir", filepath.Join(s.dir, "other"))
	s.exec(exitOK, "node", "snapshot", "list", "--dir", b, "--json")

	_, message := s.refused(exitFailure, "node", "restore", file, "--dir", filepath.Join(s.dir, "c"), "--trust-hash", "00")
	require.Contains(t, message, "of another history; nothing was written")
	require.Equal(t, made["block_hash"], s.json(exitOK, "node", "restore", file, "--dir", filepath.Join(s.dir, "c"), "--trust-hash", made["block_hash"].(string))["block_hash"])
	require.Contains(t, s.text(exitOK, "node", "restore", file, "--dir", filepath.Join(s.dir, "d")), "Start it with")
	s.refused(exitFailure, "node", "restore", file, "--dir", filepath.Join(s.dir, "d"))
	s.refused(exitUsage, "node", "restore", file, "--dir", filepath.Join(s.dir, "e"), "--pruning", "all")

	genesis := filepath.Join(s.dir, "genesis.json")
	out := s.json(exitOK, "node", "export", "--dir", copied("f"), "--out", genesis)
	require.Equal(t, made["height"], out["height"])
	require.Regexp(t, `goes on at +4`, s.text(exitOK, "node", "export", "--dir", copied("g"), "--height", "3", "--out", genesis+".3"))
	s.refused(exitFailure, "node", "export", "--dir", copied("h"), "--out", genesis)
	s.refused(exitFailure, "node", "export", "--dir", copied("i"), "--height", "100000", "--out", genesis+".4")
	s.refused(exitUsage, "node", "export", "--dir", s.dir)

	digest, peer := out["digest"].(string), "0123456789012345678901234567890123456789@127.0.0.1:1"
	join := []string{"node", "join", "--genesis", genesis, "--peer", peer}
	joined := s.json(exitOK, append(join, "--digest", digest, "--dir", filepath.Join(s.dir, "j"))...)
	require.Equal(t, digest, joined["digest"])
	require.Len(t, joined["producer_key"], 44)
	require.Contains(t, s.text(exitOK, append(join, "--yes", "--dir", filepath.Join(s.dir, "k"))...), digest)
	s.refused(exitUsage, append(join, "--dir", filepath.Join(s.dir, "l"))...) // nobody to ask whether the digest is right
	_, message = s.refused(exitFailure, append(join, "--digest", "00"+digest[2:], "--dir", filepath.Join(s.dir, "l"))...)
	require.Contains(t, message, "ask the ledger's operators")
	s.refused(exitFailure, append(join, "--digest", digest, "--sync", "127.0.0.1:1", "--dir", filepath.Join(s.dir, "l"))...)
	s.refused(exitUsage, "node", "join", "--dir", filepath.Join(s.dir, "l"))
	code, _ := s.refused(exitUnreachable, "node", "join", "--genesis", freeAddress(t), "--yes", "--dir", filepath.Join(s.dir, "l"))
	require.Equal(t, "unreachable", code)
}

// upgrades plans a release and drops it.
func (s *shell) upgrades() {
	t, yes := s.t, "--yes"
	_, message := s.refused(exitRefused, "node", "upgrade", "schedule", "iron", "100000", "--wallet", "bob", yes)
	require.Contains(t, message, "is not root")
	s.refused(exitUsage, "node", "upgrade", "schedule", "iron", "soon", "--wallet", "alice", yes)
	s.refused(exitRefused, "node", "upgrade", "schedule", "iron", "1", "--wallet", "alice", yes)
	require.Contains(t, s.text(exitOK, "node", "upgrade", "show"), "No upgrade is planned.")
	require.EqualValues(t, 100000, s.json(exitOK, "node", "upgrade", "schedule", "iron", "100000", "--wallet", "alice", yes)["height"])
	require.Equal(t, "iron", s.json(exitOK, "node", "upgrade", "show")["plan"].(map[string]any)["name"])
	s.refused(exitRefused, "node", "upgrade", "cancel", "steel", "--wallet", "alice", yes)
	s.json(exitOK, "node", "upgrade", "cancel", "iron", "--wallet", "alice", yes)
	s.text(exitOK, "node", "upgrade", "schedule", "iron", "100000", "--info", "https://example.org/iron", "--wallet", "alice", yes)
	require.Contains(t, s.text(exitOK, "node", "upgrade", "show"), "https://example.org/iron")
	s.text(exitOK, "node", "upgrade", "cancel", "iron", "--wallet", "alice", yes)
}

func TestStatusSaysWhatProducersSurvive(t *testing.T) {
	s := newShell(t)
	_, stop := s.ledger()
	defer stop()
	s.wait(2)
	text := s.text(exitOK, "node", "status", "--dir", filepath.Join(s.dir, "node"))
	require.Contains(t, text, "produces blocks")
	require.Contains(t, text, "one producer tolerates no crash")
	require.Contains(t, text, " MB")
	out := s.json(exitOK, "node", "status")
	require.Equal(t, true, out["producer"])
	require.EqualValues(t, 0, out["tolerated_crashes"])
	require.NotContains(t, out, "disk_bytes")
	s.refused(exitFailure, "node", "status", "--dir", filepath.Join(s.dir, "none"))
}
