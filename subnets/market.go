// Package subnets is the registry of markets. A market is one folder of five small files
// (protocol, task, reward, miner, validator) that ends in a Market value and registers it:
//
//	func init() { subnets.Register(subnets.Market{Name: "template", ...}) }
//
// The folder subnets/all imports every market; it is generated, so a new market touches only its
// own folder. One that lives elsewhere registers itself in its own program, before cli.Main.
package subnets

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/ergon-network/ergon/chain/client"
	"github.com/ergon-network/ergon/explorer"
	"github.com/ergon-network/ergon/keys"
)

// Market is one incentive mechanism: a task, a way to answer it, a way to judge the answers.
type Market struct {
	Name    string
	Summary string // one line
	// Profiles are the named, versioned sets of numbers the reward model knows; the first is
	// the default. Empty when there is only one.
	Profiles []string
	// BlockTime and Tempo suit this market on a laptop.
	BlockTime time.Duration
	Tempo     uint32 // blocks
	// S3 and Media say what must run beside the market: an object store, ffmpeg.
	S3    bool
	Media bool
	// Strategies are the ways to mine that ship with the market. A localnet runs one miner of each.
	Strategies []Strategy
	// Miner serves until ctx ends. Validator measures, scores and sets weights until ctx ends.
	Miner     func(ctx context.Context, n Neuron) error
	Validator func(ctx context.Context, n Neuron) error
	// Panel is the market's own section of the page, over a validator's read API (host:port). Nil:
	// none.
	Panel func(api string) (explorer.Panel, error)
}

// Strategy is one way to mine.
type Strategy struct {
	Name    string
	Summary string // one line
	Honest  bool   // whether the market means to pay it
	Manual  bool   // needs something of its user's, such as a program: a localnet does not start one
}

// Neuron is what one miner or validator process is given.
type Neuron struct {
	Chain     *client.Client
	Netuid    uint16
	Hotkey    *keys.Pair
	Dir       string // its own state
	Listen    string // axon address to listen on, host:port
	Advertise string // axon address to publish, host:port; empty: same as Listen
	Status    string // address of the read API, host:port; empty: none
	Strategy  string // miners
	Profile   string // validators; empty: the market's default
	S3        string // object store URL; empty: none
	Clips     string // folder of input files; empty: the market makes its own
	Options   map[string]string
	Loopback  bool // peers may be on 127.0.0.1: a localnet
	Log       *slog.Logger
}

var (
	mu      sync.Mutex
	markets = map[string]Market{}
)

// Register adds a market. It panics on a name that is empty or taken: two folders claim it.
func Register(m Market) {
	mu.Lock()
	defer mu.Unlock()
	if _, taken := markets[m.Name]; taken || m.Name == "" {
		panic(fmt.Sprintf("subnets: market name %q is empty or registered twice", m.Name))
	}
	markets[m.Name] = m
}

// Lookup finds a market by name; the error lists what there is.
func Lookup(name string) (Market, error) {
	mu.Lock()
	m, ok := markets[name]
	mu.Unlock()
	if ok {
		return m, nil
	}
	var names []string
	for _, m := range All() {
		names = append(names, m.Name)
	}
	return Market{}, fmt.Errorf("no market named %q: there is %s", name, strings.Join(names, ", "))
}

// All lists the markets by name.
func All() []Market {
	mu.Lock()
	defer mu.Unlock()
	out := make([]Market, 0, len(markets))
	for _, m := range markets {
		out = append(out, m)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Strategy finds a market's strategy by name; the error lists what there is.
func (m Market) Strategy(name string) (Strategy, error) {
	var names []string
	for _, s := range m.Strategies {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Strategy{}, fmt.Errorf("market %s has no strategy %q: there is %s", m.Name, name, strings.Join(names, ", "))
}
