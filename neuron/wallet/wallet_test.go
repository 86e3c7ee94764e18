package wallet

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/keys"
)

type vectors struct {
	HDKD []struct {
		URI, SS58 string
	} `json:"hdkd"`
	MnemonicSeed []struct {
		Seed     string `json:"mini_secret_seed"`
		Mnemonic string
		SS58     string
		Private  string `json:"private_key_64_from_btwallet_test"`
	} `json:"mnemonic_seed"`
	Nacl struct {
		Password  string `json:"password"`
		Key       string `json:"derived_key_hex"`
		Plaintext string `json:"plaintext"`
		File      string `json:"file_bytes_hex"`
	} `json:"keyfile_nacl"`
	Env []struct {
		Var      string `json:"env_var"`
		Password string `json:"password"`
		Value    string `json:"value_base64"`
	} `json:"env_password"`
}

func load(t testing.TB) (v vectors) {
	t.Helper()
	raw, err := os.ReadFile("testdata/wire.json")
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestURIVectors(t *testing.T) {
	v := load(t)
	if len(v.HDKD) == 0 {
		t.Fatal("no vectors")
	}
	for _, c := range v.HDKD {
		pair, err := FromURI(NewSecret(c.URI))
		if err != nil {
			t.Errorf("%s: %v", c.URI, err)
			continue
		}
		if pair.Address() != c.SS58 {
			t.Errorf("%s: %s, want %s", c.URI, pair.Address(), c.SS58)
		}
		sig, err := pair.Sign([]byte("x"))
		if err == nil {
			err = keys.Verify(pair.Public(), []byte("x"), sig)
		}
		if err != nil {
			t.Errorf("%s: derived key does not sign: %v", c.URI, err)
		}
	}
	for _, bad := range []string{"//", "/", "not a phrase", strings.Repeat("//a", 40), strings.Repeat("x", 1000)} {
		if _, err := FromURI(NewSecret(bad)); err == nil {
			t.Errorf("FromURI(%.20q): no error", bad)
		}
	}
}

func TestMnemonicVectors(t *testing.T) {
	for _, c := range load(t).MnemonicSeed {
		seed, err := SeedFromMnemonic(NewSecret(c.Mnemonic), Secret{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(seed, unhex(t, c.Seed)) {
			t.Errorf("seed %x, want %s", seed, c.Seed)
		}
		file, pair, err := newKeyfile(NewSecret(c.Mnemonic))
		if err != nil {
			t.Fatal(err)
		}
		if pair.Address() != c.SS58 || c.Private != "" && file.PrivateKey != c.Private {
			t.Errorf("key file of %s differs from the vector", c.SS58)
		}
	}
}

func TestMnemonicsAreDistinctAndValid(t *testing.T) {
	seen := map[string]bool{}
	for range 50 {
		m, err := NewMnemonic()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(strings.Fields(m.Reveal())); n != 12 || seen[m.Reveal()] {
			t.Fatalf("mnemonic of %d words, or drawn twice", n)
		}
		seen[m.Reveal()] = true
		if _, err := SeedFromMnemonic(m, Secret{}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNaclVector(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 512 MiB and seconds")
	}
	v := load(t).Nacl
	key := deriveKey([]byte(v.Password))
	if !bytes.Equal(key[:], unhex(t, v.Key)) {
		t.Fatalf("derived key %x, want %s", *key, v.Key)
	}
	plain, err := unseal(key, unhex(t, v.File))
	if err != nil || string(plain) != v.Plaintext {
		t.Fatalf("unsealed %q, %v", plain, err)
	}
	key[0] ^= 1
	if _, err := unseal(key, unhex(t, v.File)); !errors.Is(err, ErrPassword) {
		t.Errorf("wrong key: %v, want ErrPassword", err)
	}
}

func TestSealUnseal(t *testing.T) {
	key := &[keySize]byte{1, 2, 3}
	raw, err := seal(key, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := unseal(key, raw); err != nil || string(plain) != "{}" {
		t.Fatalf("%q, %v", plain, err)
	}
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		if _, err := unseal(key, altered); err == nil {
			t.Errorf("byte %d altered: no error", i)
		}
		if _, err := unseal(key, raw[:i]); err == nil {
			t.Errorf("cut to %d bytes: no error", i)
		}
	}
}

func TestEnvPasswordVectors(t *testing.T) {
	for _, c := range load(t).Env {
		t.Setenv(c.Var, c.Value)
		if got := EnvPassword("/tmp/w/coldkey"); string(got) != c.Password {
			t.Errorf("%s=%s: %q, want %q", c.Var, c.Value, got, c.Password)
		}
	}
	if EnvPassword("/tmp/other") != nil {
		t.Error("an unset variable gives a password")
	}
}

func TestCreateOpenList(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wallets")
	w, mnemonic, err := Create(dir, "alice", NoPassword())
	if err != nil {
		t.Fatal(err)
	}
	hot, hotMnemonic, err := w.CreateHotkey("default")
	if err != nil {
		t.Fatal(err)
	}
	cold, err := w.Coldkey()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir, "alice")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := again.Hotkey("default")
	if err != nil || loaded.Address() != hot.Address() {
		t.Fatalf("hotkey %v, %v; want %s", loaded, err, hot.Address())
	}
	if a, err := again.ColdkeyAddress(); err != nil || a != cold.Address() {
		t.Errorf("coldkey address %s, %v", a, err)
	}
	if a, err := again.HotkeyAddress("default"); err != nil || a != hot.Address() {
		t.Errorf("hotkey address %s, %v", a, err)
	}
	if names, err := again.Hotkeys(); err != nil || !slices.Equal(names, []string{"default"}) {
		t.Errorf("hotkeys %v, %v", names, err)
	}
	restored, _, err := Create(filepath.Join(t.TempDir(), "w"), "copy", NoPassword(), FromMnemonic(mnemonic))
	if err != nil {
		t.Fatal(err)
	}
	if pair, err := restored.Coldkey(); err != nil || pair.Address() != cold.Address() {
		t.Errorf("restored coldkey %v, %v", pair, err)
	}
	if pair, err := restored.RestoreHotkey("h", hotMnemonic); err != nil || pair.Address() != hot.Address() {
		t.Errorf("restored hotkey %v, %v", pair, err)
	}
	list, err := List(dir)
	if err != nil || len(list) != 1 || list[0].Name() != "alice" {
		t.Errorf("list %v, %v", list, err)
	}
	if list, err := List(filepath.Join(dir, "none")); err != nil || len(list) != 0 {
		t.Errorf("list of a missing dir %v, %v", list, err)
	}
	checkModes(t, dir)
}

func checkModes(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
		if strings.HasPrefix(d.Name(), ".new") {
			t.Errorf("temporary file %s left behind", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	dir := t.TempDir()
	w, _, err := Create(dir, "a", NoPassword())
	if err != nil {
		t.Fatal(err)
	}
	before, _ := w.ColdkeyAddress()
	if _, _, err := Create(dir, "a", NoPassword()); !errors.Is(err, ErrExists) {
		t.Errorf("second Create: %v, want ErrExists", err)
	}
	if _, _, err := Create(dir, "a", WithPassword(func() ([]byte, error) { return []byte("x"), nil })); !errors.Is(err, ErrExists) {
		t.Errorf("Create with password over it: %v, want ErrExists", err)
	}
	if after, _ := w.ColdkeyAddress(); after != before {
		t.Error("the coldkey changed")
	}
	if _, _, err := w.CreateHotkey("h"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.CreateHotkey("h"); !errors.Is(err, ErrExists) {
		t.Errorf("second CreateHotkey: %v, want ErrExists", err)
	}
}

func TestNamesCannotLeaveTheFolder(t *testing.T) {
	dir := t.TempDir()
	w, _, err := Create(dir, "ok", NoPassword())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", `a\b`, "/etc", "a\x00b", ".hidden", "-flag", "ü", strings.Repeat("n", 65)} {
		if _, _, err := Create(dir, name, NoPassword()); err == nil {
			t.Errorf("Create(%q): no error", name)
		}
		if _, err := Open(dir, name); err == nil {
			t.Errorf("Open(%q): no error", name)
		}
		if _, err := w.Hotkey(name); err == nil {
			t.Errorf("Hotkey(%q): no error", name)
		}
		if _, _, err := w.CreateHotkey(name); err == nil {
			t.Errorf("CreateHotkey(%q): no error", name)
		}
	}
	if _, _, err := w.CreateHotkey("xpub.txt"); err == nil {
		t.Error("a hotkey may be named like a public file")
	}
}

func TestMissingAndLocked(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Open: %v, want ErrNotFound", err)
	}
	if _, _, err := Create(dir, "a"); !errors.Is(err, ErrPassword) {
		t.Errorf("Create without password: %v, want ErrPassword", err)
	}
	w, _, err := Create(dir, "b", NoPassword())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Hotkey("none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("Hotkey: %v, want ErrNotFound", err)
	}
	for file, want := range map[string]error{"sealed": ErrPassword, "watch": ErrWatchOnly} {
		raw := []byte(`{"ss58Address":"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"}`)
		if file == "sealed" {
			raw = append([]byte(naclPrefix), make([]byte, 100)...)
		}
		if err := os.WriteFile(filepath.Join(w.Path(), hotkeysDir, file), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Hotkey(file); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", file, err, want)
		}
	}
}

func TestKeyfileLoads(t *testing.T) {
	v := load(t).MnemonicSeed[1]
	const alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
	for name, c := range map[string]struct {
		json string
		ok   bool
	}{
		"phrase":             {`{"secretPhrase":"` + v.Mnemonic + `"}`, true},
		"phrase before seed": {`{"secretPhrase":"` + v.Mnemonic + `","secretSeed":"junk"}`, true},
		"seed":               {`{"secretSeed":"` + v.Seed + `","privateKey":null}`, true},
		"private":            {`{"privateKey":"` + v.Private + `"}`, true},
		"address agrees":     {`{"secretSeed":"` + v.Seed + `","ss58Address":"` + v.SS58 + `"}`, true},
		"address disagrees":  {`{"secretSeed":"` + v.Seed + `","ss58Address":"` + alice + `"}`, false},
		"number":             {`{"secretSeed":5}`, false},
		"list":               {`[]`, false},
		"empty":              {``, false},
		"bad seed":           {`{"secretSeed":"0x00"}`, false},
	} {
		file, err := parseKeyfile([]byte(c.json))
		var pair *keys.Pair
		if err == nil {
			pair, err = file.pair()
		}
		if (err == nil) != c.ok || err == nil && pair.Address() != v.SS58 {
			t.Errorf("%s: %v, %v", name, pair, err)
		}
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	s := NewSecret("hunter2")
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+" "+verb+"\n", s, struct{ S Secret }{s})
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", s)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s)
	raw, _ := json.Marshal(struct{ S Secret }{s})
	out.Write(raw)
	if text := out.String(); strings.Contains(text, "hunter2") || strings.Contains(text, hex.EncodeToString([]byte("hunter2"))) {
		t.Errorf("the secret shows in %s", text)
	}
	if _, err := SeedFromMnemonic(NewSecret(strings.Repeat("hunter2 ", 12)), Secret{}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error quotes the mnemonic: %v", err)
	}
}

func FuzzKeyfile(f *testing.F) {
	f.Add([]byte(`{"secretSeed":"0x` + strings.Repeat("11", 32) + `"}`))
	f.Add([]byte(`{"ss58Address":null,"publicKey":"0x00"}`))
	f.Add([]byte(`$NACL`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		key := &[keySize]byte{}
		_, _ = unseal(key, raw)
		file, err := parseKeyfile(raw)
		if err != nil {
			return
		}
		pair, err := file.pair()
		if err != nil {
			return
		}
		back, err := file.marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseKeyfile(back)
		if err != nil {
			t.Fatal(err)
		}
		if p, err := again.pair(); err != nil || p.Address() != pair.Address() {
			t.Fatalf("written and read back: %v, %v", p, err)
		}
	})
}
