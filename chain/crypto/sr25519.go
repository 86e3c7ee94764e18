// Package crypto lets the ledger's accounts be sr25519 keys: it gives the generated PubKey the
// methods the Cosmos SDK asks of an account key. The mathematics is in package keys.
package crypto

import (
	"bytes"
	"encoding/hex"

	cmtcrypto "github.com/cometbft/cometbft/crypto"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"

	"github.com/ergon-network/ergon/keys"
)

// KeyType is what Type returns and what tells sr25519 keys from the SDK's own.
const KeyType = "sr25519"

var _ cryptotypes.PubKey = (*PubKey)(nil)

// NewPubKey wraps a 32-byte public key.
func NewPubKey(public []byte) *PubKey { return &PubKey{Key: bytes.Clone(public)} }

// RegisterInterfaces makes our keys decodable wherever a transaction carries an account key.
func RegisterInterfaces(registry codectypes.InterfaceRegistry) {
	registry.RegisterImplementations((*cryptotypes.PubKey)(nil), &PubKey{}, &Multisig{})
}

// Address is the whole 32-byte key: the account id is the public key, not a hash of it (chain §2.1).
func (m *PubKey) Address() cmtcrypto.Address { return cmtcrypto.Address(m.Bytes()) }

// Bytes is the 32-byte public key.
func (m *PubKey) Bytes() []byte { return m.GetKey() }

// VerifySignature accepts a signature over the bare message or over <Bytes>message</Bytes>, the
// form browser wallets make. A key or signature of a wrong length verifies nothing.
func (m *PubKey) VerifySignature(msg, sig []byte) bool {
	return keys.Verify(m.Bytes(), msg, sig) == nil
}

// Equals compares type and bytes.
func (m *PubKey) Equals(other cryptotypes.PubKey) bool {
	return other != nil && other.Type() == m.Type() && bytes.Equal(other.Bytes(), m.Bytes())
}

// Type is KeyType.
func (m *PubKey) Type() string { return KeyType }

// String shows the SS58 address, or the raw bytes when they are no 32-byte key.
func (m *PubKey) String() string {
	if len(m.Bytes()) != keys.PublicSize {
		return "invalid sr25519 key " + hex.EncodeToString(m.Bytes())
	}
	return keys.SS58(m.Bytes())
}
