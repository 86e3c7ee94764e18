package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestANewMarketIsPaid writes a market as a designer does, tests it, builds it and runs its own localnet
// until a tempo is paid.
func TestANewMarketIsPaid(t *testing.T) {
	long(t)
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "plums")
	checkout, err := filepath.Abs("..")
	require.NoError(t, err)
	tell(t, nil, 0, "scaffold", "plums", "--dir", dir, "--replace", checkout)
	for _, args := range [][]string{{"vet", "./..."}, {"test", "./..."}, {"build"}} {
		c := exec.Command("go", args...)
		c.Dir, c.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%v\n%s", c, out)
	}
	net := filepath.Join(dir, "net")
	p := start(t, nil, filepath.Join(dir, "plums"), append([]string{"localnet", "--dir", net, "--tempos", "1"}, quick...)...)
	require.Zero(t, p.exit(awhile), "%s%s", &p.out, &p.err)
	require.Contains(t, p.out.String(), "Adds up to the rao")
	require.Contains(t, p.out.String(), "honest")
	m := &market{p, net}
	require.Contains(t, m.read("plan.json"), `"market": "plums"`)
	m.logs(func(name, text string) { require.NotContains(t, text, bech32, name) })
}
