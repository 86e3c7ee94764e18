package crypto

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	cmtcrypto "github.com/cometbft/cometbft/crypto"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"golang.org/x/crypto/blake2b"

	"github.com/ergon-network/ergon/keys"
)

// MultisigType is what a multisig key's Type returns.
const MultisigType = "sr25519-multisig"

// MaxMembers of a multisig (chain §2.2).
const MaxMembers = 100

// Why a multisig, or its signature, is refused.
var (
	ErrMultisig  = errors.New("not a multisig")
	ErrSignature = errors.New("not a signature of the multisig")
)

// multisigTag begins what a multisig's account id is the hash of. With the encoding below it is the
// original's, so that members who knew their account there find it here.
const multisigTag = "modlpy/utilisuba"

var _ cryptotypes.PubKey = (*Multisig)(nil)

// NewMultisig is the key of an account that any threshold of the members may sign for. The order
// of the members does not matter.
func NewMultisig(threshold int, members [][]byte) (*Multisig, error) {
	m := &Multisig{Threshold: uint32(max(threshold, 0))}
	for _, member := range members {
		m.Members = append(m.Members, bytes.Clone(member))
	}
	slices.SortFunc(m.Members, bytes.Compare)
	return m, m.Validate()
}

// Validate checks what makes the key well formed and its account id unique.
func (m *Multisig) Validate() error {
	n := len(m.GetMembers())
	if n < 2 || n > MaxMembers {
		return fmt.Errorf("%w: %d members, from 2 to %d", ErrMultisig, n, MaxMembers)
	}
	if t := m.GetThreshold(); t < 1 || int(t) > n {
		return fmt.Errorf("%w: a threshold of %d with %d members", ErrMultisig, t, n)
	}
	for i, member := range m.Members {
		if len(member) != keys.PublicSize {
			return fmt.Errorf("%w: member %d has %d bytes, a key has %d", ErrMultisig, i, len(member), keys.PublicSize)
		}
		if i > 0 && bytes.Compare(m.Members[i-1], member) >= 0 {
			return fmt.Errorf("%w: %s is listed twice or out of order", ErrMultisig, keys.SS58(member))
		}
	}
	return nil
}

// Address is the account id: 32 bytes, as any account's. A key that is not well formed has none.
func (m *Multisig) Address() cmtcrypto.Address {
	if m.Validate() != nil {
		return nil
	}
	text := append([]byte(multisigTag), compact(len(m.Members))...)
	for _, member := range m.Members {
		text = append(text, member...)
	}
	id := blake2b.Sum256(binary.LittleEndian.AppendUint16(text, uint16(m.Threshold)))
	return id[:]
}

// compact is the length of a list as SCALE writes it; MaxMembers needs two bytes at most.
func compact(n int) []byte {
	if n < 1<<6 {
		return []byte{byte(n << 2)}
	}
	return binary.LittleEndian.AppendUint16(nil, uint16(n<<2|1))
}

// Bytes is the key's encoding.
func (m *Multisig) Bytes() []byte {
	raw, err := m.Marshal()
	if err != nil {
		return nil
	}
	return raw
}

// part is one member's signature inside a multisig's: its place among the members, then 64 bytes.
const part = 1 + keys.SignatureSize

// SignatureSize is how long the multisig's signature is.
func (m *Multisig) SignatureSize() int { return int(m.GetThreshold()) * part }

// Join makes the multisig's signature of its members' over the same message, by public key. It
// takes as many as the threshold, the first members first.
func (m *Multisig) Join(signatures map[string][]byte) ([]byte, error) {
	var out []byte
	for i, member := range m.Members {
		if signature, ok := signatures[string(member)]; ok && len(out) < m.SignatureSize() {
			if len(signature) != keys.SignatureSize {
				return nil, fmt.Errorf("%w: that of %s has %d bytes", ErrSignature, keys.SS58(member), len(signature))
			}
			out = append(append(out, byte(i)), signature...)
		}
	}
	if len(out) < m.SignatureSize() {
		return nil, fmt.Errorf("%w: %d of %d members have signed", ErrSignature, len(out)/part, m.Threshold)
	}
	return out, nil
}

// VerifySignature accepts exactly a threshold of members' signatures over msg, in the order of the
// members, each at most once.
func (m *Multisig) VerifySignature(msg, signature []byte) bool {
	if m.Validate() != nil || len(signature) != m.SignatureSize() {
		return false
	}
	for last := -1; len(signature) > 0; signature = signature[part:] {
		at := int(signature[0])
		if at <= last || at >= len(m.Members) || keys.Verify(m.Members[at], msg, signature[1:part]) != nil {
			return false
		}
		last = at
	}
	return true
}

// Equals compares type and bytes.
func (m *Multisig) Equals(other cryptotypes.PubKey) bool {
	return other != nil && other.Type() == m.Type() && bytes.Equal(other.Bytes(), m.Bytes())
}

// Type is MultisigType.
func (m *Multisig) Type() string { return MultisigType }

// String shows the account's SS58 address.
func (m *Multisig) String() string {
	if id := m.Address(); id != nil {
		return keys.SS58(id)
	}
	return "invalid multisig key"
}
