package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

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
	archive := filepath.Join(s.dir, "my archive.json")
	require.NoError(t, os.WriteFile(archive, []byte(`{"epochs": 4, "frames": [{"stake": [10, 0], "weights": [[0, 1]]}]}`), 0o600))
	told = s.json(exitOK, "lab", "report", archive, "--set", "subnet.kappa=0.4", "-o", one)
	require.Equal(t, "my archive", told["title"])
	require.Nil(t, told["soundness"])
	a, err = os.ReadFile(one)
	require.NoError(t, err)
	require.Contains(t, string(a), "my archive.json&#39; --set subnet.kappa=0.4")
	s.serves()
	s.serves("--json")
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

// serves runs `ergon lab serve` until its page has answered, and returns what it printed.
func (s *shell) serves(args ...string) string {
	t := s.t
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e, out, logs := s.env(strings.NewReader(""))
	args = append([]string{"lab", "serve", "--listen", "127.0.0.1:0"}, args...)
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, e, args) }()
	var page string
	require.Eventually(t, func() bool {
		page = regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(out.String())
		return page != ""
	}, time.Minute, 5*time.Millisecond, "%s", logs)
	archive := `{"epochs": 3, "frames": [{"stake": [10, 0], "weights": [[0, 1]]}]}`
	res, err := http.Post(page+"/replay", "application/json", strings.NewReader(archive))
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	cancel()
	require.Equal(t, exitOK, <-ended, "Ctrl-C is the ordinary end:\n%s", logs)
	s.clean(out.String() + logs.String())
	s.record(args)
	return out.String()
}

func TestLabServes(t *testing.T) {
	s := newShell(t)
	require.Contains(t, s.serves(), "Ctrl-C ends it")
	var at map[string]string
	require.NoError(t, json.Unmarshal([]byte(s.serves("--json")), &at))
	require.Contains(t, at["page"], "http://127.0.0.1:")
	_, message := s.refused(exitFailure, "lab", "serve", "--listen", "127.0.0.1:99999")
	require.Contains(t, message, "another address with --listen")
	_, message = s.refused(exitUsage, "lab", "serve", "--log-level", "loud")
	require.Contains(t, message, "--log-level")
}
