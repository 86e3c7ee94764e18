package wallet

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ergon-network/ergon/keys"
)

const (
	// maxKeyfile bounds a key file in bytes; real ones are below 4 KiB.
	maxKeyfile = 64 << 10
	// cryptoSr25519 is what the newest tools note as cryptoType; files without it are sr25519 too.
	cryptoSr25519 = 1
)

// keyfile is the JSON object on disk (wire §9). The zero of a field is an absent one.
type keyfile struct {
	public  string // SS58 address
	private Secret // 64 raw bytes
	phrase  Secret
	seed    Secret // 32 raw bytes
}

func (k *keyfile) close() {
	k.private.Close()
	k.phrase.Close()
	k.seed.Close()
}

// newKeyfile writes a key out of its mnemonic.
func newKeyfile(mnemonic Secret) (*keyfile, error) {
	seed, err := SeedFromMnemonic(mnemonic, Secret{})
	if err != nil {
		return nil, err
	}
	k, err := seedKeyfile(seed)
	if err != nil {
		return nil, err
	}
	entropy, err := readMnemonic(mnemonic.bytes())
	if err != nil {
		return nil, err
	}
	defer clear(entropy)
	k.phrase = NewSecret(writeMnemonic(entropy)) // in its normal form, whatever was typed
	return k, nil
}

// seedKeyfile takes the seed over.
func seedKeyfile(seed []byte) (*keyfile, error) {
	pair, err := keys.FromSeed(seed)
	if err != nil {
		return nil, err
	}
	defer pair.Close()
	k, err := pairKeyfile(pair)
	if err == nil {
		k.seed = NewSecret(seed)
	}
	return k, err
}

func pairKeyfile(pair *keys.Pair) (*keyfile, error) {
	private, err := pair.Private()
	if err != nil {
		return nil, err
	}
	return &keyfile{public: pair.Address(), private: NewSecret(private)}, nil
}

// marshal writes the fields that are there, all of them texts. There is no cryptoType: the tools of
// 2024 and 2025 cannot read a field that is no text, and the newest take sr25519 without it.
func (k *keyfile) marshal() ([]byte, error) {
	id, err := keys.ParseSS58(k.public)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, 2048) // larger than any: appending must not leave copies behind
	field := func(head, value []byte) {
		out = append(append(append(out, head...), value...), '"')
	}
	number := fmt.Appendf(nil, "%x", id)
	field([]byte(`{"accountId":"0x`), number)
	field([]byte(`,"publicKey":"0x`), number)
	if !k.private.Empty() {
		out = append(out, `,"privateKey":"0x`...)
		out = append(hex.AppendEncode(out, k.private.bytes()), '"')
	}
	if !k.phrase.Empty() {
		field([]byte(`,"secretPhrase":"`), k.phrase.bytes())
	}
	if !k.seed.Empty() {
		out = append(out, `,"secretSeed":"0x`...)
		out = append(hex.AppendEncode(out, k.seed.bytes()), '"')
	}
	field([]byte(`,"ss58Address":"`), []byte(k.public))
	return append(out, '}'), nil
}

// text is a JSON string or null.
type text []byte

// UnmarshalJSON copies the string without leaving another copy behind, but for one with escapes.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case string(raw) == "null":
		return nil
	case raw[0] != '"':
		return errors.New("not a text")
	case !bytes.ContainsRune(raw, '\\') && utf8.Valid(raw):
		*t = bytes.Clone(raw[1 : len(raw)-1])
		return nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	*t = text(s)
	return err
}

// fields is a key file as it is written.
type fields struct {
	PublicKey    text `json:"publicKey"`
	PrivateKey   text `json:"privateKey"`
	SecretPhrase text `json:"secretPhrase"`
	SecretSeed   text `json:"secretSeed"`
	SS58Address  text `json:"ss58Address"`
	CryptoType   *int `json:"cryptoType"`
}

// parseKeyfile reads a plain key file, or the oldest form of a public one: the bare public key in hex.
// Errors name fields, never values.
func parseKeyfile(raw []byte) (*keyfile, error) {
	if len(raw) > maxKeyfile {
		return nil, fmt.Errorf("key file of %d bytes, at most %d are read", len(raw), maxKeyfile)
	}
	if raw = bytes.TrimSpace(raw); bytes.HasPrefix(raw, []byte("0x")) {
		public, err := unhex0x(raw, keys.PublicSize)
		if err != nil {
			return nil, fmt.Errorf("public key file: %w", err)
		}
		return &keyfile{public: keys.SS58(public)}, nil
	}
	var f fields
	defer func() {
		clear(f.PrivateKey)
		clear(f.SecretPhrase)
		clear(f.SecretSeed)
	}()
	if err := json.Unmarshal(raw, &f); err != nil || len(raw) == 0 || raw[0] != '{' {
		return nil, errors.New("key file is not a JSON object of texts")
	}
	if f.CryptoType != nil && *f.CryptoType != cryptoSr25519 {
		return nil, fmt.Errorf("key file has cryptoType %d; keys here are sr25519, which is %d", *f.CryptoType, cryptoSr25519)
	}
	return f.decode()
}

func (f *fields) decode() (*keyfile, error) {
	k := &keyfile{}
	var err error
	if len(f.SecretPhrase) > 0 {
		k.phrase = NewSecret(bytes.Clone(f.SecretPhrase))
	}
	// The tools load the first of phrase, seed and private key that is there; what comes after it is
	// not looked at, so that a file which opens there opens here (wire §9).
	if len(f.SecretSeed) > 0 && k.phrase.Empty() {
		seed, err := readSeed(f.SecretSeed)
		if err != nil {
			return nil, fmt.Errorf("secretSeed: %w", err)
		}
		k.seed = NewSecret(seed)
	}
	if len(f.PrivateKey) > 0 && k.phrase.Empty() && k.seed.Empty() {
		private, err := unhex0x(f.PrivateKey, keys.PrivateSize)
		if err != nil {
			return nil, fmt.Errorf("privateKey: %w", err)
		}
		k.private = NewSecret(private)
	}
	if k.public, err = f.address(); err != nil {
		k.close()
		return nil, err
	}
	return k, nil
}

// readSeed decodes hex. The newest tools write a seed whose bytes happen to be valid UTF-8 as that
// text behind the 0x, and cannot read it back; here it is read.
func readSeed(written []byte) ([]byte, error) {
	if raw, found := bytes.CutPrefix(written, []byte("0x")); found && len(raw) == keys.SeedSize {
		return bytes.Clone(raw), nil
	}
	return unhex0x(written, keys.SeedSize)
}

// address is the public half, empty where the file does not say.
func (f *fields) address() (string, error) {
	if len(f.SS58Address) > 0 {
		id, _, err := keys.DecodeSS58(string(f.SS58Address))
		if err != nil {
			return "", fmt.Errorf("ss58Address: %w", err)
		}
		return keys.SS58(id), nil
	}
	if len(f.PublicKey) == 0 {
		return "", nil
	}
	public, err := unhex0x(f.PublicKey, keys.PublicSize)
	if err != nil {
		return "", fmt.Errorf("publicKey: %w", err)
	}
	return keys.SS58(public), nil
}

// pair loads the key. What the file says about its address must agree with its secret: a mixed-up
// file would send coins astray.
func (k *keyfile) pair() (*keys.Pair, error) {
	pair, err := k.secret()
	if err != nil {
		return nil, err
	}
	if k.public != "" && k.public != pair.Address() {
		defer pair.Close()
		return nil, fmt.Errorf("key file names %s but its secret belongs to %s; restore it from the mnemonic", k.public, pair.Address())
	}
	return pair, nil
}

func (k *keyfile) secret() (*keys.Pair, error) {
	switch {
	case !k.phrase.Empty():
		seed, err := SeedFromMnemonic(k.phrase, Secret{})
		if err != nil {
			return nil, fmt.Errorf("secretPhrase: %w", err)
		}
		defer clear(seed)
		return keys.FromSeed(seed)
	case !k.seed.Empty():
		return keys.FromSeed(k.seed.bytes())
	case !k.private.Empty():
		pair, err := keys.FromPrivate(k.private.bytes())
		if err != nil {
			return nil, errors.New("privateKey: not a valid key")
		}
		return pair, nil
	}
	return nil, ErrWatchOnly
}

// unhex0x decodes hex with or without 0x; the error leaves the digits out.
func unhex0x(text []byte, size int) ([]byte, error) {
	raw, err := unhex(bytes.TrimPrefix(text, []byte("0x")))
	if err != nil || len(raw) != size {
		clear(raw)
		return nil, fmt.Errorf("want 0x and %d hex digits", 2*size)
	}
	return raw, nil
}
