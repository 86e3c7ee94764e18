package e2e

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOneMarketOnTwoSubnets runs a market twice: each subnet has neurons of its own and is paid.
func TestOneMarketOnTwoSubnets(t *testing.T) {
	long(t)
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "net")
	m := run(t, dir, append([]string{"--subnet", "template", "--subnet", "template", "--validators", "1", "--tempos", "1", "--json"}, quick...)...)
	require.Zero(t, m.exit(awhile), "%s", &m.err)
	r := one[report](t, m.out.String())
	require.Len(t, r.Subnets, 2)
	seen := map[string]bool{}
	for i, s := range r.Subnets {
		require.EqualValues(t, i+1, *s.Netuid)
		require.Len(t, s.Neurons, 4)
		for _, n := range s.Neurons {
			require.False(t, seen[*n.Hotkey], "%s works on two subnets", *n.Hotkey)
			seen[*n.Hotkey] = true
			require.Equal(t, *n.Strategy != "wrong", *n.Earned > 0, "%s earned %d", *n.Strategy, *n.Earned)
		}
	}
	tell(t, nil, 1, "localnet", "--dir", dir, "--subnet", "template") // it is another localnet
	tell(t, nil, 1, "localnet", "--dir", dir, "--subnet", "nothing")
}
