package wallet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
	"github.com/oasisprotocol/curve25519-voi/primitives/merlin"
	"golang.org/x/crypto/blake2b"

	"github.com/ergon-network/ergon/keys"
)

// devPhrase is what a secret URI without a phrase stands on: public, for test networks only.
const devPhrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"

// maxJunctions bounds the derivation path of a secret URI.
const maxJunctions = 32

// FromURI derives a pair from a Substrate secret URI `phrase//hard/soft///password` (wire §9). The
// phrase may be a seed, 0x and 64 hex digits. An empty phrase means the public development phrase, so
// "//Alice" is everybody's Alice.
func FromURI(uri Secret) (*keys.Pair, error) {
	text, password, _ := bytes.Cut(uri.bytes(), []byte("///"))
	phrase, path := text, ""
	if i := bytes.IndexByte(text, '/'); i >= 0 {
		phrase, path = text[:i], string(text[i:])
	}
	junctions, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	seed, err := uriSeed(phrase, password)
	if err != nil {
		return nil, err
	}
	defer clear(seed)
	pair, err := keys.FromSeed(seed)
	if err != nil {
		return nil, err
	}
	for _, j := range junctions {
		child, err := j.derive(pair)
		pair.Close()
		if err != nil {
			return nil, fmt.Errorf("derive a junction of the secret URI: %w", err)
		}
		pair = child
	}
	return pair, nil
}

func uriSeed(phrase, password []byte) ([]byte, error) {
	if bytes.HasPrefix(phrase, []byte("0x")) {
		seed, err := unhex0x(phrase, keys.SeedSize)
		if err != nil {
			return nil, fmt.Errorf("seed of the secret URI: %w", err)
		}
		return seed, nil
	}
	if len(phrase) == 0 {
		phrase = []byte(devPhrase)
	}
	return SeedFromMnemonic(NewSecret(phrase), NewSecret(password))
}

type junction struct {
	hard bool
	code [32]byte
}

func parsePath(path string) ([]junction, error) {
	var out []junction
	for path != "" {
		var j junction
		path = path[1:]
		if j.hard = strings.HasPrefix(path, "/"); j.hard {
			path = path[1:]
		}
		name := path
		if i := strings.IndexByte(path, '/'); i >= 0 {
			name = path[:i]
		}
		if name == "" || len(out) == maxJunctions {
			return nil, errors.New("secret URI: a junction needs a name, and a path at most 32 of them")
		}
		path = path[len(name):]
		j.code = chainCode(name)
		out = append(out, j)
	}
	return out, nil
}

// chainCode encodes a junction's name: a u64, which Substrate reads with or without a plus sign, as 8
// little-endian bytes, else a SCALE string; zero padded to 32 bytes, hashed when longer.
func chainCode(name string) (code [32]byte) {
	if n, err := strconv.ParseUint(strings.TrimPrefix(name, "+"), 10, 64); err == nil {
		binary.LittleEndian.PutUint64(code[:], n)
		return code
	}
	raw := append(compactLength(len(name)), name...)
	if len(raw) > len(code) {
		return blake2b.Sum256(raw)
	}
	copy(code[:], raw)
	return code
}

// compactLength is SCALE's compact integer, of which names need the first three forms.
func compactLength(n int) []byte {
	switch {
	case n < 1<<6:
		return []byte{byte(n << 2)}
	case n < 1<<14:
		return binary.LittleEndian.AppendUint16(nil, uint16(n<<2|1))
	}
	return binary.LittleEndian.AppendUint32(nil, uint32(n<<2|2))
}

func (j junction) derive(parent *keys.Pair) (*keys.Pair, error) {
	private, err := parent.Private()
	if err != nil {
		return nil, err
	}
	defer clear(private)
	t := merlin.NewTranscript("SchnorrRistrettoHDKD")
	t.AppendMessage("sign-bytes", nil)
	t.AppendMessage("chain-code", j.code[:])
	if !j.hard {
		t.AppendMessage("public-key", parent.Public())
		return softChild(t, private)
	}
	t.AppendMessage("secret-key", private[:scalar.ScalarSize])
	var seed [keys.SeedSize]byte
	defer clear(seed[:])
	t.ExtractBytes(seed[:], "HDKD-hard")
	return keys.FromSeed(seed[:])
}

// softChild adds the transcript's scalar to the parent's. The nonce seed only has to be secret and
// distinct per child; it is drawn from the same transcript keyed with the parent's own.
func softChild(t *merlin.Transcript, parent []byte) (*keys.Pair, error) {
	var wide [scalar.ScalarWideSize]byte
	t.ExtractBytes(wide[:], "HDKD-scalar")
	offset, err := scalar.NewFromBytesModOrderWide(wide[:])
	if err != nil {
		return nil, err
	}
	key, err := scalar.NewFromCanonicalBytes(parent[:scalar.ScalarSize])
	if err != nil {
		return nil, err
	}
	defer key.Zero()
	child := make([]byte, keys.PrivateSize)
	defer clear(child)
	sum := scalar.New().Add(key, offset)
	defer sum.Zero()
	if err := sum.ToBytes(child[:scalar.ScalarSize]); err != nil {
		return nil, err
	}
	t.AppendMessage("nonce", parent[scalar.ScalarSize:])
	t.ExtractBytes(child[scalar.ScalarSize:], "HDKD-nonce")
	return keys.FromPrivate(child)
}
