package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBtcliTableNamesRealCommands holds docs/btcli.md against the command tree.
func TestBtcliTableNamesRealCommands(t *testing.T) {
	text, err := os.ReadFile("../docs/btcli.md")
	require.NoError(t, err)
	root := newRoot(&env{getenv: os.Getenv, now: time.Now})
	root.InitDefaultCompletionCmd()
	named := 0
	for line := range strings.Lines(string(text)) {
		columns := strings.Split(line, "|")
		if len(columns) < 4 {
			continue
		}
		for _, m := range regexp.MustCompile("`ergon ([^`]+)`").FindAllStringSubmatch(columns[2], -1) {
			args := strings.Fields(m[1])
			c, rest, err := root.Find(args)
			require.NoError(t, err, m[1])
			require.Empty(t, rest, "ergon %s does not exist", m[1])
			require.Equal(t, "ergon "+m[1], c.CommandPath())
			named++
		}
	}
	require.Greater(t, named, 30)
}

func TestExplainAWord(t *testing.T) {
	s := newShell(t)
	require.Contains(t, s.text(exitOK, "explain", "SettingWeightsTooFast"), "weights_rate_limit")
	require.Contains(t, s.text(exitOK, "explain", "setting", "weights", "too", "fast"), "weights_rate_limit")
	found := s.json(exitOK, "explain", "min_burn")["rules"].([]any)
	require.NotEmpty(t, found)
	code, message := s.refused(exitUsage, "explain", "nothing of the kind")
	require.Equal(t, "usage", code)
	require.Contains(t, message, "no rule")
}

func TestManualHasAPageForEveryCommand(t *testing.T) {
	s := newShell(t)
	dir := filepath.Join(s.dir, "man")
	s.text(exitOK, "man", "--dir", dir)
	s.json(exitOK, "man", "--dir", dir)
	for _, c := range leaves(newRoot(&env{getenv: os.Getenv, now: time.Now})) {
		page, err := os.ReadFile(filepath.Join(dir, strings.ReplaceAll(c.CommandPath(), " ", "-")+".1"))
		require.NoError(t, err)
		require.Contains(t, string(page), "EXAMPLE")
	}
}
