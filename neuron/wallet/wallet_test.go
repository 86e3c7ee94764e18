package wallet

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
	elsewhere := filepath.Join(t.TempDir(), "w")
	for hotkey, words := range map[string]Secret{"": mnemonic, "h": hotMnemonic} {
		m, err := Parse(words)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Import(elsewhere, "copy", hotkey, m, NoPassword()); err != nil {
			t.Fatal(err)
		}
	}
	restored, err := Open(elsewhere, "copy")
	if err != nil {
		t.Fatal(err)
	}
	if pair, err := restored.Coldkey(); err != nil || pair.Address() != cold.Address() {
		t.Errorf("restored coldkey %v, %v", pair, err)
	}
	if pair, err := restored.Hotkey("h"); err != nil || pair.Address() != hot.Address() {
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

// devAlice is the address of //Alice.
const devAlice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"

func mustParse(t testing.TB, text string) *Material {
	t.Helper()
	m, err := Parse(secret(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
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
	other, err := Watch(devAlice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Import(dir, "a", "", other); !errors.Is(err, ErrExists) {
		t.Errorf("another address over it: %v, want ErrExists", err)
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
		if name != "" { // which is the coldkey's
			if _, err := Import(dir, "ok", name, mustParse(t, "//Alice")); err == nil {
				t.Errorf("Import(%q): no error", name)
			}
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
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("a failed Create leaves %v, %v", left, err)
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

// A wallet of which only the address is here: it is listed, cannot sign, and takes its secret later.
func TestWatchedKeys(t *testing.T) {
	dir := t.TempDir()
	watched, err := Watch(devAlice)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Watch("5Grw"); err == nil {
		t.Error("watched something that is no address")
	}
	for _, hotkey := range []string{"", "far"} {
		w, err := Import(dir, "w", hotkey, watched)
		if err != nil {
			t.Fatal(err)
		}
		if a, err := w.AddressOf(hotkey); err != nil || a != devAlice {
			t.Errorf("address %s, %v", a, err)
		}
		if _, err := w.load(hotkey); !errors.Is(err, ErrWatchOnly) {
			t.Errorf("load: %v, want ErrWatchOnly", err)
		}
		if names, err := w.Hotkeys(); err != nil || len(names) != len(strings.Fields(hotkey)) {
			t.Errorf("hotkeys %v, %v", names, err)
		}
	}
	if _, err := Import(dir, "w", "", mustParse(t, "//Bob"), NoPassword()); !errors.Is(err, ErrExists) {
		t.Errorf("another key's secret: %v, want ErrExists", err)
	}
	w, err := Import(dir, "w", "", mustParse(t, "//Alice"), NoPassword())
	if err != nil {
		t.Fatal(err)
	}
	if pair, err := w.Coldkey(); err != nil || pair.Address() != devAlice {
		t.Errorf("%v, %v", pair, err)
	}
	checkModes(t, filepath.Join(dir, "w"))
}
