package wallet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// addPython seeds a corpus with every key file of the Python tools.
func addPython(f *testing.F) {
	f.Helper()
	err := filepath.WalkDir("testdata/python", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		f.Add(raw)
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
}

// FuzzKeyfile: whatever is read as a plain key file is written and read back as the same key.
func FuzzKeyfile(f *testing.F) {
	addPython(f)
	f.Add([]byte(`{"secretSeed":"0x` + strings.Repeat("11", 32) + `"}`))
	f.Add([]byte(`{"ss58Address":null,"publicKey":"0x00"}`))
	f.Add([]byte("0x" + strings.Repeat("11", 32)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		file, err := completeKeyfile(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("reading changes the file's bytes")
		}
		if err != nil {
			return
		}
		back, err := file.marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := completeKeyfile(back)
		if err != nil || again.public != file.public {
			t.Fatalf("written and read back: %v", err)
		}
		for i, pair := range [][2]Secret{{file.phrase, again.phrase}, {file.seed, again.seed}, {file.private, again.private}} {
			if !bytes.Equal(pair[0].bytes(), pair[1].bytes()) {
				t.Fatalf("secret %d comes back as another", i)
			}
		}
	})
}

// FuzzEncrypted: no encrypted file, however broken, panics or opens without its password. What
// stretches the password is left out where the format allows, for it takes seconds.
func FuzzEncrypted(f *testing.F) {
	addPython(f)
	for _, prefix := range []string{naclPrefix, agePrefix, vaultPrefix, fernetPrefix} {
		f.Add([]byte(prefix))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		_ = isPolkadot(raw)
		if _, err := openBox(&[keySize]byte{}, raw); err == nil {
			t.Fatal("a box opens with the zero key")
		}
		if FormOf(raw) == Vault {
			if _, err := openVault([]byte("x"), raw); err == nil {
				t.Fatal("a vault opens with a guessed password")
			}
		}
		if _, sealed, mac, err := splitFernet(raw); err == nil && (len(sealed)%16 != 0 || len(mac) != 32) {
			t.Fatalf("%d bytes of blocks, %d of MAC", len(sealed), len(mac))
		}
		if plain, err := unpad(raw); err == nil && len(plain) >= len(raw) {
			t.Fatal("padding was not taken off")
		}
		if _, err := readFrame(raw); err == nil {
			t.Fatal("a frame without a key in it was read")
		}
	})
}

// FuzzMnemonic: what is read as words is written as the same words.
func FuzzMnemonic(f *testing.F) {
	for _, c := range load(f).MnemonicSeed {
		f.Add([]byte(c.Mnemonic))
	}
	f.Add([]byte(strings.Repeat("abandon ", 11) + "about"))
	f.Add([]byte(strings.Repeat("zoo ", 23) + "vote"))
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		entropy, err := readMnemonic(text)
		if !bytes.Equal(text, before) {
			t.Fatal("reading changes the words")
		}
		if err != nil {
			return
		}
		words := writeMnemonic(entropy)
		if want := bytes.Join(bytes.Fields(bytes.ToLower(text)), []byte(" ")); !bytes.Equal(words, want) {
			t.Fatalf("%q is written back as %q", text, words)
		}
	})
}

// FuzzParse: a secret that is read gives one key, which its key file gives again.
func FuzzParse(f *testing.F) {
	for _, c := range load(f).HDKD {
		f.Add([]byte(c.URI))
	}
	f.Add([]byte("0x" + strings.Repeat("11", 32)))
	f.Add([]byte("0x" + strings.Repeat("11", 64)))
	f.Add([]byte("0x" + strings.Repeat("11", 32) + "//a/b///c"))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(NewSecret(bytes.Clone(text)))
		if err != nil {
			return
		}
		again, err := Parse(NewSecret(bytes.Clone(text)))
		if err != nil || again.Address() != m.Address() || m.WatchOnly() {
			t.Fatalf("%q is two keys: %v", text, err)
		}
		raw, err := m.file.marshal()
		if err != nil {
			t.Fatal(err)
		}
		file, err := completeKeyfile(raw)
		if err != nil || file.public != m.Address() {
			t.Fatalf("%q: its key file is another key's, %v", text, err)
		}
	})
}
