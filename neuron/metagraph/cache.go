package metagraph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Event announces one new block.
type Event struct {
	Block   uint64
	Changed bool // some row of the subnet changed in it
}

// Source is the ledger as the cache needs it. Calls may run concurrently.
type Source interface {
	// Metagraph reads a subnet at the newest block; ErrNoSubnet where there is none.
	Metagraph(ctx context.Context, netuid uint16) (*Snapshot, error)
	// Changes delivers an Event for each block from now on, in order, until ctx ends or the
	// connection breaks; then the channel closes. A slow reader may miss events if those that
	// follow say Changed for them.
	Changes(ctx context.Context, netuid uint16) (<-chan Event, error)
}

// ErrNoSubnet is wrapped by a Source when the ledger has no subnet of that number: it was never
// there, or it was dissolved.
var ErrNoSubnet = errors.New("there is no such subnet")

// Options adjusts a Cache; zero values mean the stated defaults.
type Options struct {
	// MinBlocks between two readings of the metagraph; 1. Changes in between are not lost, only
	// read later.
	MinBlocks uint64
	// Retry before a broken source is tried again; 5 s.
	Retry time.Duration
	// Timeout of one reading; 30 s.
	Timeout time.Duration
	// Silence is how long no block may come before the source counts as broken; 1 min.
	Silence time.Duration
	Log     *slog.Logger
	// After is the clock for Retry and Silence; time.After.
	After func(time.Duration) <-chan time.Time
}

// Cache holds the newest snapshot of a subnet. It reads again only after an event says that
// something changed, and keeps the old snapshot while the source fails. Safe for concurrent use.
type Cache struct {
	source  Source
	netuid  uint16
	options Options

	mu       sync.Mutex
	snapshot *Snapshot
	head     uint64        // newest block heard of
	moved    chan struct{} // closed and replaced whenever snapshot or head change
	readings int
}

// NewCache makes a cache that is empty until Run has read the first snapshot.
func NewCache(source Source, netuid uint16, options Options) *Cache {
	if options.MinBlocks == 0 {
		options.MinBlocks = 1
	}
	if options.Retry <= 0 {
		options.Retry = 5 * time.Second
	}
	if options.Timeout <= 0 {
		options.Timeout = 30 * time.Second
	}
	if options.Silence <= 0 {
		options.Silence = time.Minute
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.After == nil {
		options.After = time.After
	}
	return &Cache{source: source, netuid: netuid, options: options, moved: make(chan struct{})}
}

// Netuid is the subnet's number.
func (c *Cache) Netuid() uint16 { return c.netuid }

// Snapshot is the newest snapshot, nil before the first.
func (c *Cache) Snapshot() *Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.snapshot
}

// Head is the newest block heard of.
func (c *Cache) Head() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head
}

// Readings counts how often the metagraph was read.
func (c *Cache) Readings() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.readings
}

// Wait blocks until there is a snapshot and the head is at least block.
func (c *Cache) Wait(ctx context.Context, block uint64) error {
	for {
		c.mu.Lock()
		moved, ready := c.moved, c.snapshot != nil && c.head >= block
		c.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for block %d of subnet %d: %w", block, c.netuid, ctx.Err())
		}
	}
}

// Run follows the source until ctx ends, and returns ctx's error, or until the ledger has no such
// subnet, and returns ErrNoSubnet. A source that fails otherwise is asked again for ever.
func (c *Cache) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		switch err := c.follow(ctx); {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, ErrNoSubnet):
			return err
		default:
			c.options.Log.Warn("metagraph source fails; the last snapshot stays in use", "netuid", c.netuid, "error", err)
		}
		select {
		case <-ctx.Done():
		case <-c.options.After(c.options.Retry):
		}
	}
	return ctx.Err()
}

// During runs the cache while work runs, and returns work's error. If the ledger has no such subnet,
// it ends work's context and returns ErrNoSubnet.
func (c *Cache) During(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var run sync.WaitGroup
	run.Go(func() {
		if err := c.Run(ctx); errors.Is(err, ErrNoSubnet) {
			cancel(err)
		}
	})
	err := work(ctx)
	cancel(nil)
	run.Wait()
	if cause := context.Cause(ctx); errors.Is(cause, ErrNoSubnet) {
		return cause
	}
	return err
}

var errLost = errors.New("event stream ended")

// follow subscribes first and reads then, so that no change falls between the two.
func (c *Cache) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the subscription
	events, err := c.source.Changes(ctx, c.netuid)
	if err != nil {
		return fmt.Errorf("subscribe to blocks: %w", err)
	}
	if err := c.read(ctx, true); err != nil {
		return err
	}
	dirty := false
	for {
		var e Event
		var open bool
		select {
		case e, open = <-events:
		case <-c.options.After(c.options.Silence):
			return fmt.Errorf("no block came for %v", c.options.Silence)
		case <-ctx.Done():
			return ctx.Err()
		}
		if !open {
			return errLost
		}
		dirty = dirty || e.Changed
		if dirty && e.Block >= c.Snapshot().Block+c.options.MinBlocks {
			if err := c.read(ctx, false); err != nil {
				return err
			}
			dirty = c.Snapshot().Block < e.Block // a lagging replica: read again at the next block
		}
		c.advance(e.Block) // last: who waits for the block finds what changed in it
	}
}

// read takes a snapshot over unless it is older than the one at hand. The first of a subscription is
// taken as it is: the ledger may have started anew.
func (c *Cache) read(ctx context.Context, first bool) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	s, err := c.source.Metagraph(ctx, c.netuid)
	if err != nil {
		return fmt.Errorf("read metagraph of subnet %d: %w", c.netuid, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readings++
	if !first && s.Block < c.snapshot.Block {
		return nil
	}
	c.snapshot = s
	if first || s.Block > c.head {
		c.head = s.Block
	}
	c.signal()
	return nil
}

func (c *Cache) advance(block uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if block > c.head {
		c.head = block
		c.signal()
	}
}

func (c *Cache) signal() {
	close(c.moved)
	c.moved = make(chan struct{})
}
