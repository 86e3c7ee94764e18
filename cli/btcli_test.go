package cli

import (
	"fmt"
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

// TestComplaintsNameRealTests holds the other table of docs/btcli.md against the tests it names.
func TestComplaintsNameRealTests(t *testing.T) {
	const top = "../"
	text, err := os.ReadFile(top + "docs/btcli.md")
	require.NoError(t, err)
	rows := regexp.MustCompile(`(?m)^\| (\d+) \|.*\|([^|]*)\|$`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, rows, 24)
	for i, row := range rows {
		require.Equal(t, fmt.Sprint(i+1), row[1])
		folder := ""
		for _, m := range regexp.MustCompile("`(?:([a-z/]+) )?(Test\\w+)`").FindAllStringSubmatch(row[2], -1) {
			if m[1] != "" {
				folder = m[1]
			}
			require.True(t, declared(t, top+folder, m[2]), "%s has no %s", folder, m[2])
		}
	}
}

func declared(t *testing.T, folder, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		if strings.Contains(string(text), "func "+test+"(") {
			return true
		}
	}
	return false
}

// TestMoveAndTransferSayWhatChangesHands: the two sound the same.
func TestMoveAndTransferSayWhatChangesHands(t *testing.T) {
	s := newShell(t)
	move, _ := s.exec(exitOK, "stake", "move", "--help")
	require.Contains(t, strings.Join(strings.Fields(move), " "), "The coins stay the wallet's: only whom they back changes")
	transfer, _ := s.exec(exitOK, "wallet", "transfer", "--help")
	require.Contains(t, strings.Join(strings.Fields(transfer), " "), "The receiver owns them")
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
		require.NotContains(t, string(page), s.dir, "the folder of wallets of whoever wrote the manual")
	}
}
