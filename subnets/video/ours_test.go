package video

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/metagraph"
	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/objectstore/server/servertest"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// program writes a script that stands in for ffmpeg: it obeys, but for the measurement.
func (w *world) program(measuring string) *media.Tool {
	w.t.Helper()
	path := filepath.Join(w.dir, "ffmpeg.sh")
	text := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *libvmaf=model*) %s;; esac\nexec %q \"$@\"\n", measuring, w.tool.Path())
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		w.t.Fatal(err)
	}
	tool, err := media.Open(path, w.tool.Slots())
	if err != nil {
		w.t.Fatal(err)
	}
	return tool
}

func scorer(tool *media.Tool) func(*Config) {
	return func(c *Config) { c.Comparer = media.Scorer{Tool: tool, Limits: media.ResultLimits()} }
}

// hurried is a clock that waits for nothing.
func hurried(c *Config) {
	c.Pause = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
}

// Faults of the validator leave a note and no row: the miner's record stays as it was.
func TestOurFaultsAreNobodysScore(t *testing.T) {
	w := newWorld(t, "miner")
	var asked atomic.Int64
	uid := w.join("honest", w.echo("miner", w.ffmpeg("-c:v", "libx264", "-crf", "24"), func(said answer) (answer, error) {
		asked.Add(1)
		return said, nil
	}))
	v := w.validator()
	first, rows := w.round(v)
	if rows[uid].ID == 0 {
		t.Fatal("no row")
	}
	before, err := v.DB.States(t.Context(), first.Seq)
	if err != nil {
		t.Fatal(err)
	}
	v.DB.Close()

	gone := w.program("exit 1")
	if err := os.Remove(gone.Path()); err != nil {
		t.Fatal(err)
	}
	store := servertest.Start(t, validatorName)
	down := openStore(t, store.URL(validatorName))
	store.Stop()
	tests := []struct {
		name   string
		change func(*Config)
		reason string
		asks   int64 // however often we try
	}{
		{"ffmpeg missing", scorer(gone), "measure", 1},
		{"ffmpeg killed", scorer(w.program("kill -9 $$")), "measure", 1},
		{"our store down", func(c *Config) { c.Bucket = down }, "store", 0},
		{"our disk full", func(c *Config) { c.Fetcher = fullDisk{c.Fetcher} }, "fetch", 1},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			asked.Store(0)
			v := w.validator(c.change, hurried)
			defer v.DB.Close()
			round, rows := w.round(v)
			skips, err := v.DB.Skips(t.Context(), scoredb.Query{Round: round.Seq})
			if err != nil || len(rows) != 0 || len(skips) != 1 || skips[0].Reason != c.reason || skips[0].Error == "" {
				t.Errorf("rows %v, skips %+v, %v", rows, skips, err)
			}
			if asked.Load() != c.asks {
				t.Errorf("the miner was asked %d times, want %d", asked.Load(), c.asks)
			}
			after, err := v.DB.States(t.Context(), round.Seq)
			if err != nil || len(after) != 1 {
				t.Fatalf("%d states, %v", len(after), err)
			}
			after[0].Round = before[0].Round
			if after[0] != before[0] {
				t.Errorf("record %+v, was %+v", after[0], before[0])
			}
		})
	}
}

// fullDisk fails as a fetcher without space does.
type fullDisk struct{ Fetcher }

func (fullDisk) Fetch(context.Context, objectstore.Request) (objectstore.Fetched, error) {
	return objectstore.Fetched{}, &objectstore.OurFault{Reason: objectstore.Disk, Op: "write", Err: syscall.ENOSPC}
}

func TestSilenceOfEverybodyIsOurs(t *testing.T) {
	w := newWorld(t, "miner")
	w.enter("nobody", netip.MustParseAddrPort("127.0.0.1:1"))
	v := w.validator()
	if _, _, err := v.Round(t.Context(), w.snapshot()); !errors.Is(err, ErrNoMiners) {
		t.Errorf("got %v", err)
	}
	if _, err := v.DB.Resume(t.Context()); !errors.Is(err, scoredb.ErrNoRound) {
		t.Errorf("a round was opened: %v", err)
	}
	w.neurons = w.neurons[:1]
	if _, _, err := v.Round(t.Context(), w.snapshot()); !errors.Is(err, ErrNoMiners) {
		t.Errorf("without miners: %v", err)
	}
}

// A miner cannot keep its record by going silent, and a stranger that does not speak the market's
// language is no miner. Whoever leaves the subnet is forgotten.
func TestSilenceStrangersAndLeavers(t *testing.T) {
	w := newWorld(t, "miner")
	squeeze := w.ffmpeg("-c:v", "libx264", "-crf", "24")
	stays, leaves := w.join("stays", w.echo("miner", squeeze, nil)), w.join("leaves", w.echo("miner", squeeze, nil))
	mutes := w.join("mutes", w.echo("miner", squeeze, nil))
	stranger := w.join("stranger", func(*axon.Axon) error { return nil })
	v := w.validator()
	_, rows := w.round(v)
	if len(rows) != 3 || rows[stranger].ID != 0 {
		t.Fatalf("%d rows", len(rows))
	}
	w.neurons[leaves].Hotkey = pair("its successor").Address()
	w.neurons[leaves].Axon = metagraph.Axon{}
	w.neurons[mutes].Axon = metagraph.Axon{} // takes its address off the ledger
	round, rows := w.round(v)
	if got := rows[mutes]; got.Gate != gateOffline || got.Kind != string(reward.Compression) {
		t.Errorf("silent miner: %+v", got)
	}
	states, err := v.DB.States(t.Context(), round.Seq)
	if err != nil || len(states) != 2 || states[0].UID != stays || states[1].UID != mutes {
		t.Errorf("%+v, %v", states, err)
	}
	if states[1].Responses != 2 || states[1].Successes > 1 {
		t.Errorf("silent miner's record: %+v", states[1])
	}
}

// A demanded codec is checked, and content that was handed in once is nobody's work any more.
func TestDemandedCodecAndOldContent(t *testing.T) {
	w := newWorld(t, "miner")
	uid := w.join("h264", w.echo("miner", w.ffmpeg("-c:v", "libx264", "-crf", "24"), nil))
	var kept []byte
	again := w.join("repeats", w.echo("miner", func(path string) (err error) {
		if kept != nil {
			return os.WriteFile(path, kept, 0o600)
		}
		return nil
	}, nil))
	v := w.validator(func(c *Config) { c.Codec = "av1" })
	_, rows := w.round(v)
	if got := rows[uid]; got.Gate != "codec" || got.Paid != 0 {
		t.Errorf("%s", describe(got))
	}
	var err error
	if kept, err = os.ReadFile(v.files.result(rows[uid].Task, uid)); err != nil {
		t.Fatal(err)
	}
	_, rows = w.round(v)
	if got := rows[again]; got.Gate != reward.GateDuplicate {
		t.Errorf("%s", describe(got))
	}
}
