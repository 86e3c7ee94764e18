package doctor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/ergon-network/ergon/internal/doctor"
)

var ctx = context.Background()

func TestPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	taken := l.Addr().String()
	own := func(context.Context, string) bool { return true }
	alien := func(context.Context, string) bool { return false }

	require.Equal(t, doctor.OK, doctor.Port("p", taken, own)(ctx).Status)
	r := doctor.Port("p", taken, alien)(ctx)
	require.Equal(t, doctor.Warn, r.Status)
	require.NotEmpty(t, r.Remedy)
	require.Equal(t, doctor.Warn, doctor.Port("p", taken, nil)(ctx).Status)
	require.NoError(t, l.Close())
	require.Equal(t, doctor.OK, doctor.Port("p", taken, alien)(ctx).Status)
	require.Equal(t, doctor.Warn, doctor.Port("p", "no address", alien)(ctx).Status)
}

func TestClock(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		head doctor.Head
		err  error
		want doctor.Status
	}{
		{"just now", doctor.Head{Time: now.Add(-12 * time.Second)}, nil, doctor.OK},
		{"slightly ahead", doctor.Head{Time: now.Add(4 * time.Second)}, nil, doctor.OK},
		{"from the future", doctor.Head{Time: now.Add(6 * time.Second)}, nil, doctor.Fail},
		{"long ago", doctor.Head{Time: now.Add(-3 * time.Minute)}, nil, doctor.Warn},
		{"catching up", doctor.Head{Time: now.Add(-time.Hour), CatchingUp: true}, nil, doctor.Warn},
		{"no node", doctor.Head{}, errors.New("down"), doctor.Warn},
	} {
		r := doctor.Clock(func() time.Time { return now }, func(context.Context) (doctor.Head, error) { return c.head, c.err })(ctx)
		require.Equal(t, c.want, r.Status, c.name)
		require.Equal(t, c.want == doctor.OK, r.Remedy == "", c.name)
	}
}

func TestDisk(t *testing.T) {
	dir := t.TempDir()
	free := func(n uint64, err error) func(string) (uint64, error) {
		return func(at string) (uint64, error) {
			require.Equal(t, dir, at, "the closest folder that exists is measured")
			return n, err
		}
	}
	planned := filepath.Join(dir, "not", "yet")
	require.Equal(t, doctor.OK, doctor.Disk(planned, free(10<<30, nil))(ctx).Status)
	require.Equal(t, doctor.Warn, doctor.Disk(planned, free(10<<30-1, nil))(ctx).Status)
	require.Equal(t, doctor.Fail, doctor.Disk(dir, free(1<<30-1, nil))(ctx).Status)
	require.Equal(t, doctor.Warn, doctor.Disk(dir, free(0, errors.New("no")))(ctx).Status)
	n, err := doctor.FreeSpace(dir)
	require.NoError(t, err)
	require.Positive(t, n)
}

func TestWallets(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "wallets")
	require.Equal(t, doctor.OK, doctor.Wallets(dir)(ctx).Status)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "alice", "hotkeys"), 0o700))
	key := filepath.Join(dir, "alice", "coldkey")
	require.NoError(t, os.WriteFile(key, nil, 0o600))
	require.NoError(t, os.WriteFile(key+"pub.txt", nil, 0o644)) // public
	require.Equal(t, doctor.OK, doctor.Wallets(dir)(ctx).Status)
	require.NoError(t, os.Chmod(key, 0o640))
	r := doctor.Wallets(dir)(ctx)
	require.Equal(t, doctor.Warn, r.Status)
	require.Contains(t, r.Detail, "1 of 1")
}

func TestToolAndRun(t *testing.T) {
	found := doctor.Tool("x", func(context.Context) (string, error) { return "x 1.0", nil }, "install x")
	missing := doctor.Tool("x", func(context.Context) (string, error) { return "", errors.New("no x") }, "install x")
	broken := func(context.Context) doctor.Result { return doctor.Result{Name: "b", Status: doctor.Fail} }

	results, healthy := doctor.Run(ctx, found, missing)
	require.True(t, healthy, "a warning is no failure")
	require.Equal(t, doctor.OK, results[0].Status)
	require.Equal(t, doctor.Warn, results[1].Status)
	require.Equal(t, "install x", results[1].Remedy)
	require.True(t, strings.Contains(results[1].Detail, "no x"))
	_, healthy = doctor.Run(ctx, broken, found)
	require.False(t, healthy)
}
