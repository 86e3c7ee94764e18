package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/require"
)

// neurons starts miners and validators that cannot run: each ends at once, with an exit code of its
// own and what helps.
func (s *shell) neurons() {
	s.t.Helper()
	node, damaged := s.node, filepath.Join(s.dir, "damaged")
	require.NoError(s.t, os.MkdirAll(damaged, 0o700))
	require.NoError(s.t, os.WriteFile(filepath.Join(damaged, "validator.json"), []byte("{"), 0o600))
	taken, free := s.node, freeAddress(s.t)
	for _, c := range []struct {
		name   string
		exit   int
		code   string
		says   string
		remedy string
		args   string
	}{
		{"no uid", exitUnregistered, "unregistered", "is not registered", "subnet register", "miner run --netuid 1 --hotkey second --strategy honest --listen " + free},
		{"no uid, validator", exitUnregistered, "unregistered", "is not registered", "subnet register", "validator run --netuid 1 --hotkey second"},
		{"no such netuid", exitUnregistered, "unregistered", "there is no such subnet", "subnet list", "miner run --netuid 77 --strategy honest --listen " + free},
		{"no such name", exitUnregistered, "unregistered", "none is named", "subnet list", "validator run"},
		{"no such hotkey", exitKey, "key", "no hotkey to sign with", "wallet new", "miner run --netuid 1 --hotkey nobody --strategy honest"},
		{"no such wallet", exitKey, "key", "not found", "wallet new", "validator run --netuid 1 --wallet nobody"},
		{"port taken", exitAddress, "address", "address already in use", "another address", "miner run --netuid 1 --strategy honest --listen " + taken},
		{"read API taken", exitAddress, "address", "address already in use", "another address", "validator run --netuid 1 --status " + taken},
		{"not our address", exitAddress, "address", "192.0.2.1", "another address", "miner run --netuid 1 --strategy honest --listen 192.0.2.1:8091"},
		{"damaged state", exitState, "state", "is damaged", "--dir", "validator run --netuid 1 --dir " + damaged},
		{"no such strategy", exitUsage, "usage", "has no strategy", "--help", "miner run --netuid 1 --strategy none"},
		{"no such market", exitUsage, "usage", "no market named", "--help", "validator run --subnet none"},
		{"no ledger", exitUnreachable, "unreachable", free, "node start", "miner run --netuid 1 --strategy honest --timeout 300ms"},
	} {
		if s.node = node; c.exit == exitUnreachable {
			s.node = free
		}
		args := append(strings.Fields(c.args), "--wallet-dir", s.vars["ERGON_WALLETS"], "--log-level", "error", "--json")
		if !strings.Contains(c.args, "--wallet ") {
			args = append(args, "--wallet", "alice")
		}
		if !strings.Contains(c.args, "--dir ") {
			args = append(args, "--dir", filepath.Join(s.dir, "neuron"))
		}
		out, _ := s.exec(c.exit, args...)
		var v struct{ Error problem }
		require.NoError(s.t, json.Unmarshal([]byte(out), &v), out)
		require.Equal(s.t, c.code, v.Error.Code, c.name)
		require.Contains(s.t, v.Error.Message, c.says, c.name)
		require.Contains(s.t, v.Error.Remedy, c.remedy, c.name)
	}
	s.node = node
}

// designs writes new markets; that they work is e2e's to show.
func (s *shell) designs() {
	t, at := s.t, filepath.Join(s.dir, "plums")
	out := s.json(exitOK, "scaffold", "plums", "--dir", at, "--module", "example.org/plums", "--replace", "..")
	require.Equal(t, "example.org/plums", out["module"])
	for _, name := range out["files"].([]any) {
		require.FileExists(t, filepath.Join(at, name.(string)))
	}
	require.Contains(t, out["files"], "reward.go")
	require.NotContains(t, out["next"], "go mod tidy")
	_, message := s.refused(exitFailure, "scaffold", "plums", "--dir", at, "--replace", "..")
	require.Contains(t, message, "is not empty")
	require.Contains(t, s.text(exitOK, "scaffold", "pears", "--dir", filepath.Join(s.dir, "pears"), "--replace", ".."), "go run . localnet")
	for _, args := range [][]string{{"template"}, {"Plums", "--replace", ".."}, {"func", "--replace", ".."}, {"../plums", "--replace", ".."}, {"plums", "--module", "a b", "--replace", ".."}, {"plums", "--replace", s.dir}, {"plums"}} {
		s.refused(exitUsage, append(append([]string{"scaffold"}, args...), "--dir", filepath.Join(s.dir, "none"))...)
	}
	require.NoDirExists(t, filepath.Join(s.dir, "none"))
}
