package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A designer's walk: look at a scenario, change it, play it, see who profits.
func TestLabStory(t *testing.T) {
	s := newShell(t)
	out, _ := s.exec(exitOK, "lab", "show", "control-sybil")
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(out, "epochs: 150", "epochs: 20", 1)), 0o600))

	out, _ = s.exec(exitOK, "lab", "table", file, "--seeds", "2")
	require.Contains(t, out, "profitable")
	for _, line := range strings.Split(out, "\n") {
		require.LessOrEqual(t, len([]rune(line)), screen, line)
	}
	var table struct {
		Rows []struct {
			Pay struct {
				Mean float64 `json:"mean"`
			} `json:"pay_of_honest"`
		} `json:"rows"`
	}
	out, _ = s.exec(exitOK, "lab", "table", file, "--seeds", "2", "--json")
	require.NoError(t, json.Unmarshal([]byte(out), &table))
	require.Len(t, table.Rows, 1)
	require.Greater(t, table.Rows[0].Pay.Mean, 2.0)

	out, _ = s.exec(exitOK, "lab", "run", file)
	require.Contains(t, out, "sybil")
	first, _ := s.exec(exitOK, "lab", "run", file, "--json")
	second, _ := s.exec(exitOK, "lab", "run", file, "--json")
	require.Equal(t, first, second)
}

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
		_, errors := s.exec(exitUsage, c.args...)
		require.Contains(t, errors, c.want)
	}
}
