package wallet

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/oasisprotocol/curve25519-voi/primitives/sr25519"
	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/scrypt"

	"github.com/ergon-network/ergon/keys"
)

// Accounts exported by Polkadot-JS, version 3 (wire §9): base64 of scrypt's salt and parameters, then
// nonce and secretbox of a PKCS#8 frame around the private key in Ed25519's scaling.
const (
	polkadotSalt = 32
	polkadotHead = polkadotSalt + 3*4 // N, p, r as little-endian u32
	maxScrypt    = 512 << 20          // bytes of memory that a file may ask for
	maxParallel  = 16
)

var (
	pkcs8Head = []byte{48, 83, 2, 1, 1, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32}
	pkcs8Mid  = []byte{161, 35, 3, 33, 0}

	errPolkadot = errors.New("the exported account is damaged")
)

type polkadotFile struct {
	Encoded  string `json:"encoded"`
	Encoding struct {
		Content []string `json:"content"`
		Type    []string `json:"type"`
		Version string   `json:"version"`
	} `json:"encoding"`
}

func isPolkadot(raw []byte) bool {
	var f polkadotFile
	return json.Unmarshal(raw, &f) == nil && f.Encoded != "" && f.Encoding.Version != ""
}

// openPolkadot returns the account as a plain key file.
func openPolkadot(password, raw []byte) ([]byte, error) {
	var f polkadotFile
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, errPolkadot
	}
	e := f.Encoding
	if e.Version != "3" || !slices.Contains(e.Content, "sr25519") || !slices.Equal(e.Type, []string{"scrypt", "xsalsa20-poly1305"}) {
		return nil, fmt.Errorf("an account of version %q with %q, encrypted by %q, is not read; export an sr25519 account anew, or import its mnemonic", e.Version, e.Content, e.Type)
	}
	sealed, err := base64.StdEncoding.DecodeString(f.Encoded)
	if err != nil || len(sealed) < polkadotHead+nonceSize {
		return nil, errPolkadot
	}
	key, err := polkadotKey(password, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(key[:])
	box := sealed[polkadotHead:]
	frame, ok := secretbox.Open(nil, box[nonceSize:], (*[nonceSize]byte)(box), key)
	if !ok {
		return nil, ErrPassword
	}
	defer clear(frame)
	return readFrame(frame)
}

func polkadotKey(password, head []byte) (*[keySize]byte, error) {
	number := func(i int) uint64 { return uint64(binary.LittleEndian.Uint32(head[polkadotSalt+4*i:])) }
	n, p, r := number(0), number(1), number(2)
	if n < 2 || p < 1 || r < 1 || p > maxParallel || n > maxScrypt/128/r {
		return nil, fmt.Errorf("the exported account asks for scrypt with N=%d, r=%d, p=%d, at most %d MiB are spent", n, r, p, maxScrypt>>20)
	}
	key, err := scrypt.Key(password, head[:polkadotSalt], int(n), int(r), int(p), keySize)
	if err != nil {
		return nil, errPolkadot
	}
	return (*[keySize]byte)(key), nil
}

func readFrame(frame []byte) ([]byte, error) {
	rest, headed := bytes.CutPrefix(frame, pkcs8Head)
	if !headed || len(rest) != keys.PrivateSize+len(pkcs8Mid)+keys.PublicSize || !bytes.HasPrefix(rest[keys.PrivateSize:], pkcs8Mid) {
		return nil, errPolkadot
	}
	secret, err := sr25519.NewSecretKeyFromEd25519Bytes(rest[:keys.PrivateSize])
	if err != nil {
		return nil, errPolkadot
	}
	private, err := secret.MarshalBinary()
	if err != nil {
		return nil, errPolkadot
	}
	defer clear(private)
	pair, err := keys.FromPrivate(private)
	if err != nil {
		return nil, errPolkadot
	}
	defer pair.Close()
	if !bytes.Equal(pair.Public(), rest[keys.PrivateSize+len(pkcs8Mid):]) {
		return nil, errPolkadot
	}
	k, err := pairKeyfile(pair)
	if err != nil {
		return nil, err
	}
	defer k.close()
	return k.marshal()
}
