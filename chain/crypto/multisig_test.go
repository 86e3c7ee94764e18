package crypto

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/keys"
)

func parse(t *testing.T, addresses ...string) (out [][]byte) {
	t.Helper()
	for _, a := range addresses {
		id, err := keys.ParseSS58(a)
		require.NoError(t, err)
		out = append(out, id)
	}
	return out
}

// The three well-known test accounts of the original, two of which are enough: its tools show the
// same account.
func TestMultisigHasTheOriginalsAddress(t *testing.T) {
	members := parse(t, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
		"5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y")
	m, err := NewMultisig(2, members)
	require.NoError(t, err)
	require.Equal(t, "5DjYJStmdZ2rcqXbXGX7TW85JsrW6uG4y9MUcLq2BoPMpRA7", m.String())
	require.Len(t, m.Address(), keys.PublicSize)
	turned, err := NewMultisig(2, [][]byte{members[2], members[0], members[1]})
	require.NoError(t, err)
	require.True(t, m.Equals(turned))
	other, err := NewMultisig(3, members)
	require.NoError(t, err)
	require.NotEqual(t, m.Address(), other.Address())
}

func TestMultisigRefusesMalformedKeys(t *testing.T) {
	a, b := pair(t, 1).Public(), pair(t, 2).Public()
	many := make([][]byte, MaxMembers+1)
	for i := range many {
		many[i] = append(make([]byte, 31), byte(i))
	}
	for name, c := range map[string]struct {
		threshold int
		members   [][]byte
	}{
		"one member": {1, [][]byte{a}}, "nobody need sign": {0, [][]byte{a, b}}, "more than there are": {3, [][]byte{a, b}},
		"twice": {1, [][]byte{a, a}}, "short key": {1, [][]byte{a, b[:31]}}, "too many": {1, many},
	} {
		m, err := NewMultisig(c.threshold, c.members)
		require.ErrorIs(t, err, ErrMultisig, name)
		require.Nil(t, m.Address(), name)
		require.False(t, m.VerifySignature([]byte("x"), nil), name)
	}
	full, err := NewMultisig(MaxMembers, many[:MaxMembers])
	require.NoError(t, err)
	require.Len(t, full.Address(), keys.PublicSize)
}

func TestMultisigVerifiesAThresholdOfMembers(t *testing.T) {
	people := []*keys.Pair{pair(t, 1), pair(t, 2), pair(t, 3)}
	m, err := NewMultisig(2, [][]byte{people[0].Public(), people[1].Public(), people[2].Public()})
	require.NoError(t, err)
	msg, signed := []byte("sign bytes"), map[string][]byte{}
	sign := func(p *keys.Pair, msg []byte) {
		s, err := p.Sign(msg)
		require.NoError(t, err)
		signed[string(p.Public())] = s
	}
	sign(people[0], msg)
	_, err = m.Join(signed)
	require.ErrorIs(t, err, ErrSignature, "one of two")
	sign(pair(t, 9), msg)
	_, err = m.Join(signed)
	require.ErrorIs(t, err, ErrSignature, "a stranger does not count")
	sign(people[2], msg)
	joined, err := m.Join(signed)
	require.NoError(t, err)
	require.True(t, m.VerifySignature(msg, joined))
	require.False(t, m.VerifySignature([]byte("another"), joined))
	require.False(t, m.VerifySignature(msg, append(joined, joined[:part]...)), "more than enough")
	require.False(t, m.VerifySignature(msg, joined[:part]), "not enough")
	require.False(t, m.VerifySignature(msg, append(append([]byte{}, joined[:part]...), joined[:part]...)), "one member twice")
	require.False(t, m.VerifySignature(msg, append(append([]byte{}, joined[part:]...), joined[:part]...)), "out of order")
	joined[0] = 77
	require.False(t, m.VerifySignature(msg, joined), "no such member")
}
