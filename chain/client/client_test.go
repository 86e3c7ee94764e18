package client

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Who waits for a node that is away learns that it is away, also when the time is up while it is asked.
func TestANodeThatIsAwayIsUnreachable(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	_, err := retry(ctx, &Client{url: "http://node"}, func(ctx context.Context) (int, error) {
		if tries++; tries == 1 {
			return 0, errors.New("dial tcp: connection refused")
		}
		cancel()
		return 0, ctx.Err()
	})
	require.ErrorIs(t, err, ErrUnreachable)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "connection refused")
	require.Equal(t, 2, tries)

	_, err = retry(ctx, &Client{}, func(ctx context.Context) (int, error) { return 0, ctx.Err() })
	require.NotErrorIs(t, err, ErrUnreachable, "nothing says that the node is away")
}
