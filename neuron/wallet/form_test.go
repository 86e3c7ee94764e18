package wallet

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The salted form has a salt of the file's own: equal passwords do not show.
func TestSaltedForm(t *testing.T) {
	password, plain := []byte(pyPassword), []byte(`{"a":"b"}`)
	salts := map[string]bool{}
	var sealed []byte
	for range 2 {
		var err error
		if sealed, err = Salted.seal(password, plain); err != nil {
			t.Fatal(err)
		}
		stanza := strings.Fields(strings.Split(string(sealed), "\n")[1]) // -> scrypt salt work
		if len(stanza) != 4 || stanza[1] != "scrypt" || salts[stanza[2]] {
			t.Fatalf("the header is %q, or its salt came twice", stanza)
		}
		salts[stanza[2]] = true
	}
	if FormOf(sealed) != Salted {
		t.Errorf("form %s", FormOf(sealed))
	}
	if got, err := open(password, sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("opened %q, %v", got, err)
	}
	if _, err := open([]byte("another"), sealed); !errors.Is(err, ErrPassword) {
		t.Errorf("wrong password: %v, want ErrPassword", err)
	}
	altered := bytes.Clone(sealed)
	altered[len(altered)-1] ^= 1
	if _, err := open(password, altered); err == nil {
		t.Error("an altered file opens")
	}
	costly := bytes.Replace(sealed, []byte(" 18\n"), []byte(" 29\n"), 1)
	if _, err := open(password, costly); err == nil || bytes.Equal(costly, sealed) {
		t.Errorf("a file that asks for half a terabyte of memory: %v", err)
	}
}

func TestWrittenForms(t *testing.T) {
	for _, name := range []string{"plain", "salted", "compatible"} {
		if f, err := ParseForm(name); err != nil || string(f) != name {
			t.Errorf("%s: %s, %v", name, f, err)
		}
	}
	for _, name := range []string{"", "fernet", "ansible-vault", "nacl"} {
		if _, err := ParseForm(name); err == nil {
			t.Errorf("form %q is written", name)
		}
	}
	for _, old := range []Form{Vault, Fernet} {
		if _, err := old.seal([]byte("x"), []byte("{}")); err == nil || !strings.Contains(err.Error(), "salted") {
			t.Errorf("%s: %v, want an error that names the forms to use", old, err)
		}
	}
}

// Without a form a coldkey is salted and a hotkey plain.
func TestUsualForms(t *testing.T) {
	dir := t.TempDir()
	w, mnemonic, err := Create(dir, "w", WithPassword(askPython))
	if err != nil {
		t.Fatal(err)
	}
	defer mnemonic.Close()
	if _, _, err := w.CreateHotkey("h"); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]Form{"coldkey": Salted, "hotkeys/h": Plain} {
		raw, err := os.ReadFile(filepath.Join(w.Path(), file))
		if err != nil || FormOf(raw) != want {
			t.Errorf("%s: %s, %v; want %s", file, FormOf(raw), err, want)
		}
	}
	cold, err := w.Coldkey()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(mnemonic)
	if err != nil {
		t.Fatal(err)
	}
	signs(t, "coldkey", cold, m.Address())
	checkModes(t, w.Path())
}

// copied is a wallet of testdata/python, to be changed.
func copied(t *testing.T, from string, ask func() ([]byte, error)) *Wallet {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "w"), os.DirFS(filepath.Join("testdata/python", from))); err != nil {
		t.Fatal(err)
	}
	w, err := Open(dir, "w", WithPassword(ask))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func coldFile(t *testing.T, w *Wallet) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(w.Path(), coldkeyFile))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// A key of the tools stays one: only they decide to leave their form.
func TestChangePasswordKeepsTheToolsForm(t *testing.T) {
	expensive(t)
	v := load(t).Nacl
	w := copied(t, "2.1.3/words", askPython)
	form, err := w.ChangePassword("", "", func() ([]byte, error) { return []byte(v.Password), nil })
	if err != nil || form != Compatible {
		t.Fatalf("form %s, %v", form, err)
	}
	plain, err := openBox((*[keySize]byte)(fromHex(t, v.Key)), coldFile(t, w))
	if err != nil {
		t.Fatal(err)
	}
	if address, err := addressIn(plain); err != nil || address != pyCold {
		t.Errorf("the key is %s now, %v", address, err)
	}
}

// A form that is not written any more becomes salted, and what is missing beside it is written.
func TestChangePasswordLeavesOldForms(t *testing.T) {
	w := copied(t, "1.0.0/vault", askPython)
	if err := os.Remove(filepath.Join(w.Path(), coldkeyPub)); err != nil {
		t.Fatal(err)
	}
	fresh := func() ([]byte, error) { return []byte("new password"), nil }
	form, err := w.ChangePassword("", "", fresh)
	if err != nil || form != Salted || FormOf(coldFile(t, w)) != Salted {
		t.Fatalf("form %s, %v", form, err)
	}
	again, err := Open(filepath.Dir(w.Path()), "w", WithPassword(fresh))
	if err != nil {
		t.Fatal(err)
	}
	cold, err := again.Coldkey()
	if err != nil {
		t.Fatal(err)
	}
	signs(t, "coldkey", cold, pyCold)
	if a, err := again.ColdkeyAddress(); err != nil || a != pyCold {
		t.Errorf("address %s, %v", a, err)
	}
	info, err := os.Stat(filepath.Join(w.Path(), coldkeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// What fails leaves the key file as it was.
func TestChangePasswordIsWholeOrNothing(t *testing.T) {
	wrong := func() ([]byte, error) { return []byte("wrong"), nil }
	none := func() ([]byte, error) { return nil, nil }
	for name, c := range map[string]struct {
		old, fresh func() ([]byte, error)
		form       Form
	}{
		"wrong old password": {wrong, askPython, ""},
		"empty new password": {askPython, none, ""},
		"form not written":   {askPython, askPython, Fernet},
	} {
		w := copied(t, "1.0.0/vault", c.old)
		before := coldFile(t, w)
		if _, err := w.ChangePassword("", c.form, c.fresh); err == nil {
			t.Errorf("%s: no error", name)
		}
		if !bytes.Equal(coldFile(t, w), before) {
			t.Errorf("%s: the key file changed", name)
		}
	}
}

// A link to a key file is followed, not replaced by a file.
func TestChangePasswordFollowsLinks(t *testing.T) {
	w, _, err := Create(t.TempDir(), "w", NoPassword())
	if err != nil {
		t.Fatal(err)
	}
	path, elsewhere := filepath.Join(w.Path(), coldkeyFile), filepath.Join(t.TempDir(), "key")
	if err := errors.Join(os.Rename(path, elsewhere), os.Symlink(elsewhere, path)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.ChangePassword("", Salted, askPython); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(elsewhere); err != nil || FormOf(raw) != Salted {
		t.Errorf("the file behind the link is %s, %v", FormOf(raw), err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
}

func TestExports(t *testing.T) {
	w := copied(t, "1.0.0/vault", askPython)
	dir := t.TempDir()
	for _, form := range []Form{Plain, Salted} {
		to := filepath.Join(dir, string(form))
		if err := w.Export("", to, form, askPython); err != nil {
			t.Fatal(err)
		}
		m, err := ReadFile(to, askPython)
		if err != nil || m.Address() != pyCold || m.WatchOnly() {
			t.Errorf("%s: %v", form, err)
		}
		if err := w.Export("", to, form, askPython); !errors.Is(err, ErrExists) {
			t.Errorf("%s over it: %v, want ErrExists", form, err)
		}
	}
	if err := w.ExportMnemonic("", filepath.Join(dir, "words")); err != nil {
		t.Fatal(err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "words")); err != nil || string(raw) != pyWords {
		t.Errorf("exported words differ, %v", err)
	}
	if err := ExportPublic(pyCold, filepath.Join(dir, "pub")); err != nil {
		t.Fatal(err)
	}
	if m, err := ReadFile(filepath.Join(dir, "pub"), nil); err != nil || m.Address() != pyCold || !m.WatchOnly() {
		t.Errorf("public file: %v", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	checkModes(t, dir)
	derived, err := Open("testdata/python/4.1.1", "derived")
	if err != nil {
		t.Fatal(err)
	}
	if err := derived.ExportMnemonic("default", filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "derived") {
		t.Errorf("words of a derived key: %v", err)
	}
}

// Damage of an old form is told as such, not as a wrong password, where it can be told.
func TestDamagedOldForms(t *testing.T) {
	vault := "$ANSIBLE_VAULT;1.1;AES256\n"
	for name, raw := range map[string]string{
		"vault, other cipher":    "$ANSIBLE_VAULT;1.0;AES\n00",
		"vault, no hex":          vault + "zz",
		"vault, one line":        vault + "3030",
		"vault, no hex within":   vault + "7a7a0a7a7a0a7a7a",
		"fernet, no base64":      "gAAAAA!",
		"fernet, short":          "gAAAAABo",
		"fernet, part of blocks": "gAAAAA" + strings.Repeat("A", 82),
		"nacl, short":            "$NACLxx",
		"age, no header":         agePrefix + "\nxx",
	} {
		if _, err := open([]byte("x"), []byte(raw)); err == nil || errors.Is(err, ErrPassword) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An exported account cannot make its reader spend more memory than a bound, and what it may not be is
// told.
func TestExportedAccountsAreBounded(t *testing.T) {
	var f map[string]any
	raw, err := os.ReadFile("testdata/python/polkadot.json")
	if err == nil {
		err = json.Unmarshal(raw, &f)
	}
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := base64.StdEncoding.DecodeString(f["encoded"].(string))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]uint32{{1 << 20, 1, 8}, {1 << 31, 1, 1 << 26}, {1 << 15, 17, 8}, {0, 1, 8}, {1 << 15, 0, 8}, {1 << 15, 1, 0}} {
		for i, n := range c {
			binary.LittleEndian.PutUint32(sealed[polkadotSalt+4*i:], n)
		}
		if _, err := polkadotKey([]byte("x"), sealed); err == nil || !strings.Contains(err.Error(), "scrypt with") {
			t.Errorf("N, p, r of %v: %v", c, err)
		}
	}
	for name, change := range map[string][2]string{"another curve": {"sr25519", "ed25519"}, "version": {`"3"`, `"2"`}, "cipher": {"xsalsa20", "none"}, "length": {"icIV", ""}, "base64": {"icIV", "!!!!"}} {
		altered := strings.Replace(string(raw), change[0], change[1], 1)
		if _, err := unlock([]byte(altered), askPython); err == nil || altered == string(raw) || errors.Is(err, ErrPassword) && name != "length" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
