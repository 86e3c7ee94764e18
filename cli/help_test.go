package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/internal/ports/porttest"
)

// shell runs command lines in one surroundings and looks at every answer the same way: nothing
// ever shows a bech32 address, JSON is one document, text fits the screen.
type shell struct {
	t    *testing.T
	dir  string
	node string
	vars map[string]string
	now  func() time.Time
	done map[string]bool // "path --json" and "path" of commands that succeeded
}

func newShell(t *testing.T) *shell {
	t.Helper()
	s := &shell{t: t, dir: t.TempDir(), node: "127.0.0.1:1", now: time.Now, done: map[string]bool{}}
	s.vars = map[string]string{"ERGON_WALLETS": filepath.Join(s.dir, "wallets")}
	return s
}

// env is a process without a terminal.
func (s *shell) env(in io.Reader) (e *env, out, err *buffer) {
	out, err = &buffer{}, &buffer{}
	vars := maps.Clone(s.vars)
	vars["ERGON_NODE"] = s.node
	return &env{in: in, out: out, err: err, now: s.now, market: "template", getenv: func(k string) string { return vars[k] }}, out, err
}

// exec runs a command line and returns what it printed, once it ended with the exit code.
func (s *shell) exec(want int, args ...string) (stdout, stderr string) {
	s.t.Helper()
	e, out, errs := s.env(strings.NewReader(""))
	got := run(context.Background(), e, args)
	require.Equal(s.t, want, got, "ergon %s\n%s\n%s", strings.Join(args, " "), out, errs)
	s.clean(out.String() + errs.String())
	if got == exitOK {
		s.record(args)
	}
	return out.String(), errs.String()
}

func (s *shell) clean(text string) {
	s.t.Helper()
	require.NotContains(s.t, text, "ergon1", "a bech32 address was shown")
	require.NotContains(s.t, text, "goroutine ", "a stack trace was shown")
}

func (s *shell) record(args []string) {
	c, _, err := newRoot(&env{getenv: os.Getenv, now: time.Now}).Find(args)
	require.NoError(s.t, err)
	path := c.CommandPath()
	if wantsJSON(args) {
		path += " --json"
	}
	s.done[path] = true
}

// text runs a command for a person.
func (s *shell) text(want int, args ...string) string {
	s.t.Helper()
	out, errs := s.exec(want, args...)
	for _, line := range strings.Split(out, "\n") {
		if strings.Contains(line, s.dir) || strings.Contains(strings.Join(args, " "), "--wide") {
			continue
		}
		require.LessOrEqual(s.t, utf8.RuneCountInString(line), screen, "ergon %s prints a wide line:\n%s", strings.Join(args, " "), line)
	}
	if want == exitOK {
		require.NotContains(s.t, errs, "error:")
		return out + errs
	}
	if want != exitFailure || out == "" {
		require.Equal(s.t, 1, strings.Count(errs, "error:"), "told once:\n%s", errs)
	}
	return out + errs
}

// json runs a command for a program: one JSON object on standard output, nothing else anywhere.
func (s *shell) json(want int, args ...string) map[string]any {
	s.t.Helper()
	out, errs := s.exec(want, append(args, "--json")...)
	require.Empty(s.t, errs, "ergon %s --json", strings.Join(args, " "))
	dec := json.NewDecoder(strings.NewReader(out))
	var v map[string]any
	require.NoError(s.t, dec.Decode(&v), "ergon %s --json\n%s", strings.Join(args, " "), out)
	_, err := dec.Token()
	require.ErrorIs(s.t, err, io.EOF, "more than one document:\n%s", out)
	require.NotContains(s.t, out, ": null", "an empty list is [], an absent value is left out")
	if want != exitOK && want != exitFailure {
		require.Contains(s.t, v, "error")
	}
	return v
}

// refused runs a command that fails and returns the error's code and message.
func (s *shell) refused(want int, args ...string) (code, message string) {
	s.t.Helper()
	e, ok := s.json(want, args...)["error"].(map[string]any)
	require.True(s.t, ok)
	return fmt.Sprint(e["code"]), fmt.Sprint(e["message"])
}

// freeAddress is an address of this machine that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	return porttest.Address(t)
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// leaves are the commands that do something.
func leaves(c *cobra.Command) []*cobra.Command {
	if !c.HasSubCommands() {
		return []*cobra.Command{c}
	}
	var out []*cobra.Command
	for _, sub := range c.Commands() {
		out = append(out, leaves(sub)...)
	}
	return out
}
