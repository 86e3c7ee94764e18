package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/neuron/wallet"
)

// Public test keys, as in neuron/wallet/testdata/python.
const (
	testWords    = "old leopard transfer rib spatial phone calm indicate online fire caution review"
	testCold     = "5HDvhV6WDCjCKyrXqGQSDYqQAzkzabNhctmiDYEqgBC66BsX"
	testAlice    = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
	testPassword = "a test password 1"
	pythonKeys   = "../../neuron/wallet/testdata/python"
)

// piped runs a command line with a standard input, for a program, and looks that no secret shows.
func (s *shell) piped(want int, stdin string, args ...string) map[string]any {
	s.t.Helper()
	e, out, errs := s.env(strings.NewReader(stdin))
	got := run(context.Background(), e, append(args, "--json"))
	require.Equal(s.t, want, got, "ergon %s\n%s\n%s", strings.Join(args, " "), out, errs)
	if got == exitOK {
		s.record(append(args, "--json"))
	}
	s.keepsSecrets(out.String() + errs.String())
	var v map[string]any
	require.NoError(s.t, json.Unmarshal([]byte(out.String()), &v))
	return v
}

func (s *shell) keepsSecrets(text string) {
	s.t.Helper()
	for _, secret := range []string{"leopard", testPassword, "another password"} {
		require.NotContains(s.t, text, secret, "a secret was shown")
	}
}

// keyFiles tells what can be done with keys without a ledger.
func (s *shell) keyFiles() {
	t := s.t
	got := s.piped(exitOK, testWords+"\n", "wallet", "import", "keys", "--from-fd", "0", "--no-password")
	require.Equal(t, map[string]any{
		"wallet": "keys", "key": "coldkey", "address": testCold, "form": "plain", "watch_only": false,
		"file": filepath.Join(s.vars["ERGON_WALLETS"], "keys", "coldkey"),
	}, got)
	got = s.piped(exitOK, "//Alice", "wallet", "import", "keys", "--use-hotkey", "--hotkey", "h", "--from-fd", "0")
	require.Equal(t, []any{"hotkey", "h", testAlice, "plain"}, []any{got["key"], got["hotkey_name"], got["address"], got["form"]})
	require.Contains(t, s.text(exitOK, "wallet", "import", "far", "--address", testCold), "watch-only")
	require.Contains(t, s.text(exitOK, "wallet", "list"), testAlice)

	mine := []string{"--wallet", "keys"}
	signed := s.json(exitOK, append([]string{"wallet", "sign", "I own this."}, mine...)...)
	require.Equal(t, testCold, signed["address"])
	signature := signed["signature"].(string)
	hot := s.text(exitOK, append([]string{"wallet", "sign", "I own this.", "--use-hotkey", "--hotkey", "h"}, mine...)...)
	require.Contains(t, hot, testAlice)
	require.Equal(t, true, s.json(exitOK, "wallet", "verify", "I own this.", "--address", "far", "--signature", signature)["valid"])
	require.Contains(t, s.text(exitOK, append([]string{"wallet", "verify", "I own this.", "--signature", signature[2:]}, mine...)...), "yes")
	_, both, _ := strings.Cut(hot, "signature\n")
	s.json(exitOK, append([]string{"wallet", "verify", "I own this.", "--use-hotkey", "--hotkey", "h", "--signature", both}, mine...)...)
	require.Equal(t, false, s.json(exitFailure, append([]string{"wallet", "verify", "I own that.", "--signature", signature}, mine...)...)["valid"])

	to := filepath.Join(s.dir, "copy")
	require.Equal(t, "public", s.json(exitOK, "wallet", "export", "keys", "--to", to+"1")["form"])
	s.text(exitOK, "wallet", "export", "keys", "--to", to+"2", "--form", "plain", "--yes")
	s.text(exitOK, "wallet", "export", "keys", "--to", to+"3", "--form", "mnemonic", "--yes")
	words, err := os.ReadFile(to + "3")
	require.NoError(t, err)
	require.Equal(t, testWords, string(words))
	require.Equal(t, "plain", s.json(exitOK, "wallet", "import", "again", "--file", to+"2", "--no-password")["form"])
	require.Equal(t, true, s.json(exitOK, "wallet", "import", "watched", "--file", to+"1")["watch_only"])

	require.Equal(t, "plain", s.json(exitOK, "wallet", "change-password", "keys", "--form", "plain", "--yes")["form"])
	require.Contains(t, s.text(exitOK, "wallet", "change-password", "keys", "--use-hotkey", "--hotkey", "h", "--no-password", "--yes"), "plain")
}

func TestKeyFilesAtTheCommandLine(t *testing.T) {
	s := newShell(t)
	s.keyFiles()
	// Every file is its owner's alone.
	require.NoError(t, filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, err := d.Info()
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), path)
		}
		return err
	}))
}

// A password comes from a descriptor, a variable or a file, the secret before it from the same
// descriptor; whichever it is, the key opens with it and with no other.
func TestPasswordsAtTheCommandLine(t *testing.T) {
	s := newShell(t)
	s.vars["OLD"], s.vars["NEW"], s.vars["EMPTY"] = testPassword, "another password", ""
	file := filepath.Join(s.dir, "pw")
	require.NoError(t, os.WriteFile(file, []byte("another password\r\nnot this\n"), 0o600))
	require.Equal(t, "salted", s.piped(exitOK, testWords+"\n"+testPassword+"\n", "wallet", "import", "w", "--from-fd", "0", "--password-fd", "0")["form"])

	sign := []string{"wallet", "sign", "x", "--wallet", "w"}
	s.piped(exitOK, "", append(sign, "--password-env", "OLD")...)
	require.Equal(t, "salted", s.piped(exitOK, "", "wallet", "change-password", "w", "--password-env", "OLD", "--new-password-file", file)["form"])
	s.piped(exitFailure, "", append(sign, "--password-env", "OLD")...)
	s.piped(exitOK, "", append(sign, "--password-env", "NEW")...)

	to := filepath.Join(s.dir, "copy")
	require.Equal(t, "salted", s.piped(exitOK, "", "wallet", "export", "w", "--to", to, "--form", "salted", "--password-env", "NEW")["form"])
	m, err := wallet.ReadFile(to, func() ([]byte, error) { return []byte("another password"), nil })
	require.NoError(t, err, "a copy has the key's password")
	require.Equal(t, testCold, m.Address())

	for name, c := range map[string]struct {
		exit int
		args []string
	}{
		"none":              {exitFailure, nil},
		"two sources":       {exitUsage, []string{"--password-env", "OLD", "--password-file", file}},
		"empty variable":    {exitUsage, []string{"--password-env", "EMPTY"}},
		"no number":         {exitUsage, []string{"--password-fd", "x"}},
		"closed descriptor": {exitFailure, []string{"--password-fd", "900"}},
		"no file":           {exitFailure, []string{"--password-file", filepath.Join(s.dir, "none")}},
		"empty input":       {exitFailure, []string{"--password-fd", "0"}},
		"on the line":       {exitUsage, []string{"--password", testPassword}},
	} {
		e, out, errs := s.env(strings.NewReader(""))
		require.Equal(t, c.exit, run(context.Background(), e, append(append(sign, c.args...), "--json")), "%s\n%s", name, out)
		require.Contains(t, out.String(), `"error"`, name)
		s.keepsSecrets(out.String() + errs.String())
	}
}

// An inherited descriptor is read as a shell gives it: `3< <(secret-tool …)`.
func TestSecretFromADescriptor(t *testing.T) {
	s := newShell(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	_, err = io.WriteString(w, testWords+"\n")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	inherited, err := syscall.Dup(int(r.Fd())) // the command's own, as after a fork
	require.NoError(t, err)
	require.NoError(t, r.Close())
	got := s.piped(exitOK, "", "wallet", "import", "w", "--use-hotkey", "--from-fd", strconv.Itoa(inherited))
	require.Equal(t, testCold, got["address"])
}

// Wallets of Bittensor's tools, as they lie: they open, sign and take another password.
func TestWalletOfPythonsToolsAtTheCommandLine(t *testing.T) {
	s := newShell(t)
	s.vars["PW"] = testPassword
	s.vars["ERGON_WALLETS"] = filepath.Join(s.dir, "python")
	require.NoError(t, os.CopyFS(s.vars["ERGON_WALLETS"], os.DirFS(filepath.Join(pythonKeys, "4.1.1"))))
	require.NoError(t, os.CopyFS(filepath.Join(s.dir, "python", "old"), os.DirFS(filepath.Join(pythonKeys, "1.0.0", "vault"))))
	require.Contains(t, s.text(exitOK, "wallet", "list"), testCold)
	hot := s.json(exitOK, "wallet", "sign", "x", "--wallet", "words", "--use-hotkey")
	require.Equal(t, "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV", hot["address"])
	require.Equal(t, testCold, s.piped(exitOK, "", "wallet", "sign", "x", "--wallet", "old", "--password-env", "PW")["address"])
	require.Equal(t, "salted", s.piped(exitOK, "", "wallet", "change-password", "old", "--password-env", "PW", "--new-password-env", "PW")["form"])
	account := []string{"--file", filepath.Join(pythonKeys, "polkadot.json"), "--password-env", "PW"}
	require.Equal(t, "salted", s.piped(exitOK, "", append([]string{"wallet", "import", "account"}, account...)...)["form"])
	require.Equal(t, testCold, s.piped(exitOK, "", "wallet", "sign", "x", "--wallet", "account", "--password-env", "PW")["address"])
}

func TestKeyCommandsRefuse(t *testing.T) {
	s := newShell(t)
	s.keyFiles()
	amino := `{"chain_id":"ergon-1","msgs":[]}`
	for _, c := range []struct {
		exit int
		args []string
		says string
	}{
		{exitUsage, []string{"import", "w"}, "--from-fd 0"},
		{exitUsage, []string{"import", "w", "--address", testCold, "--from-fd", "0"}, "give one of"},
		{exitUsage, []string{"import", "w", "--address", "5Grw"}, "35"},
		{exitUsage, []string{"import", "w", "--from-fd", "0", "--form", "fernet"}, "salted"},
		{exitUsage, []string{"import", "w", "--from-fd", "0", "--form", "salted", "--no-password"}, "contradict"},
		{exitFailure, []string{"import", "w", "--from-fd", "0"}, "no secret"},
		{exitFailure, []string{"import", "keys", "--address", testAlice}, "already exists"},
		{exitFailure, []string{"import", "w", "--file", filepath.Join(s.dir, "none")}, "not found"},
		{exitUsage, []string{"sign"}, "--file"},
		{exitUsage, []string{"sign", "x", "--file", "y"}, "either"},
		{exitUsage, []string{"sign", amino, "--wallet", "keys"}, "transaction"},
		{exitFailure, []string{"sign", "x", "--wallet", "far"}, "no secret"},
		{exitFailure, []string{"sign", "x", "--wallet", "nobody"}, "not found"},
		{exitUsage, []string{"sign", "x", "--wallet", "keys", "--use-hotkey", "--hotkey", ""}, "--hotkey is empty"},
		{exitUsage, []string{"verify", "x", "--wallet", "keys"}, "--signature"},
		{exitUsage, []string{"verify", "x", "--wallet", "keys", "--signature", "0x00"}, "128"},
		{exitUsage, []string{"export", "keys"}, "--to"},
		{exitUsage, []string{"export", "keys", "--to", filepath.Join(s.dir, "x"), "--form", "nacl"}, "public"},
		{exitUsage, []string{"export", "keys", "--to", filepath.Join(s.dir, "x"), "--form", "plain"}, "--yes"},
		{exitFailure, []string{"export", "keys", "--to", filepath.Join(s.dir, "copy1")}, "already exists"},
		{exitFailure, []string{"change-password", "keys"}, "--new-password-fd"},
		{exitFailure, []string{"change-password", "far", "--no-password", "--yes"}, "no secret"},
		{exitUsage, []string{"change-password", "keys", "--no-password"}, "--yes"},
	} {
		_, message := s.refused(c.exit, append([]string{"wallet"}, c.args...)...)
		require.Contains(t, message, c.says, "%v", c.args)
	}
	require.NoFileExists(t, filepath.Join(s.dir, "x"))
	require.NoDirExists(t, filepath.Join(s.vars["ERGON_WALLETS"], "w"))
}

// A wallet folder without a coldkey, as a miner's machine has, gets one; a watched one keeps its.
func TestNewWhereSomethingIs(t *testing.T) {
	s := newShell(t)
	s.piped(exitOK, "//Alice", "wallet", "import", "w", "--use-hotkey", "--hotkey", "first", "--from-fd", "0")
	require.Contains(t, s.json(exitOK, "wallet", "new", "w", "--no-password"), "coldkey_mnemonic")
	s.json(exitOK, "wallet", "import", "far", "--address", testCold)
	got := s.json(exitOK, "wallet", "new", "far")
	require.Equal(t, testCold, got["coldkey"])
	require.NotContains(t, got, "coldkey_mnemonic")
}

// At a terminal secrets are asked for, a new password twice.
func TestPasswordsAreAskedFor(t *testing.T) {
	ctx := context.Background()
	ask := func(in string, asks bool, s *source, isNew bool) (string, string, error) {
		shown := &buffer{}
		e := &env{in: strings.NewReader(in), err: shown, asks: asks, getenv: func(string) string { return "" }}
		p, err := e.password(ctx, s, "/w/coldkey", isNew)()
		return string(p), shown.String(), err
	}
	none := &source{flag: "password"}
	_, shown, err := ask("typed\n", false, none, false)
	require.ErrorIs(t, err, wallet.ErrPassword, "nobody to ask")
	require.Empty(t, shown)
	p, shown, err := ask("typed\r\n", true, none, false)
	require.NoError(t, err)
	require.Equal(t, "typed", p)
	require.NotContains(t, shown, "typed")
	p, _, err = ask("typed\ntyped\n", true, none, true)
	require.NoError(t, err)
	require.Equal(t, "typed", p)
	_, _, err = ask("typed\nmistyped\n", true, none, true)
	require.ErrorContains(t, err, "differ")
	_, _, err = ask(strings.Repeat("x", maxLine+2), true, none, false)
	require.ErrorContains(t, err, "a line of more than")
	_, _, err = ask("", true, &source{flag: "password", file: "a", fd: "0"}, false)
	require.ErrorIs(t, err, purse.ErrUsage)

	e := &env{in: strings.NewReader("//Alice\n"), err: &buffer{}, asks: true}
	m, err := e.typedMaterial(ctx, "")
	require.NoError(t, err)
	require.Equal(t, testAlice, m.Address())
}

// What a command unlocked is wiped when it ends.
func TestUnlockedKeysAreWipedAtTheEnd(t *testing.T) {
	s := newShell(t)
	s.keyFiles()
	e, _, _ := s.env(strings.NewReader(""))
	e.walletDir = s.vars["ERGON_WALLETS"]
	pair, err := e.pair(context.Background(), "keys", "")
	require.NoError(t, err)
	_, err = pair.Sign([]byte("x"))
	require.NoError(t, err)
	require.Equal(t, exitOK, run(context.Background(), e, []string{"version"}))
	_, err = pair.Sign([]byte("x"))
	require.Error(t, err)
}
