package crypto

import (
	"testing"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/keys"
)

func pair(t *testing.T, fill byte) *keys.Pair {
	t.Helper()
	seed := make([]byte, keys.SeedSize)
	for i := range seed {
		seed[i] = fill
	}
	p, err := keys.FromSeed(seed)
	require.NoError(t, err)
	return p
}

func TestAddressIsTheKey(t *testing.T) {
	p := pair(t, 1)
	pub := NewPubKey(p.Public())
	require.Equal(t, p.Public(), pub.Address().Bytes())
	require.Equal(t, p.Address(), pub.String())
}

func TestVerifySignature(t *testing.T) {
	p, msg := pair(t, 2), []byte("sign bytes of a transaction")
	pub := NewPubKey(p.Public())
	bare, err := p.Sign(msg)
	require.NoError(t, err)
	wrapped, err := p.Sign([]byte("<Bytes>" + string(msg) + "</Bytes>"))
	require.NoError(t, err)
	tampered := append([]byte(nil), bare...)
	tampered[3] ^= 1

	for name, c := range map[string]struct {
		pub  *PubKey
		sig  []byte
		want bool
	}{
		"bare":            {pub, bare, true},
		"wrapped":         {pub, wrapped, true},
		"tampered":        {pub, tampered, false},
		"another key":     {NewPubKey(pair(t, 3).Public()), bare, false},
		"short signature": {pub, bare[:63], false},
		"no signature":    {pub, nil, false},
		"short key":       {&PubKey{Key: p.Public()[:31]}, bare, false},
		"no key":          {&PubKey{}, bare, false},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, c.pub.VerifySignature(msg, c.sig)) })
	}
}

func TestEquals(t *testing.T) {
	a := NewPubKey(pair(t, 1).Public())
	require.True(t, a.Equals(NewPubKey(pair(t, 1).Public())))
	require.False(t, a.Equals(NewPubKey(pair(t, 2).Public())))
	require.False(t, a.Equals(&ed25519.PubKey{Key: a.Key}), "another scheme with the same bytes is another key")
	require.False(t, a.Equals(nil))
}

func TestPacksAsAccountKey(t *testing.T) {
	registry := codectypes.NewInterfaceRegistry()
	RegisterInterfaces(registry)
	cdc := codec.NewProtoCodec(registry)
	in := NewPubKey(pair(t, 4).Public())
	raw, err := cdc.MarshalInterfaceJSON(in)
	require.NoError(t, err)
	var out cryptotypes.PubKey
	require.NoError(t, cdc.UnmarshalInterfaceJSON(raw, &out))
	require.True(t, in.Equals(out))
}
