package localnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/explorer/term"
	"github.com/ergon-network/ergon/internal/ports"
	"github.com/ergon-network/ergon/localnet/supervise"
	"github.com/ergon-network/ergon/subnets"
)

// faucetGift is what a visitor gets from the faucet, rao: enough to register and try again.
const faucetGift = 100 * tao

// stateEvery is how often the page is brought up to date.
const stateEvery = 500 * time.Millisecond

// readAtOnce is what reading the last state may take of the five seconds in which Ctrl-C ends
// everything; the processes have the rest.
const readAtOnce = 300 * time.Millisecond

// Run starts the localnet, shows what it does on out, and keeps it running until ctx ends or
// Tempos paid tempos are over. It returns the final report. Everything it started is gone when it
// returns.
func Run(ctx context.Context, o Options, out io.Writer, log *slog.Logger) (report explorer.Report, err error) {
	markets, err := o.complete()
	if err != nil {
		return report, err
	}
	sup, err := supervise.Open(ctx, o.Dir, supervise.Config{Log: log, OnEvent: announce(out)})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, sup.Stop(context.Background())) }()
	s := &stage{o: o, sup: sup, status: make([][]string, len(markets))}
	if s.ports, err = ports.Open(o.path("ports.json")); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.ports.Close()) }()
	if err := s.resume(markets); err != nil {
		return report, err
	}
	v := &view{stage: s, ledger: NewLedger(), notice: "starting the ledger"}
	return v.run(ctx, markets, out, log)
}

// complete checks the options and fills in what the user left open.
func (o *Options) complete() ([]subnets.Market, error) {
	if len(o.Markets) == 0 {
		return nil, errors.New("name at least one market with --subnet")
	}
	var markets []subnets.Market
	for _, name := range o.Markets {
		m, err := subnets.Lookup(name)
		if err != nil {
			return nil, err
		}
		markets = append(markets, m)
	}
	if o.Producers < 0 || o.Producers > 16 {
		return nil, fmt.Errorf("--producers %d: use 1 to 16", o.Producers)
	}
	if o.Validators < 0 || o.Validators > 64 {
		return nil, fmt.Errorf("--validators %d: use 1 to 64", o.Validators)
	}
	dir, err := filepath.Abs(o.Dir)
	o.Dir = dir
	if err != nil {
		return nil, err
	}
	return markets, os.MkdirAll(o.Dir, 0o700)
}

// resume reads the directory's plan, or makes one.
func (s *stage) resume(markets []subnets.Market) error {
	p, ok, err := loadPlan(s.o)
	if err == nil && !ok {
		p, err = newPlan(s.o, markets)
	}
	s.plan = p
	return err
}

func announce(out io.Writer) func(supervise.Event) {
	return func(e supervise.Event) {
		switch e.State {
		case supervise.Waiting:
			fmt.Fprintf(out, "%s ended (%v), starting it again\n", e.Name, e.Err)
		case supervise.Failed:
			fmt.Fprintf(out, "%s failed: %v; see %s\n", e.Name, e.Err, e.LogFile)
		}
	}
}

// run is the life of the localnet after its directory is open.
func (v *view) run(ctx context.Context, markets []subnets.Market, out io.Writer, log *slog.Logger) (explorer.Report, error) {
	started := time.Now()
	say := func(format string, args ...any) {
		v.notice = fmt.Sprintf(format, args...)
		fmt.Fprintf(out, "%6.1fs  %s\n", time.Since(started).Seconds(), v.notice)
	}
	page, err := v.openPage(ctx, markets, log)
	if err != nil {
		return explorer.Report{}, err
	}
	say("page on %s", page.url)
	if err := v.producers(ctx); err != nil {
		return explorer.Report{}, fmt.Errorf("start the ledger: %w", err)
	}
	say("ledger runs: %d producer(s), a block every %s", v.plan.Producers, v.plan.BlockTime)
	v.giver.Store(v.chain)
	v.publish(ctx, page)
	if v.netuids, err = bootstrap(ctx, v.o, v.plan, v.chain, say); err != nil {
		return explorer.Report{}, err
	}
	if err := v.store(ctx, markets); err != nil {
		return explorer.Report{}, err
	}
	if err := v.writeEnv(page.url); err != nil {
		return explorer.Report{}, err
	}
	if err := v.neurons(ctx, markets); err != nil {
		return explorer.Report{}, err
	}
	say("all processes run; the first tempo hands out validator permits; weights are committed in one tempo, revealed in the next and paid at its end")
	v.notice = ""
	return v.watch(ctx, page, out)
}

// watch follows the blocks until the run is over, printing a table after every payout. It reads the
// blocks of earlier runs of the directory, too, for what was earned in them.
func (v *view) watch(ctx context.Context, page *page, out io.Writer) (explorer.Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	past, err := v.chain.Height(ctx)
	if err != nil {
		return explorer.Report{}, err
	}
	blocks := v.chain.Follow(ctx, 1)
	tick := time.NewTicker(stateEvery)
	defer tick.Stop()
	var before []int // paid tempos of the past, by subnet
	for {
		select {
		case b, ok := <-blocks:
			if !ok {
				return v.interrupted(ctx, out)
			}
			paid, err := v.ledger.Apply(b)
			if err != nil {
				return explorer.Report{}, err
			}
			if b.Height <= past {
				before = v.paidTempos(before)
				continue
			}
			if len(paid) > 0 {
				v.table(ctx, out, paid)
			}
			if v.o.Tempos > 0 && v.paidSince(before) >= v.o.Tempos {
				return v.finish(ctx, out)
			}
		case <-tick.C:
			v.publish(ctx, page)
		case err := <-v.sup.Failed():
			return explorer.Report{}, err
		}
	}
}

// paidTempos counts each subnet's paid tempos, in the memory of an earlier count.
func (v *view) paidTempos(counts []int) []int {
	counts = counts[:0]
	for _, netuid := range v.netuids {
		counts = append(counts, v.ledger.PaidTempos(netuid))
	}
	return counts
}

// paidSince is how many tempos every subnet was paid since a count.
func (v *view) paidSince(before []int) int {
	now := v.paidTempos(nil)
	for i := range before {
		now[i] -= before[i]
	}
	return slices.Min(now)
}

func (v *view) table(ctx context.Context, out io.Writer, paid []Payout) {
	s, err := v.state(ctx)
	if err != nil {
		return // the node is being restarted: the next payout prints again
	}
	for _, p := range paid {
		fmt.Fprintf(out, "\nsubnet %d, tempo %d paid at block %d\n", p.Netuid, p.Epoch+1, p.PaidAt)
	}
	_ = term.Write(out, s)
	v.shown = s.Height
}

// finish takes the last state, checks the money equation and says where each rao went.
func (v *view) finish(ctx context.Context, out io.Writer) (explorer.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	s, err := v.state(ctx)
	if err != nil {
		return explorer.Report{}, fmt.Errorf("read the final state: %w", err)
	}
	return v.report(s, out)
}

// interrupted is finish for a user who waits: what cannot be read at once is told as it was last
// seen. It fails if the tempos that were asked for are not paid.
func (v *view) interrupted(ctx context.Context, out io.Writer) (explorer.Report, error) {
	read, cancel := context.WithTimeout(context.WithoutCancel(ctx), readAtOnce)
	defer cancel()
	s, err := v.state(read)
	if err != nil {
		s = v.last
	}
	r, err := v.report(s, out)
	if v.o.Tempos > 0 {
		err = errors.Join(err, ctx.Err())
	}
	return r, err
}

func (v *view) report(s explorer.State, out io.Writer) (explorer.Report, error) {
	if s.Height > v.shown {
		_ = term.Write(out, s)
	}
	return explorer.NewReport(s), check(s)
}

func (v *view) publish(ctx context.Context, p *page) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	if s, err := v.state(ctx); err == nil {
		v.last = s
		p.server.Publish(s)
	}
}
