package wallet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
	"github.com/oasisprotocol/curve25519-voi/primitives/merlin"
	voi "github.com/oasisprotocol/curve25519-voi/primitives/sr25519"
	"golang.org/x/crypto/blake2b"

	"github.com/ergon-network/ergon/keys"
)

// devPhrase is what a secret URI without a phrase stands on: public, for test networks only.
const devPhrase = "bottom drive obey lake curtain smoke basket hold race lonely fit walk"

// maxJunctions bounds the derivation path of a secret URI.
const maxJunctions = 32

// FromURI derives a pair from a Substrate secret URI `phrase//hard/soft///password` (wire §9).
// An empty phrase means the public development phrase, so "//Alice" is everybody's Alice.
func FromURI(uri Secret) (*keys.Pair, error) {
	text, password, _ := strings.Cut(uri.text, "///")
	phrase, path := text, ""
	if i := strings.IndexByte(text, '/'); i >= 0 {
		phrase, path = text[:i], text[i:]
	}
	if phrase == "" {
		phrase = devPhrase
	}
	junctions, err := parsePath(path)
	if err != nil {
		return nil, err
	}
	seed, err := SeedFromMnemonic(Secret{phrase}, Secret{password})
	if err != nil {
		return nil, err
	}
	defer wipe(seed)
	mini, err := voi.NewMiniSecretKeyFromBytes(seed)
	if err != nil {
		return nil, fmt.Errorf("expand seed: %w", err)
	}
	secret := mini.ExpandEd25519()
	for _, j := range junctions {
		if secret, err = j.derive(secret); err != nil {
			return nil, fmt.Errorf("derive a junction of the secret URI: %w", err)
		}
	}
	private, err := secret.MarshalBinary()
	if err != nil {
		return nil, fmt.Errorf("encode derived key: %w", err)
	}
	defer wipe(private)
	return keys.FromPrivate(private)
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

// chainCode encodes a junction's name: a u64 as 8 little-endian bytes, else a SCALE string; zero
// padded to 32 bytes, hashed when longer.
func chainCode(name string) (code [32]byte) {
	if n, err := strconv.ParseUint(name, 10, 64); err == nil {
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

func (j junction) derive(parent *voi.SecretKey) (*voi.SecretKey, error) {
	t := merlin.NewTranscript("SchnorrRistrettoHDKD")
	t.AppendMessage("sign-bytes", nil)
	t.AppendMessage("chain-code", j.code[:])
	raw, err := parent.MarshalBinary()
	if err != nil {
		return nil, err
	}
	defer wipe(raw)
	if j.hard {
		t.AppendMessage("secret-key", raw[:voi.SecretKeyScalarSize])
		var seed [keys.SeedSize]byte
		defer wipe(seed[:])
		t.ExtractBytes(seed[:], "HDKD-hard")
		mini, err := voi.NewMiniSecretKeyFromBytes(seed[:])
		if err != nil {
			return nil, err
		}
		return mini.ExpandEd25519(), nil
	}
	public, err := parent.PublicKey().MarshalBinary()
	if err != nil {
		return nil, err
	}
	t.AppendMessage("public-key", public)
	return softChild(t, raw)
}

// softChild adds the transcript's scalar to the parent's. The nonce seed only has to be secret and
// distinct per child; it is drawn from the same transcript keyed with the parent's own.
func softChild(t *merlin.Transcript, parent []byte) (*voi.SecretKey, error) {
	var wide [scalar.ScalarWideSize]byte
	t.ExtractBytes(wide[:], "HDKD-scalar")
	offset, err := scalar.NewFromBytesModOrderWide(wide[:])
	if err != nil {
		return nil, err
	}
	key, err := scalar.NewFromCanonicalBytes(parent[:voi.SecretKeyScalarSize])
	if err != nil {
		return nil, err
	}
	child := make([]byte, voi.SecretKeySize)
	defer wipe(child)
	if err := scalar.New().Add(key, offset).ToBytes(child[:voi.SecretKeyScalarSize]); err != nil {
		return nil, err
	}
	t.AppendMessage("nonce", parent[voi.SecretKeyScalarSize:])
	t.ExtractBytes(child[voi.SecretKeyScalarSize:], "HDKD-nonce")
	return voi.NewSecretKeyFromBytes(child)
}
