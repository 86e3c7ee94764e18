package wallet

import (
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ergon-network/ergon/keys"
)

// What testdata/python holds; its README says which tool wrote each file.
const (
	pyPassword = "a test password 1"
	pyWords    = "old leopard transfer rib spatial phone calm indicate online fire caution review"
	pyCold     = "5HDvhV6WDCjCKyrXqGQSDYqQAzkzabNhctmiDYEqgBC66BsX" // of pyWords
	pyHot      = "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV" // of the development phrase
	pyStash    = "5GNJqTPyNqANBkUVMN1LPPrxXnFouWXoe2wNSmmEoLctxiZY" // of //Alice//stash
	pySeed     = "5DtDLm5rQHShDqojQpsvcN8tRXHVFaecfDoRet1SU6BFD9Fi" // of 0x11…11
)

// pyKey is the compatible form's key of pyPassword, stretched once for all tests.
var pyKey = sync.OnceValue(func() *[keySize]byte { return naclKey([]byte(pyPassword)) })

func askPython() ([]byte, error) { return []byte(pyPassword), nil }

func expensive(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs 512 MiB and seconds")
	}
}

// signs makes a signature and verifies it.
func signs(t *testing.T, what string, pair *keys.Pair, address string) {
	t.Helper()
	if pair.Address() != address {
		t.Errorf("%s: opened as %s, want %s", what, pair.Address(), address)
	}
	sig, err := pair.Sign([]byte("x"))
	if err == nil {
		err = keys.Verify(pair.Public(), []byte("x"), sig)
	}
	if err != nil {
		t.Errorf("%s: does not sign: %v", what, err)
	}
}

// Every key file that a Python tool wrote opens and signs, whichever its form.
func TestPythonKeyFilesOpenAndSign(t *testing.T) {
	expensive(t)
	for _, c := range []struct {
		path    string
		form    Form
		address string
	}{
		{"4.1.1/words/coldkey", Compatible, pyCold},
		{"4.1.1/words/hotkeys/default", Plain, pyHot},
		{"4.1.1/derived/coldkey", Compatible, pyStash},
		{"4.1.1/derived/hotkeys/default", Plain, devAlice},
		{"4.1.1/plain/coldkey", Plain, pySeed},
		{"4.1.1/plain/hotkeys/default", Compatible, pyHot},
		{"4.1.1/vault/coldkey", Vault, pyCold},
		{"3.1.0/words/coldkey", Compatible, pyCold},
		{"3.1.0/words/hotkeys/default", Plain, pyHot},
		{"2.1.3/words/coldkey", Compatible, pyCold},
		{"2.1.3/words/hotkeys/default", Plain, pyHot},
		{"1.0.0/nacl/coldkey", Compatible, pyCold},
		{"1.0.0/nacl/hotkeys/default", Plain, devAlice},
		{"1.0.0/vault/coldkey", Vault, pyCold},
		{"1.0.0/fernet/coldkey", Fernet, pyCold},
		{"polkadot.json", Plain, pyCold},
	} {
		raw, err := os.ReadFile(filepath.Join("testdata/python", c.path))
		if err != nil {
			t.Fatal(err)
		}
		if form := FormOf(raw); form != c.form {
			t.Errorf("%s: form %s, want %s", c.path, form, c.form)
		}
		var plain []byte
		if c.form == Compatible {
			plain, err = openBox(pyKey(), raw)
		} else {
			plain, err = unlock(raw, askPython)
		}
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		file, err := parseKeyfile(plain)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		pair, err := file.pair()
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		signs(t, c.path, pair, c.address)
	}
}

// A wallet directory of the Python tools opens in place.
func TestPythonWalletOpensInPlace(t *testing.T) {
	expensive(t)
	w, err := Open("testdata/python/4.1.1", "words", WithPassword(askPython))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := w.ColdkeyAddress(); err != nil || a != pyCold {
		t.Errorf("coldkey address %s, %v", a, err)
	}
	if a, err := w.HotkeyAddress("default"); err != nil || a != pyHot {
		t.Errorf("hotkey address %s, %v", a, err)
	}
	if names, err := w.Hotkeys(); err != nil || !slices.Equal(names, []string{"default"}) {
		t.Errorf("hotkeys %v, %v", names, err)
	}
	cold, err := w.Coldkey()
	if err != nil {
		t.Fatal(err)
	}
	signs(t, "coldkey", cold, pyCold)
	hot, err := w.Hotkey("default")
	if err != nil {
		t.Fatal(err)
	}
	signs(t, "hotkey", hot, pyHot)
}

// Public files of every age give the address without a password; where one is missing beside an
// encrypted key, the error says so.
func TestPythonPublicFiles(t *testing.T) {
	for dir, address := range map[string]string{"4.1.1/words": pyCold, "3.1.0/words": pyCold, "2.1.3/words": pyCold, "1.0.0/nacl": pyCold, "1.0.0/vault": pyCold, "4.1.1/derived": pyStash, "4.1.1/plain": pySeed} {
		w, err := Open(filepath.Join("testdata/python", filepath.Dir(dir)), filepath.Base(dir))
		if err != nil {
			t.Fatal(err)
		}
		if a, err := w.ColdkeyAddress(); err != nil || a != address {
			t.Errorf("%s: %s, %v; want %s", dir, a, err, address)
		}
	}
	w, err := Open("testdata/python/4.1.1", "plain")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.HotkeyAddress("default"); err == nil || !strings.Contains(err.Error(), "defaultpub.txt with its address is missing") {
		t.Errorf("an encrypted hotkey without its public file: %v", err)
	}
}

func TestWrongPasswords(t *testing.T) {
	wrong := func() ([]byte, error) { return []byte("another"), nil }
	none := func() ([]byte, error) { return nil, nil }
	for _, path := range []string{"1.0.0/vault/coldkey", "4.1.1/vault/coldkey", "polkadot.json", "1.0.0/fernet/coldkey"} {
		path = filepath.Join("testdata/python", path)
		if _, err := ReadFile(path, none); !errors.Is(err, ErrPassword) {
			t.Errorf("%s without password: %v, want ErrPassword", path, err)
		}
		if testing.Short() && strings.Contains(path, "fernet") {
			continue
		}
		if _, err := ReadFile(path, wrong); !errors.Is(err, ErrPassword) {
			t.Errorf("%s with a wrong password: %v, want ErrPassword", path, err)
		}
	}
}

// What Python signed verifies here.
func TestPythonSignatureVerifies(t *testing.T) {
	public, err := keys.ParseSS58(pyCold)
	if err != nil {
		t.Fatal(err)
	}
	sig := fromHex(t, "56117014f5bdba225004184ffce6a28d97b83a895fdfa219f9aa888a425b332dce5f5251d3bedb13c786687c24c163b8aac397fe313b24435db2cbdeec4ead82")
	if err := keys.Verify(public, []byte("Bittensor signs for Ergon"), sig); err != nil {
		t.Error(err)
	}
}

// TestPythonOpensOurWallet is run by `make test-python`, with ERGON_BITTENSOR_PYTHON naming a Python that has
// bittensor-wallet: the tool opens what Create wrote in compatible form, takes our signature, and its
// own is taken here.
func TestPythonOpensOurWallet(t *testing.T) {
	python := os.Getenv("ERGON_BITTENSOR_PYTHON")
	if python == "" {
		t.Skip("set ERGON_BITTENSOR_PYTHON to a Python that has bittensor-wallet")
	}
	dir := t.TempDir()
	w, _, err := Create(dir, "ours", WithForm(Compatible), WithPassword(askPython))
	if err != nil {
		t.Fatal(err)
	}
	hot, _, err := w.CreateHotkey("default")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Import(dir, "ours", "derived", mustParse(t, "//Alice/soft")); err != nil {
		t.Fatal(err)
	}
	cold, err := w.Coldkey()
	if err != nil {
		t.Fatal(err)
	}
	sig, err := cold.Sign([]byte("Ergon signs for Bittensor"))
	if err != nil {
		t.Fatal(err)
	}
	const script = `
import sys
from bittensor_wallet import Wallet
path, password, signature = sys.argv[1:]
w = Wallet(name="ours", hotkey="default", path=path)
cold = w.get_coldkey(password=password)
assert cold.ss58_address == w.coldkeypub.ss58_address
assert cold.verify(b"Ergon signs for Bittensor", bytes.fromhex(signature)), "our signature"
derived = Wallet(name="ours", hotkey="derived", path=path).hotkey
for k in (cold, w.hotkey, derived):
    print(k.ss58_address, k.sign(b"back").hex())
`
	out, err := exec.Command(python, "-c", script, dir, pyPassword, hex.EncodeToString(sig)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	derived, err := w.Hotkey("derived")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	for i, pair := range []*keys.Pair{cold, hot, derived} {
		address, signature, _ := strings.Cut(lines[len(lines)-3+i], " ")
		if address != pair.Address() {
			t.Fatalf("Python opened %s, want %s", address, pair.Address())
		}
		if err := keys.Verify(pair.Public(), []byte("back"), fromHex(t, signature)); err != nil {
			t.Error(err)
		}
	}
}
