package e2e

import (
	"errors"
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

// TestKilledStoreComesBack kills the object store of a running video market. What was stored is there
// again, miners deliver again, and pay goes on.
func TestKilledStoreComesBack(t *testing.T) {
	long(t)
	if _, err := subnets.Lookup("video"); err != nil {
		t.Skip("only the video market has an object store: ", err)
	}
	if _, err := media.Find(); errors.Is(err, media.ErrNoTool) {
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
	auditAt(t, m.port("producer-1-rpc"), 0)
	m.plain()
	m.interrupt(0)
}
