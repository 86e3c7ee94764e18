package wallet

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cosmos/go-bip39"

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

func secret(text string) Secret { return NewSecret([]byte(text)) }

func fromHex(t testing.TB, text string) []byte {
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
		pair, err := FromURI(secret(c.URI))
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
	for short, long := range map[string]string{
		"//+7": "//7", "//007": "//7", "0x" + strings.Repeat("11", 32): "0x" + strings.Repeat("11", 32) + "///", devPhrase: "///",
	} {
		a, errA := FromURI(secret(short))
		b, errB := FromURI(secret(long))
		if errA != nil || errB != nil || a.Address() != b.Address() {
			t.Errorf("%s: %v, %v; %s: %v, %v", short, a, errA, long, b, errB)
		}
	}
	for _, bad := range []string{"0x11", "0x" + strings.Repeat("11", 33), "//", "/", "not a phrase", strings.Repeat("//a", 40), strings.Repeat("x", 1000)} {
		if _, err := FromURI(secret(bad)); err == nil {
			t.Errorf("FromURI(%.20q): no error", bad)
		}
	}
}

func TestMnemonicVectors(t *testing.T) {
	for _, c := range load(t).MnemonicSeed {
		seed, err := SeedFromMnemonic(secret(c.Mnemonic), Secret{})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(seed, fromHex(t, c.Seed)) {
			t.Errorf("seed %x, want %s", seed, c.Seed)
		}
		file, err := newKeyfile(secret(c.Mnemonic))
		if err != nil {
			t.Fatal(err)
		}
		if file.public != c.SS58 || c.Private != "" && !bytes.Equal(file.private.bytes(), fromHex(t, c.Private)) {
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

// The words' own checksum catches what a hand gets wrong; case and spaces do not matter.
func TestMnemonicErrors(t *testing.T) {
	words := strings.Fields(devPhrase)
	want, err := readMnemonic([]byte(devPhrase))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readMnemonic([]byte("\n " + strings.ToUpper(strings.Join(words, "\t  ")) + "\n")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("capitals and spaces: %v", err)
	}
	swapped := slices.Clone(words)
	swapped[0], swapped[1] = swapped[1], swapped[0]
	for name, c := range map[string]struct{ text, says string }{
		"swapped":   {strings.Join(swapped, " "), "checksum"},
		"misspelt":  {strings.Replace(devPhrase, "lonely", "lonelyx", 1), "word 10 "},
		"too short": {strings.Join(words[:11], " "), "got 11"},
		"13 words":  {devPhrase + " bottom", "got 13"},
		"too long":  {strings.Repeat("x ", 1000), "at most"},
		"empty":     {"", "got 0"},
	} {
		_, err := readMnemonic([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want one that says %q", name, err, c.says)
		}
	}
}

func TestMnemonicsOfEveryLength(t *testing.T) {
	for size := 16; size <= 32; size += 4 {
		for fill := range 256 {
			entropy := bytes.Repeat([]byte{byte(fill)}, size)
			entropy[size-1] ^= byte(size)
			text := writeMnemonic(entropy)
			if theirs, err := bip39.NewMnemonic(entropy); err != nil || theirs != string(text) {
				t.Fatalf("entropy %x: the library writes other words, %v", entropy, err)
			}
			if back, err := readMnemonic(text); err != nil || !bytes.Equal(back, entropy) {
				t.Fatalf("entropy %x comes back as %x, %v", entropy, back, err)
			}
		}
	}
}

func TestNaclVector(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 512 MiB and seconds")
	}
	v := load(t).Nacl
	key := naclKey([]byte(v.Password))
	if !bytes.Equal(key[:], fromHex(t, v.Key)) {
		t.Fatalf("derived key %x, want %s", *key, v.Key)
	}
	plain, err := openBox(key, fromHex(t, v.File))
	if err != nil || string(plain) != v.Plaintext {
		t.Fatalf("unsealed %q, %v", plain, err)
	}
	key[0] ^= 1
	if _, err := openBox(key, fromHex(t, v.File)); !errors.Is(err, ErrPassword) {
		t.Errorf("wrong key: %v, want ErrPassword", err)
	}
}

func TestSealedBoxes(t *testing.T) {
	key := &[keySize]byte{1, 2, 3}
	raw, err := sealBox(key, []byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := openBox(key, raw); err != nil || string(plain) != "{}" {
		t.Fatalf("%q, %v", plain, err)
	}
	for i := range raw {
		altered := bytes.Clone(raw)
		altered[i] ^= 1
		if _, err := openBox(key, altered); err == nil {
			t.Errorf("byte %d altered: no error", i)
		}
		if _, err := openBox(key, raw[:i]); err == nil {
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

func TestKeyfileLoads(t *testing.T) {
	v := load(t).MnemonicSeed[1]
	for name, c := range map[string]struct {
		json string
		ok   bool
	}{
		"phrase":             {`{"secretPhrase":"` + v.Mnemonic + `"}`, true},
		"phrase before seed": {`{"secretPhrase":"` + v.Mnemonic + `","secretSeed":"junk"}`, true},
		"seed":               {`{"secretSeed":"` + v.Seed + `","privateKey":null}`, true},
		"private":            {`{"privateKey":"` + v.Private + `"}`, true},
		"address agrees":     {`{"secretSeed":"` + v.Seed + `","ss58Address":"` + v.SS58 + `"}`, true},
		"address disagrees":  {`{"secretSeed":"` + v.Seed + `","ss58Address":"` + devAlice + `"}`, false},
		"number":             {`{"secretSeed":5}`, false},
		"list":               {`[]`, false},
		"empty":              {``, false},
		"bad seed":           {`{"secretSeed":"0x00"}`, false},
		"sr25519 by number":  {`{"secretSeed":"` + v.Seed + `","cryptoType":1,"more":{"x":[1]}}`, true},
		"ed25519":            {`{"secretSeed":"` + v.Seed + `","cryptoType":0}`, false},
		"odd cryptoType":     {`{"secretSeed":"` + v.Seed + `","cryptoType":"1"}`, false},
		"escapes":            {`{"secret\u0053eed":"` + strings.Replace(v.Seed, "0", `\u0030`, 3) + `"}`, true},
		"foreign address":    {`{"secretSeed":"` + v.Seed + `","ss58Address":"16ADqpMa4yzfmWs3nuTSMhfZ2ckeGtvqhPWCNqECEGDcGgU2"}`, v.SS58 == "5HDvhV6WDCjCKyrXqGQSDYqQAzkzabNhctmiDYEqgBC66BsX"},
		"cut short":          {`{"secretSeed":"` + v.Seed, false},
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
