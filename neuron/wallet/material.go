package wallet

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/ergon-network/ergon/keys"
)

// Material is what a key is restored from: a secret, or for a key that lives elsewhere its address.
// Close wipes it.
type Material struct{ file *keyfile }

// Address is the key's SS58 address.
func (m *Material) Address() string { return m.file.public }

// WatchOnly tells whether there is an address and no secret.
func (m *Material) WatchOnly() bool {
	return m.file.phrase.Empty() && m.file.seed.Empty() && m.file.private.Empty()
}

// Close wipes the secret.
func (m *Material) Close() { m.file.close() }

// Watch is a key of which only the address is known here. Errors wrap keys.ErrAddress.
func Watch(address string) (*Material, error) {
	if _, err := keys.ParseSS58(address); err != nil {
		return nil, err
	}
	return &Material{&keyfile{public: address}}, nil
}

// Parse reads a secret that a person typed or a program piped: a mnemonic of 12 to 24 words; a seed,
// 0x and 64 hex digits; an expanded private key, 0x and 128; or a secret URI like phrase//hard/soft
// (wire §9). Errors never quote it.
func Parse(secret Secret) (*Material, error) {
	text := bytes.TrimSpace(secret.bytes())
	var k *keyfile
	var err error
	switch {
	case len(text) == 0:
		return nil, fmt.Errorf("no secret: give a mnemonic, a seed, a private key or a secret URI")
	case bytes.ContainsRune(text, '/'):
		k, err = uriKeyfile(text)
	case !bytes.HasPrefix(text, []byte("0x")):
		k, err = newKeyfile(NewSecret(text))
	case len(text) == 2+2*keys.PrivateSize:
		k, err = privateKeyfile(text)
	default:
		var seed []byte
		if seed, err = unhex0x(text, keys.SeedSize); err == nil {
			k, err = seedKeyfile(seed)
		}
	}
	if err != nil {
		return nil, err
	}
	return &Material{k}, nil
}

func uriKeyfile(text []byte) (*keyfile, error) {
	pair, err := FromURI(NewSecret(text))
	if err != nil {
		return nil, err
	}
	defer pair.Close()
	return pairKeyfile(pair)
}

func privateKeyfile(text []byte) (*keyfile, error) {
	private, err := unhex0x(text, keys.PrivateSize)
	if err != nil {
		return nil, err
	}
	defer clear(private)
	pair, err := keys.FromPrivate(private)
	if err != nil {
		return nil, fmt.Errorf("not a valid private key: it is a canonical scalar and a nonce")
	}
	defer pair.Close()
	return pairKeyfile(pair)
}

// ReadFile reads a key out of any key file, or out of an account that Polkadot-JS and the wallets of
// browsers exported as JSON; a file with an address only is a key to watch. ask is called if the file
// is encrypted. Errors: ErrNotFound, ErrPassword, ErrWatchOnly for a file with neither.
func ReadFile(path string, ask func() ([]byte, error)) (*Material, error) {
	raw, err := readFile(path)
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	plain, err := unlock(raw, ask)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	defer clear(plain)
	k, err := completeKeyfile(plain)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Material{k}, nil
}

// completeKeyfile reads a plain key file and fills in all that follows from its secret.
func completeKeyfile(plain []byte) (*keyfile, error) {
	file, err := parseKeyfile(plain)
	if err != nil {
		return nil, err
	}
	defer file.close()
	pair, err := file.pair()
	if errors.Is(err, ErrWatchOnly) && file.public != "" {
		return &keyfile{public: file.public}, nil
	}
	if err != nil {
		return nil, err
	}
	defer pair.Close()
	switch {
	case !file.phrase.Empty():
		return newKeyfile(file.phrase)
	case !file.seed.Empty():
		return seedKeyfile(bytes.Clone(file.seed.bytes()))
	}
	return pairKeyfile(pair)
}

// unlock opens an encrypted file and returns a fresh slice, for the caller to wipe.
func unlock(raw []byte, ask func() ([]byte, error)) ([]byte, error) {
	var opened func(password, raw []byte) ([]byte, error)
	switch {
	case FormOf(raw).encrypted():
		opened = open
	case isPolkadot(raw):
		opened = openPolkadot
	default:
		return bytes.Clone(raw), nil
	}
	password, err := ask()
	if err != nil {
		return nil, err
	}
	defer clear(password)
	if len(password) == 0 {
		return nil, fmt.Errorf("%w: the key is encrypted", ErrPassword)
	}
	return opened(password, raw)
}
