package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The access log is added to, for its owner's eyes: a miner that starts again keeps what was there.
func TestTheAccessLogIsAddedTo(t *testing.T) {
	var errs bytes.Buffer
	e, f := &env{err: &errs}, &neuronFlags{access: filepath.Join(t.TempDir(), "access.log")}
	for i := range 2 {
		done, err := f.openAccess(e)
		require.NoError(t, err)
		fmt.Fprintln(f.n.Access, "line", i)
		done()
	}
	text, err := os.ReadFile(f.access)
	require.NoError(t, err)
	require.Equal(t, "line 0\nline 1\n", string(text))
	info, err := os.Stat(f.access)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	_, err = (&neuronFlags{access: filepath.Join(t.TempDir(), "none", "access.log")}).openAccess(e)
	require.ErrorIs(t, err, os.ErrNotExist)
	f = &neuronFlags{access: "-"}
	done, err := f.openAccess(e)
	require.NoError(t, err)
	defer done()
	fmt.Fprint(f.n.Access, "shown")
	require.Equal(t, "shown", errs.String())
}
