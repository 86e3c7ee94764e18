package wallet

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	voi "github.com/oasisprotocol/curve25519-voi/primitives/sr25519"

	"github.com/ergon-network/ergon/keys"
)

// maxKeyfile bounds a key file in bytes; real ones are below 1 KiB.
const maxKeyfile = 64 << 10

// keyfile is the JSON object on disk; every value is a string, absent ones are left out (wire §9).
type keyfile struct {
	AccountID    string `json:"accountId,omitempty"`
	PublicKey    string `json:"publicKey,omitempty"`
	PrivateKey   string `json:"privateKey,omitempty"`
	SecretPhrase string `json:"secretPhrase,omitempty"`
	SecretSeed   string `json:"secretSeed,omitempty"`
	SS58Address  string `json:"ss58Address,omitempty"`
}

// newKeyfile writes a key out of its mnemonic.
func newKeyfile(mnemonic Secret) (*keyfile, *keys.Pair, error) {
	seed, err := SeedFromMnemonic(mnemonic, Secret{})
	if err != nil {
		return nil, nil, err
	}
	defer wipe(seed)
	pair, err := keys.FromSeed(seed)
	if err != nil {
		return nil, nil, err
	}
	mini, err := voi.NewMiniSecretKeyFromBytes(seed)
	if err != nil {
		return nil, nil, fmt.Errorf("expand seed: %w", err)
	}
	private, err := mini.ExpandEd25519().MarshalBinary()
	if err != nil {
		return nil, nil, fmt.Errorf("encode private key: %w", err)
	}
	defer wipe(private)
	file := publicKeyfile(pair)
	file.PrivateKey = hex0x(private)
	file.SecretPhrase = mnemonic.text
	file.SecretSeed = hex0x(seed)
	return file, pair, nil
}

func publicKeyfile(pair *keys.Pair) *keyfile {
	id := hex0x(pair.Public())
	return &keyfile{AccountID: id, PublicKey: id, SS58Address: pair.Address()}
}

func (k *keyfile) marshal() ([]byte, error) { return json.Marshal(k) }

// parseKeyfile reads plain key-file bytes. Errors name fields, never values.
func parseKeyfile(raw []byte) (*keyfile, error) {
	if len(raw) > maxKeyfile {
		return nil, fmt.Errorf("key file of %d bytes, at most %d are read", len(raw), maxKeyfile)
	}
	var fields map[string]*string
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, fmt.Errorf("key file is not a JSON object of strings")
	}
	get := func(name string) string {
		if v := fields[name]; v != nil {
			return *v
		}
		return ""
	}
	return &keyfile{
		AccountID: get("accountId"), PublicKey: get("publicKey"), PrivateKey: get("privateKey"),
		SecretPhrase: get("secretPhrase"), SecretSeed: get("secretSeed"), SS58Address: get("ss58Address"),
	}, nil
}

// pair loads the key: phrase before seed before private key (wire §9). What the file says about its
// address must agree with its secret: a mixed-up file would send coins astray.
func (k *keyfile) pair() (*keys.Pair, error) {
	pair, err := k.secret()
	if err != nil {
		return nil, err
	}
	if k.SS58Address != "" && k.SS58Address != pair.Address() {
		return nil, fmt.Errorf("key file names %q but its secret belongs to %s; restore it from the mnemonic", k.SS58Address, pair.Address())
	}
	return pair, nil
}

func (k *keyfile) secret() (*keys.Pair, error) {
	switch {
	case k.SecretPhrase != "":
		seed, err := SeedFromMnemonic(Secret{k.SecretPhrase}, Secret{})
		if err != nil {
			return nil, fmt.Errorf("secretPhrase: %w", err)
		}
		defer wipe(seed)
		return keys.FromSeed(seed)
	case k.SecretSeed != "":
		seed, err := unhex0x(k.SecretSeed, keys.SeedSize)
		if err != nil {
			return nil, fmt.Errorf("secretSeed: %w", err)
		}
		defer wipe(seed)
		return keys.FromSeed(seed)
	case k.PrivateKey != "":
		private, err := unhex0x(k.PrivateKey, keys.PrivateSize)
		if err != nil {
			return nil, fmt.Errorf("privateKey: %w", err)
		}
		defer wipe(private)
		pair, err := keys.FromPrivate(private)
		if err != nil {
			return nil, fmt.Errorf("privateKey: not a valid key")
		}
		return pair, nil
	}
	return nil, ErrWatchOnly
}

// address reads the public half; it needs no password.
func (k *keyfile) address() (string, error) {
	if k.SS58Address != "" {
		id, err := keys.ParseSS58(k.SS58Address)
		if err != nil {
			return "", fmt.Errorf("ss58Address: %w", err)
		}
		return keys.SS58(id), nil
	}
	public, err := unhex0x(k.PublicKey, keys.PublicSize)
	if err != nil {
		return "", fmt.Errorf("publicKey: %w", err)
	}
	return keys.SS58(public), nil
}

func hex0x(raw []byte) string { return "0x" + hex.EncodeToString(raw) }

// unhex0x decodes hex with or without 0x; the error leaves the digits out.
func unhex0x(text string, size int) ([]byte, error) {
	raw, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(raw) != size {
		return nil, fmt.Errorf("want 0x and %d hex digits", 2*size)
	}
	return raw, nil
}
