package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// interrupt presses Ctrl-C: everything is gone within five seconds.
func (m *market) interrupt(code int) {
	m.t.Helper()
	all := below(m.t, m.cmd.Process.Pid)
	m.signal(os.Interrupt)
	require.Equal(m.t, code, m.exit(gone))
	for _, p := range all {
		require.False(m.t, p.lives(), "%s is left", p.name)
	}
}

// TestAnInterruptedStartIsCompleted presses Ctrl-C at several points of the first start of a directory.
// Nothing is left running, and a later start makes a whole market of it.
func TestAnInterruptedStartIsCompleted(t *testing.T) {
	long(t)
	t.Parallel()
	args := append([]string{"--subnet", "template", "--producers", "2", "--validators", "1"}, quick...)
	dir := filepath.Join(t.TempDir(), "net")
	for _, moment := range []string{"page on", "ledger runs", "wallets funded", "subnets [1] created"} {
		m := run(t, dir, args...)
		eventually(t, soon, moment, func() bool { return strings.Contains(m.out.String(), moment) })
		m.interrupt(130)
		require.Equal(t, "error: interrupted\n", m.err.String())
	}
	m := run(t, dir, append(args, "--tempos", "1")...)
	require.Zero(t, m.exit(awhile), "%s", &m.err)
	require.Contains(t, m.out.String(), "Adds up to the rao")
}
