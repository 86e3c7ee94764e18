package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// reports is the part of the designer's walk in which runs are looked at.
func (s *shell) reports() {
	t := s.t
	one, two := filepath.Join(s.dir, "one.html"), filepath.Join(s.dir, "two.html")
	run := []string{"lab", "report", "control-liar", "--epochs", "8", "--seeds", "2", "--seed", "3"}
	require.Contains(t, s.text(exitOK, append(run, "-o", one)...), "seed 3")
	told := s.json(exitOK, append(run, "-o", two)...)
	require.Equal(t, two, told["file"])
	require.EqualValues(t, 8, told["epochs"])
	require.NotEmpty(t, told["soundness"])
	a, err := os.ReadFile(one)
	require.NoError(t, err)
	b, err := os.ReadFile(two)
	require.NoError(t, err)
	require.Equal(t, string(a), string(b), "the same scenario and seed")
	require.EqualValues(t, len(b), told["bytes"])
	require.Contains(t, string(a), "ergon lab report control-liar --epochs 8 --seed 3 --seeds 2")
}

func TestLabReports(t *testing.T) { newShell(t).reports() }

func TestLabReportErrors(t *testing.T) {
	s := newShell(t)
	_, message := s.refused(exitUsage, "lab", "report", "liar", "--seeds", "1")
	require.Contains(t, message, "--seeds is 1")
	_, message = s.refused(exitUsage, "lab", "report", "nowhere")
	require.Contains(t, message, "ergon lab scenarios")
	_, message = s.refused(exitFailure, "lab", "report", "control-liar", "--epochs", "2", "--seeds", "2", "-o", filepath.Join(s.dir, "none", "x.html"))
	require.Contains(t, message, "another file with -o")
}
