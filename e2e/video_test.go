package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/subnets"
	_ "github.com/ergon-network/ergon/subnets/all"
)

// encoder writes the first my.sh of docs/video.md into a folder and returns that.
func encoder(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../docs/video.md")
	require.NoError(t, err)
	program := regexp.MustCompile("(?s)```\n(#!/bin/sh\n.*?)```").FindSubmatch(raw)
	require.NotNil(t, program)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "my.sh"), program[1], 0o700))
	return dir
}

// TestKilledStoreComesBack kills the object store of a running video market. What was stored is there
// again, miners deliver again, and pay goes on. A visitor that joined by the README's commands with a
// program of its own is paid, too.
func TestKilledStoreComesBack(t *testing.T) {
	long(t)
	if _, err := subnets.Lookup("video"); err != nil {
		t.Skip("only the video market has an object store: ", err)
	}
	tool, err := media.Find()
	if errors.Is(err, media.ErrNoTool) {
		t.Skip("the video market cannot measure here; `make setup` installs what it needs: ", err)
	}
	t.Parallel()
	// A round takes about 23 s, because a strategy that never answers is waited for; a tempo holds one.
	m := run(t, filepath.Join(t.TempDir(), "net"), "--subnet", "video", "--validators", "1", "--block-time", "500ms", "--tempo", "50")
	state := m.ready()
	c := follow(t, m.port("producer-1-rpc"))

	url := regexp.MustCompile(`ERGON_S3='?(s3://[^'\n]*)`).FindStringSubmatch(m.read("env"))
	require.NotNil(t, url)
	store, err := objectstore.Open(t.Context(), url[1])
	require.NoError(t, err)
	shell, own := m.visitor("cd "+encoder(t)+"\n"+script(t), media.BinaryEnv+"="+tool.Path(), "PATH="+filepath.Dir(tool.Path())+":"+filepath.Dir(ergon)+":"+os.Getenv("PATH"))
	const content = "was here before"
	_, err = store.Put(t.Context(), "kept", strings.NewReader(content), 100)
	require.NoError(t, err)
	link, err := store.PresignGet(t.Context(), "kept", time.Hour)
	require.NoError(t, err)
	m.await("a clip is scored", awhile, func(s explorer.State) bool { return neuron(t, s, "x264").Tasks > 0 })

	was := running(state, "s3")
	kill(t, was.PID, syscall.SIGKILL)
	m.await("the store runs again", soon, func(s explorer.State) bool {
		now := running(s, "s3")
		return now.State == "running" && now.PID != was.PID
	})
	since := c.head()
	eventually(t, soon, "the store has what it had", func() bool {
		body, ok := get(link)
		return ok && body == content
	})
	before := neuron(t, m.ready(), "x264")
	m.await("clips are scored again", 2*time.Minute, func(s explorer.State) bool {
		n := neuron(t, s, "x264")
		return n.Tasks > before.Tasks+1 && n.Score > before.Score
	})
	c.paid(since)
	earned, _ := c.ledger.Earned(1, neuron(t, state, "x264").Hotkey)
	require.Positive(t, earned)
	c.until("the visitor's own encoder is paid", awhile, func() bool {
		earned, _ := c.ledger.Earned(1, own)
		return earned > 0 || !shell.running()
	})
	require.True(t, shell.running(), "%s%s", &shell.out, &shell.err)
	shell.signal(os.Interrupt)
	require.Zero(t, shell.exit(gone))
	auditAt(t, m.port("producer-1-rpc"), 0)
	m.plain(shell)
	m.interrupt(0)
}
