package ledger

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/chain/client"
	subnettypes "github.com/ergon-network/ergon/chain/x/subnet/types"
	"github.com/ergon-network/ergon/consensus/pow"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/solver"
)

// registrar answers registrations with the errors it is given, one after the other, then with uid 5.
type registrar struct {
	t       *testing.T
	closed  bool
	answers []error
	nonces  []uint64
	hotkey  *keys.Pair
}

func (l *registrar) Work(context.Context, uint16) (*subnettypes.QueryWorkResponse, error) {
	hash := sha256.Sum256(fmt.Append(nil, len(l.nonces)))
	return &subnettypes.QueryWorkResponse{Block: uint64(10 + len(l.nonces)), Hash: hash[:], Difficulty: 20, Open: !l.closed}, nil
}

func (l *registrar) RegisterPow(_ context.Context, hotkey *keys.Pair, coldkey string, netuid uint16, _, nonce uint64, _ [pow.Size]byte) (uint16, *client.Receipt, error) {
	require.Equal(l.t, l.hotkey, hotkey)
	require.Equal(l.t, "cold", coldkey)
	require.EqualValues(l.t, 3, netuid)
	l.nonces = append(l.nonces, nonce)
	if n := len(l.nonces); n <= len(l.answers) {
		return 0, nil, l.answers[n-1]
	}
	return 5, &client.Receipt{}, nil
}

func TestRegisterGoesOnUntilItHasAUid(t *testing.T) {
	hotkey, err := keys.Generate()
	require.NoError(t, err)
	l := &registrar{t: t, hotkey: hotkey, answers: []error{
		subnettypes.ErrInvalidWorkBlock, fmt.Errorf("late: %w", client.ErrNotIncluded), subnettypes.ErrInvalidDifficulty,
		subnettypes.ErrTooManyRegistrationsThisBlock,
	}}
	uid, _, err := RegisterByWork(t.Context(), l, hotkey, "cold", 3, solver.Options{})
	require.NoError(t, err)
	require.EqualValues(t, 5, uid)
	require.Len(t, l.nonces, 5)
	require.NotEqual(t, l.nonces[0], l.nonces[1], "late work is not tried again")
	require.Equal(t, l.nonces[3], l.nonces[4], "work whose block was full is good for the next")

	l = &registrar{t: t, hotkey: hotkey, answers: []error{subnettypes.ErrHotKeyAlreadyRegisteredInSubNet}}
	_, _, err = RegisterByWork(t.Context(), l, hotkey, "cold", 3, solver.Options{})
	require.ErrorIs(t, err, subnettypes.ErrHotKeyAlreadyRegisteredInSubNet)
	_, _, err = RegisterByWork(t.Context(), &registrar{t: t, hotkey: hotkey, closed: true}, hotkey, "cold", 3, solver.Options{})
	require.ErrorIs(t, err, ErrClosed)
}
