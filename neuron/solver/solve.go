// Package solver searches for proofs of work: on every core, always for the latest block. It knows no
// ledger; package neuron/ledger brings the two together.
//
//	found, err := solver.Solve(ctx, source, solver.Options{Progress: show})
package solver

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ergon-network/ergon/consensus/pow"
)

// Task is what to work on at a moment.
type Task struct {
	Block      uint64 // the block that the work is for
	Puzzle     pow.Puzzle
	Difficulty uint64
}

// Solution is a nonce that meets its task.
type Solution struct {
	Task
	Nonce uint64
	Seal  [pow.Size]byte
}

// Progress is how a search is getting on.
type Progress struct {
	Block      uint64
	Difficulty uint64
	Tries      uint64        // since the start, over all blocks
	Rate       float64       // tries a second
	Elapsed    time.Duration // since the start
	// ETA is how long it takes from here on average. The search has no memory: it does not shrink
	// with the time spent, and one in three searches takes longer than that.
	ETA time.Duration
}

// Options are how a search is done; the zero value is fine.
type Options struct {
	Processors int           // how many cores to use; 0 is all
	Every      time.Duration // how often to look for a newer block and to report; 0 is a fifth of a second
	Progress   func(Progress)
}

const (
	// batch is how many nonces a core takes at a time: a few milliseconds, within which it notices
	// that there is a new task or that it is to stop.
	batch = 1 << 13
	look  = 200 * time.Millisecond
)

// Solve searches until it finds a nonce for the task that source gives. It asks source again and
// again and changes over to what is newer at once: as every try is as good as any other, nothing is
// lost by that. It ends with ctx, or with an error of source's.
func Solve(ctx context.Context, source func(context.Context) (Task, error), o Options) (Solution, error) {
	if o.Processors <= 0 {
		o.Processors = runtime.GOMAXPROCS(0)
	}
	if o.Every <= 0 {
		o.Every = look
	}
	task, err := source(ctx)
	if err != nil {
		return Solution{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	s := &search{found: make(chan Solution, o.Processors), started: time.Now()}
	s.task.Store(&task)
	if err := s.begin(); err != nil {
		cancel()
		return Solution{}, err
	}
	var workers sync.WaitGroup
	for range o.Processors {
		workers.Go(func() { s.work(ctx) })
	}
	defer workers.Wait()
	defer cancel()
	return s.watch(ctx, source, o)
}

// search is what the workers share.
type search struct {
	task    atomic.Pointer[Task]
	next    atomic.Uint64 // the first nonce that nobody has taken
	tries   atomic.Uint64
	found   chan Solution
	started time.Time
}

// begin starts at a random nonce, so that two machines that work for one hotkey do not do the same.
func (s *search) begin() error {
	var start [8]byte
	if _, err := rand.Read(start[:]); err != nil {
		return fmt.Errorf("choose where to begin: %w", err)
	}
	s.next.Store(binary.LittleEndian.Uint64(start[:]))
	return nil
}

// work tries nonces until ctx ends or one is found for the current task.
func (s *search) work(ctx context.Context) {
	var task *Task
	var sealer *pow.Sealer
	for ctx.Err() == nil {
		if now := s.task.Load(); now != task {
			task, sealer = now, pow.NewSealer(now.Puzzle)
		}
		from := s.next.Add(batch) - batch
		for i := range uint64(batch) {
			seal := sealer.Seal(from + i)
			if pow.Meets(seal, task.Difficulty) {
				s.found <- Solution{Task: *task, Nonce: from + i, Seal: seal} // as many places as workers
				return
			}
		}
		s.tries.Add(batch)
	}
}

// watch keeps the task current and reports until a worker is done. A solution is good whichever
// task it was for: it is checked again by the ledger in any case.
func (s *search) watch(ctx context.Context, source func(context.Context) (Task, error), o Options) (Solution, error) {
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	for {
		select {
		case found := <-s.found:
			return found, nil
		case <-ctx.Done():
			return Solution{}, ctx.Err()
		case <-tick.C:
		}
		task, err := source(ctx)
		if err != nil {
			return Solution{}, err
		}
		if task != *s.task.Load() {
			s.task.Store(&task)
		}
		if o.Progress != nil {
			o.Progress(s.progress(task, time.Since(s.started)))
		}
	}
}

func (s *search) progress(t Task, elapsed time.Duration) Progress {
	p := Progress{Block: t.Block, Difficulty: t.Difficulty, Tries: s.tries.Load(), Elapsed: elapsed}
	p.Rate = float64(p.Tries) / elapsed.Seconds()
	if p.Rate > 0 {
		p.ETA = time.Duration(min(float64(t.Difficulty)/p.Rate*float64(time.Second), math.MaxInt64/2))
	}
	return p
}
