package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/lab/yumas"
)

// yumas is somebody who asks which form of Yuma rewards finding a server first.
func (s *shell) yumas() {
	t := s.t
	all := s.text(exitOK, "lab", "yumas")
	for _, name := range yumas.Cases() {
		require.Contains(t, all, name)
	}
	require.Len(t, s.json(exitOK, "lab", "yumas")["cases"], len(yumas.Cases()))

	require.Contains(t, s.text(exitOK, "lab", "yumas", "majority-delayed", "--uid", "1"), "EPOCH")
	cases := s.json(exitOK, "lab", "yumas", "majority-delayed")["cases"].([]any)
	require.Len(t, cases, 1)
	models := cases[0].(map[string]any)["models"].([]any)
	require.Len(t, models, len(yumas.Models()))
	require.Len(t, models[0].(map[string]any)["dividends"], 40)

	file := filepath.Join(s.dir, "mine.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"frames": [{"stake": [3, 1, 0], "weights": [[0, 0, 1], [0, 0, 1]]}]}`), 0o600))
	require.Contains(t, s.text(exitOK, "lab", "yumas", file), "75 %")
}

func TestLabYumas(t *testing.T) { newShell(t).yumas() }

func TestLabYumasErrors(t *testing.T) {
	s := newShell(t)
	for _, c := range []struct {
		want string
		args []string
	}{
		{"majority-delayed", []string{"lab", "yumas", "nowhere"}},
		{"no file", []string{"lab", "yumas", "./nowhere.json"}},
		{"uids 0 to 4", []string{"lab", "yumas", "clipping", "--uid", "5"}},
	} {
		_, message := s.refused(exitUsage, c.args...)
		require.Contains(t, message, c.want)
	}
}
