package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// laboratory is a designer's walk: look at a scenario, change it, play it, see who profits.
func (s *shell) laboratory() {
	t := s.t
	require.Contains(t, s.text(exitOK, "lab", "scenarios"), "control-sybil")
	require.Greater(t, len(s.json(exitOK, "lab", "scenarios")["scenarios"].([]any)), 40)
	require.Contains(t, s.text(exitOK, "lab", "plays"), "weight-copier")
	require.NotEmpty(t, s.json(exitOK, "lab", "plays")["plays"])

	file := filepath.Join(s.dir, "mine.yaml")
	shown := s.text(exitOK, "lab", "show", "control-sybil")
	require.Equal(t, shown, s.json(exitOK, "lab", "show", "control-sybil")["file"])
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(shown, "epochs: 150", "epochs: 20", 1)), 0o600))

	require.Contains(t, s.text(exitOK, "lab", "table", file, "--seeds", "2"), "yes")
	require.Contains(t, s.text(exitOK, "lab", "table", "weight-copier-hidden-long", "liar", "--profile", "head-2026-08", "--seeds", "2", "--epochs", "8"), "head-2026-08")
	rows := s.json(exitOK, "lab", "table", file, "--seeds", "2")["rows"].([]any)
	require.Len(t, rows, 1)
	require.Greater(t, rows[0].(map[string]any)["pay_of_honest"].(map[string]any)["mean"], 2.0)

	require.Contains(t, s.text(exitOK, "lab", "run", file), "sybil")
	first, second := s.json(exitOK, "lab", "run", file), s.json(exitOK, "lab", "run", file)
	require.Equal(t, first, second)
	require.Len(t, first["epochs"], 20)
	require.Contains(t, s.text(exitOK, "lab", "run", file, "--epochs", "4", "--on-ledger"), "to the rao")
	require.Equal(t, true, s.json(exitOK, "lab", "run", file, "--epochs", "4", "--on-ledger")["equal"])
}

func TestLaboratory(t *testing.T) { newShell(t).laboratory() }

func TestLabErrors(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"lab scenarios", []string{"lab", "run", "nowhere"}},
		{"no file", []string{"lab", "run", "./nowhere.yaml"}},
		{"it has ergon", []string{"lab", "run", "liar", "--profile", "unheard-of"}},
		{"use 2 to", []string{"lab", "table", "control-liar", "--seeds", "1"}},
		{"known to the laboratory", []string{"lab", "run", "liar", "--market", "plums"}},
	} {
		_, message := s.refused(exitUsage, c.args...)
		require.Contains(t, message, c.want)
	}
}
