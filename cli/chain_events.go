package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/internal/purse"
)

// eventView is an event as it is printed.
type eventView struct {
	Block      uint64            `json:"block"`
	Tx         *int              `json:"tx,omitempty"` // place in the block; absent: the block did it by itself
	Type       string            `json:"type"`
	Attributes map[string]string `json:"attributes"`
}

func newEventView(ev client.Event) eventView {
	v := eventView{Block: ev.Height, Type: ev.Type, Attributes: ev.Attributes}
	if ev.Tx >= 0 {
		v.Tx = &ev.Tx
	}
	return v
}

func newEventViews(events []client.Event) []eventView {
	out := make([]eventView, len(events))
	for i, ev := range events {
		out[i] = newEventView(ev)
	}
	return out
}

// eventLines prints events below each other: a stranger's text is cut, JSON has it whole.
func eventLines(w io.Writer, events []eventView) {
	for _, ev := range events {
		text := fmt.Sprintf("%d %s", ev.Block, ev.Type)
		for _, key := range slices.Sorted(maps.Keys(ev.Attributes)) {
			text += fmt.Sprintf(" %s=%s", key, clip(ev.Attributes[key], 64))
		}
		fmt.Fprintln(w, hanging(printable(text), 4))
	}
}

// Bounds of one answer of `chain events`.
const (
	eventBlocks = 100    // blocks without --from
	mostBlocks  = 10_000 // read by one command
)

type eventsAsked struct {
	from, to uint64
	types    []string
	where    []string
	plumbing bool
	follow   bool
	limit    int
}

func newChainEventsCommand(e *env) *cobra.Command {
	var asked eventsAsked
	c := &cobra.Command{
		Use: "events", Short: "Show what happened on the ledger, or follow it", Args: cobra.NoArgs,
		Long: `Show the events of some blocks, of the last hundred without --from. An answer
ends after --limit events and says from which block to go on. With --follow it
goes on as blocks come, until Ctrl-C; with --json it is then one object a line.
` + "`ergon explain`" + ` with an event's name shows when it is said.`,
		Example: "  ergon chain events\n  ergon chain events --from 1200 --to 1300 --type StakeAdded --where netuid=1\n" +
			"  ergon chain events --follow --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			f, err := asked.filter()
			if err != nil {
				return err
			}
			if asked.follow {
				return e.followEvents(ctx, c, asked.from, f)
			}
			return e.showEvents(ctx, c, asked, f)
		}),
	}
	flags := c.Flags()
	flags.Uint64Var(&asked.from, "from", 0, "first block")
	flags.Uint64Var(&asked.to, "to", 0, "last block; 0 is the latest")
	flags.StringArrayVar(&asked.types, "type", nil, "only events of this name; repeat for several")
	flags.StringArrayVar(&asked.where, "where", nil, "only events with this attribute, KEY=VALUE; all of several must fit")
	flags.BoolVar(&asked.plumbing, "all", false, "also what the SDK says of coins and messages")
	flags.BoolVar(&asked.follow, "follow", false, "go on as blocks come")
	flags.IntVar(&asked.limit, "limit", 100, "most events of one answer")
	return c
}

func (a eventsAsked) filter() (client.Filter, error) {
	f := client.Filter{Types: a.types, Where: map[string]string{}, Plumbing: a.plumbing}
	for _, text := range a.where {
		key, value, found := strings.Cut(text, "=")
		if !found || key == "" {
			return f, purse.Usage("--where %q is no KEY=VALUE, such as netuid=1", text)
		}
		f.Where[key] = value
	}
	switch {
	case a.limit <= 0:
		return f, purse.Usage("--limit %d is not above 0", a.limit)
	case a.follow && a.to > 0:
		return f, purse.Usage("--follow has no end: leave --to out")
	case a.to > 0 && a.from > a.to:
		return f, purse.Usage("--from %d is behind --to %d", a.from, a.to)
	}
	return f, nil
}

type eventsView struct {
	From   uint64      `json:"from"`
	To     uint64      `json:"to"`
	Next   uint64      `json:"next,omitempty"` // block to go on from; absent: that was all
	Events []eventView `json:"events"`
}

func (e *env) showEvents(ctx context.Context, c *client.Client, asked eventsAsked, f client.Filter) error {
	out := eventsView{From: asked.from, To: asked.to, Events: []eventView{}}
	err := e.step(ctx, "reading blocks…", func(ctx context.Context) error { return out.read(ctx, c, f, asked.limit) })
	if err != nil {
		return err
	}
	return e.print(out, func(w io.Writer) {
		eventLines(w, out.Events)
		fmt.Fprintf(w, "%d events in blocks %d to %d.\n", len(out.Events), out.From, out.To)
		if out.Next > 0 {
			fmt.Fprintf(w, "There is more: go on with --from %d.\n", out.Next)
		}
	})
}

// read goes through whole blocks until there are enough events, or too many blocks were read.
func (v *eventsView) read(ctx context.Context, c *client.Client, f client.Filter, limit int) error {
	head, err := c.Height(ctx)
	if err != nil {
		return err
	}
	last := v.To
	if last == 0 || last > head {
		last = head
	}
	if v.From == 0 {
		v.From = max(last, eventBlocks) - eventBlocks + 1
	}
	for height := v.From; height <= last; height++ {
		if len(v.Events) >= limit || height-v.From == mostBlocks {
			v.Next = height
			break
		}
		b, err := c.Block(ctx, height)
		if err != nil {
			return err
		}
		v.To = height
		v.Events = append(v.Events, newEventViews(b.Events(f))...)
	}
	v.To = max(v.To, v.From)
	return nil
}

// followEvents prints until it is interrupted, which is its ordinary end.
func (e *env) followEvents(ctx context.Context, c *client.Client, from uint64, f client.Filter) error {
	if from > 0 { // a block that the node no longer has would be waited for in vain
		err := e.step(ctx, "reading the first block…", func(ctx context.Context) error {
			_, err := c.Block(ctx, from)
			return err
		})
		if err != nil {
			return err
		}
	}
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	for ev := range c.Events(ctx, from, f) {
		if !e.json {
			eventLines(e.out, []eventView{newEventView(ev)})
			continue
		}
		if err := enc.Encode(newEventView(ev)); err != nil {
			return err
		}
	}
	return nil
}
