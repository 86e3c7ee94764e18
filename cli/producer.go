package cli

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/ergon-network/ergon/chain/client"
	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

// exampleKey is what a producer's key looks like.
const exampleKey = "q0ffNnE5C0NZ3C0N1Dj8gA5vHc2y7kOe7Jcbpw3dXQE="

func newProducersCommand(e *env) *cobra.Command {
	return group(&cobra.Command{
		Use: "producers", Short: "Show and change who produces blocks",
		Long: `Show and change who produces blocks. Changes are root's: sign with the wallet
whose coldkey is root. A change counts from the second block after it on.

KEY is the "value" of "pub_key" in the producer's config/priv_validator_key.json
(base64; hex will do). Where the producer exists already, its name will do too.`,
		Example: "  ergon node producers list\n  ergon node producers add " + exampleKey + " --name milan --wallet root",
	}, newProducersListCommand(e), newProducersAddCommand(e), newProducersRemoveCommand(e), newProducersPowerCommand(e), newProducersRootCommand(e))
}

// producerEntry is one line of the list.
type producerEntry struct {
	Name     string `json:"name"`
	Key      string `json:"key"`
	Power    int64  `json:"power"`
	Opened   uint64 `json:"beacon_height"`
	Withheld uint64 `json:"beacon_withheld"`
}

func newProducersListCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the block producers and how many may crash", Args: cobra.NoArgs,
		Long: `List the block producers, their voting power, and how many of the values that
they owe the ledger's randomness did not come in time (being down counts too).`,
		Example: "  ergon node producers list\n  ergon node producers list --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, _ []string) error {
			out := struct {
				Root      string          `json:"root"`
				Tolerates int             `json:"tolerates"`
				Producers []producerEntry `json:"producers"`
			}{Producers: []producerEntry{}}
			var set []authoritytypes.Producer
			err := e.step(ctx, "reading producers…", func(ctx context.Context) (err error) {
				if set, err = c.Producers(ctx); err != nil {
					return err
				}
				if out.Root, err = c.Root(ctx); err != nil {
					return err
				}
				b, err := c.Beacon(ctx)
				if err != nil {
					return err
				}
				for _, p := range set {
					entry := producerEntry{Name: p.Name, Key: base64.StdEncoding.EncodeToString(p.PubKey), Power: p.Power}
					for _, o := range b.Producers {
						if bytes.Equal(o.PubKey, p.PubKey) {
							entry.Opened, entry.Withheld = o.Height, o.Withheld
						}
					}
					out.Producers = append(out.Producers, entry)
				}
				return nil
			})
			if err != nil {
				return err
			}
			out.Tolerates = authoritytypes.Tolerates(set)
			return e.print(out, func(w io.Writer) {
				t := newTable("NAME", ">POWER", ">WITHHELD", "KEY")
				for _, p := range out.Producers {
					t.row(clip(p.Name, 12), p.Power, p.Withheld, p.Key)
				}
				t.write(w)
				fmt.Fprintf(w, "%s\n", authoritytypes.Tolerance(set))
				fmt.Fprintf(w, "root %s\n", fallback(out.Root, "nobody"))
			})
		}),
	}
}

// changedSet is what came of a change.
type changedSet struct {
	Name      string `json:"name"`
	Key       string `json:"key"`
	Producers int    `json:"producers"`
	Tolerates int    `json:"tolerates"`
	done
}

// changeSet asks root, submits, and shows how the set stands after it.
func (e *env) changeSet(ctx context.Context, what, event string, p authoritytypes.Producer, submit func(context.Context, *keys.Pair) (*client.Receipt, error)) error {
	key := base64.StdEncoding.EncodeToString(p.PubKey)
	e.note("%s producer %s, key %s.", what, fallback(p.Name, "without a name"), key)
	return e.sign(ctx, what+"?", func(ctx context.Context, root *keys.Pair) (func() error, error) {
		r, err := submit(ctx, root)
		if err != nil {
			return nil, err
		}
		out := changedSet{Name: p.Name, Key: key, done: where(r)}
		for attribute, to := range map[string]*int{authoritytypes.AttributeProducers: &out.Producers, authoritytypes.AttributeTolerates: &out.Tolerates} {
			if *to, err = strconv.Atoi(r.Attribute(event, attribute)); err != nil {
				return nil, fmt.Errorf("transaction %s: event %s: %w", r.Hash, event, err)
			}
		}
		return e.shown(out, func(w io.Writer) {
			pairs(w, "producer", out.Name, "producers", out.Producers, "may crash", out.Tolerates, "block", out.Block, "hash", out.Hash)
		})
	})
}

func newProducersAddCommand(e *env) *cobra.Command {
	var p authoritytypes.Producer
	c := &cobra.Command{
		Use: "add KEY", Short: "Let one more node produce blocks", Args: cobra.ExactArgs(1),
		Long: `Let one more node produce blocks. Start it first and let it catch up: from the
second block on its votes are counted as missing until it sends them.`,
		Example: "  ergon node producers add " + exampleKey + " --name milan --wallet root\n" +
			"  ergon node producers add " + exampleKey + " --power 10 --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) (err error) {
			if p.PubKey, err = parseProducerKey(args[0]); err != nil {
				return err
			}
			return e.changeSet(ctx, "Add", authoritytypes.EventProducerAdded, p, func(ctx context.Context, root *keys.Pair) (*client.Receipt, error) {
				return c.AddProducer(ctx, root, p)
			})
		}),
	}
	c.Flags().StringVar(&p.Name, "name", "", "the producer's name, for people")
	c.Flags().Int64Var(&p.Power, "power", 10, "its voting power")
	return c
}

func newProducersRemoveCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "remove KEY|NAME", Short: "Take a producer's votes away", Args: cobra.ExactArgs(1),
		Long: `Take a producer's votes away. The last one cannot be removed. A producer that is
proved to have signed two blocks of one height is removed without this command.`,
		Example: "  ergon node producers remove milan --wallet root\n  ergon node producers remove " + exampleKey + " --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			p, err := e.producer(ctx, c, args[0])
			if err != nil {
				return err
			}
			return e.changeSet(ctx, "Remove", authoritytypes.EventProducerRemoved, p, func(ctx context.Context, root *keys.Pair) (*client.Receipt, error) {
				return c.RemoveProducer(ctx, root, p.PubKey)
			})
		}),
	}
}

func newProducersPowerCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "power KEY|NAME POWER", Short: "Change a producer's voting power", Args: cobra.ExactArgs(2),
		Example: "  ergon node producers power milan 20 --wallet root\n  ergon node producers power " + exampleKey + " 20 --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			power, err := strconv.ParseInt(args[1], 10, 64)
			if err != nil {
				return purse.Usage("power %q is not a whole number", args[1])
			}
			p, err := e.producer(ctx, c, args[0])
			if err != nil {
				return err
			}
			return e.changeSet(ctx, "Set the power of", authoritytypes.EventProducerPowerSet, p, func(ctx context.Context, root *keys.Pair) (*client.Receipt, error) {
				return c.SetPower(ctx, root, p.PubKey, power)
			})
		}),
	}
}

func newProducersRootCommand(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "root ADDRESS|WALLET", Short: "Hand the powers of root to another account", Args: cobra.ExactArgs(1),
		Long: `Hand the powers of root to another account. Only that account can give them
back.`,
		Example: "  ergon node producers root 5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY --wallet root\n" +
			"  ergon node producers root alice --wallet root --yes --json",
		RunE: e.onLedger(func(ctx context.Context, c *client.Client, args []string) error {
			next, err := e.coldkeyAddress(args, 0)
			if err != nil {
				return err
			}
			e.note("%s gets the powers of root; you lose them.", next)
			return e.sign(ctx, "Hand over?", func(ctx context.Context, root *keys.Pair) (func() error, error) {
				r, err := c.SetRoot(ctx, root, next)
				if err != nil {
					return nil, err
				}
				out := struct {
					Root string `json:"root"`
					done
				}{next, where(r)}
				return e.shown(out, func(w io.Writer) { pairs(w, "root", out.Root, "block", out.Block, "hash", out.Hash) })
			})
		}),
	}
}

// producer finds one of the set by its key or its name.
func (e *env) producer(ctx context.Context, c *client.Client, text string) (authoritytypes.Producer, error) {
	var set []authoritytypes.Producer
	err := e.step(ctx, "reading producers…", func(ctx context.Context) (err error) {
		set, err = c.Producers(ctx)
		return err
	})
	if err != nil {
		return authoritytypes.Producer{}, err
	}
	key, _ := parseProducerKey(text)
	var named []authoritytypes.Producer
	for _, p := range set {
		if bytes.Equal(p.PubKey, key) {
			return p, nil
		}
		if p.Name == text {
			named = append(named, p)
		}
	}
	if len(named) > 1 {
		return authoritytypes.Producer{}, purse.Usage("%d producers are called %q: give the key", len(named), text)
	}
	if len(named) == 0 {
		return authoritytypes.Producer{}, purse.Usage("no producer has the key or the name %q: `ergon node producers list` shows them", text)
	}
	return named[0], nil
}

// parseProducerKey reads a producer's public key, base64 as in its key file or hex.
func parseProducerKey(text string) ([]byte, error) {
	if key, err := base64.StdEncoding.DecodeString(text); err == nil && len(key) == ed25519.PublicKeySize {
		return key, nil
	}
	if key, err := hex.DecodeString(text); err == nil && len(key) == ed25519.PublicKeySize {
		return key, nil
	}
	return nil, purse.Usage("%q is no ed25519 key: give the value of pub_key in the producer's config/priv_validator_key.json", text)
}
