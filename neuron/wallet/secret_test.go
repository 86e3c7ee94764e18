package wallet

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shown prints v in every way that a careless line might, as it is, in a field and in a list.
func shown(t *testing.T, v any) string {
	t.Helper()
	type holder struct {
		V      any
		hidden any
	}
	var out bytes.Buffer
	for _, x := range []any{v, holder{v, v}, &holder{v, v}, []any{v}, map[string]any{"v": v}, fmt.Errorf("with %v", v)} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%c", "%o", "%b", "%U"} {
			fmt.Fprintf(&out, verb+"\n", x)
		}
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", x)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", x)
		if raw, err := json.Marshal(x); err == nil {
			out.Write(raw)
		}
	}
	return out.String()
}

// leaks tells whether text holds the secret, written out or as hex or numbers.
func leaks(text string, secret []byte) bool {
	list := strings.Trim(fmt.Sprintf("%d", secret), "[]")
	for _, form := range []string{string(secret), hex.EncodeToString(secret), strings.ToUpper(hex.EncodeToString(secret)), list, strings.ReplaceAll(list, " ", ", ")} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestSecretsNeverPrint(t *testing.T) {
	if !leaks(shown(t, []byte("hunter2")), []byte("hunter2")) {
		t.Fatal("the test does not see a leak")
	}
	if text := shown(t, secret("hunter2")); leaks(text, []byte("hunter2")) {
		t.Errorf("the secret shows in %s", text)
	}
	m := mustParse(t, devPhrase)
	file := m.file
	w := &Wallet{dir: "d", name: "n", password: func() ([]byte, error) { return []byte("hunter2"), nil }}
	pair, err := file.pair()
	if err != nil {
		t.Fatal(err)
	}
	for what, v := range map[string]any{"material": m, "material's value": *m, "key file": file, "key file's value": *file, "pair": pair, "wallet": w} {
		text := shown(t, v)
		for part, raw := range map[string][]byte{"phrase": file.phrase.bytes(), "seed": file.seed.bytes(), "scalar": file.private.bytes()[:32], "nonce": file.private.bytes()[32:], "password": []byte("hunter2")} {
			if leaks(text, raw) {
				t.Errorf("printing a %s shows its %s", what, part)
			}
		}
	}
}

// Whatever is wrong with a secret, the error does not quote it.
func TestErrorsQuoteNoSecret(t *testing.T) {
	const marker = "hunter2"
	digits := strings.Repeat("c0ffee", 10)
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	read := func(text string) error {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := ReadFile(path, func() ([]byte, error) { return []byte(marker), nil })
		return err
	}
	parse := func(text string) error {
		_, err := Parse(secret(text))
		return err
	}
	for name, err := range map[string]error{
		"words":           parse(strings.Repeat(marker+" ", 12)),
		"word count":      parse(marker),
		"uri":             parse(marker + "//x///" + marker),
		"seed":            parse("0x" + digits),
		"long seed":       parse("0x" + digits + digits + digits),
		"bad private":     parse("0x" + strings.Repeat("ff", 64)),
		"phrase in file":  read(`{"secretPhrase":"` + marker + `"}`),
		"seed in file":    read(`{"secretSeed":"0x` + digits + `"}`),
		"private in file": read(`{"privateKey":"0x` + digits + `"}`),
		"number in file":  read(`{"secretSeed":"` + marker + `","secretPhrase":77712345}`),
		"type in file":    read(`{"secretPhrase":"` + marker + `","cryptoType":9}`),
		"broken JSON":     read(`{"secretPhrase":"` + marker),
		"bare text":       read(marker),
		"bare hex":        read("0x" + digits),
		"mixed up":        read(`{"secretPhrase":"` + devPhrase + `","ss58Address":"` + devAlice + `"}`),
		"age":             read(agePrefix + "\n" + marker),
		"vault":           read(vaultPrefix + ";1.1;AES256\n" + marker),
		"fernet":          read(fernetPrefix + marker),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, text := range []string{marker, "c0ffee", "77712345", "bottom", "ffffff"} {
			if strings.Contains(err.Error(), text) {
				t.Errorf("%s: the error quotes the secret: %v", name, err)
			}
		}
	}
}

func TestCloseWipesSecrets(t *testing.T) {
	raw := []byte("hunter2")
	s := NewSecret(raw)
	again := s
	s.Close()
	s.Close()
	Secret{}.Close()
	if !bytes.Equal(raw, make([]byte, len(raw))) {
		t.Errorf("the bytes are still %q", raw)
	}
	if !again.Empty() || again.Reveal() != "" {
		t.Error("a copy still has the secret")
	}
	m := mustParse(t, devPhrase)
	parts := [][]byte{m.file.phrase.bytes(), m.file.seed.bytes(), m.file.private.bytes()}
	m.Close()
	for i, part := range parts {
		if len(part) == 0 || !bytes.Equal(part, make([]byte, len(part))) {
			t.Errorf("part %d of the material is not wiped: %d bytes", i, len(part))
		}
	}
}

// The password that was asked for is wiped once the key is open or refused.
func TestAskedPasswordsAreWiped(t *testing.T) {
	dir := t.TempDir()
	var given [][]byte
	ask := func() ([]byte, error) {
		given = append(given, []byte("a test password 1"))
		return given[len(given)-1], nil
	}
	w, err := Import(dir, "w", "", mustParse(t, "//Alice"), WithPassword(ask))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Coldkey(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "w", hotkeysDir, "spoilt"), []byte(vaultPrefix+";1.1;AES256\n00"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Hotkey("spoilt"); err == nil || errors.Is(err, ErrPassword) {
		t.Errorf("a damaged vault: %v", err)
	}
	if len(given) != 3 {
		t.Fatalf("asked %d times, want 3", len(given))
	}
	for i, p := range given {
		if !bytes.Equal(p, make([]byte, len(p))) {
			t.Errorf("password %d is still %q", i, p)
		}
	}
}
