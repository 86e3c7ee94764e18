// Package localnet runs a whole market on one machine: block producers, an object store,
// validators, one miner of each strategy and a live page, as real processes with real keys,
// registered and staked by ordinary transactions.
package localnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/wallet"
	"github.com/ergon-network/ergon/subnets"
)

// Options of a localnet. Zero values of what a directory keeps are filled in from its earlier
// start, else from the markets.
type Options struct {
	Dir        string
	Markets    []string      // names, one subnet each; kept
	Producers  int           // kept; 1
	Validators int           // per subnet; kept; 2
	BlockTime  time.Duration // kept
	Tempo      uint32        // kept
	Split      string        // how root divides the emission, such as 3,1; kept; equally
	Tempos     int           // paid tempos after which to stop; 0: run until stopped
	Profile    string        // kept
	Clips      string
	Page       string // address of the page; empty: a free port
	LogLevel   string
}

// Roles of a neuron.
const (
	Miner     = "miner"
	Validator = "validator"
)

// Neuron is one planned miner or validator. Its coldkey and hotkey are the wallet of its name.
type Neuron struct {
	Name     string `json:"name"`
	Role     string `json:"role"`
	Strategy string `json:"strategy,omitempty"`
	Hotkey   string `json:"hotkey"`
	Coldkey  string `json:"coldkey"`
}

// Subnet is one planned market.
type Subnet struct {
	Market  string   `json:"market"`
	Prefix  string   `json:"prefix"` // of its neurons' names
	Profile string   `json:"profile,omitempty"`
	Weight  uint16   `json:"root_weight"` // what the validators give it on the root network
	Neurons []Neuron `json:"neurons"`
}

// Plan is what a localnet consists of. It is written once; later starts of the same directory
// resume it.
type Plan struct {
	ChainID   string        `json:"chain_id"`
	Producers int           `json:"producers"`
	BlockTime time.Duration `json:"block_time"`
	Tempo     uint32        `json:"tempo"`
	Faucet    string        `json:"faucet"` // SS58; wallet "faucet"
	Owner     string        `json:"owner"`  // SS58; wallet "owner"
	Subnets   []Subnet      `json:"subnets"`
}

// Wallets of the localnet itself.
const (
	faucetWallet = "faucet"
	ownerWallet  = "owner"
	hotkeyName   = "default"
)

func (o Options) path(parts ...string) string {
	return filepath.Join(append([]string{o.Dir}, parts...)...)
}

// loadPlan reads the plan of an earlier start; ok is false when there was none. A directory
// that was made for other markets is refused rather than mixed.
func loadPlan(o Options) (p Plan, ok bool, err error) {
	raw, err := os.ReadFile(o.path("plan.json"))
	if errors.Is(err, os.ErrNotExist) {
		return Plan{}, false, nil
	}
	if err != nil {
		return Plan{}, false, err
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return Plan{}, false, fmt.Errorf("read %s: %w", o.path("plan.json"), err)
	}
	return p, true, p.fits(o)
}

// fits refuses what the plan cannot become.
func (p Plan) fits(o Options) error {
	markets := make([]string, len(p.Subnets))
	for i, s := range p.Subnets {
		markets[i] = s.Market
	}
	validators, profile := 0, ""
	if len(p.Subnets) > 0 {
		s := p.Subnets[0]
		profile = s.Profile
		validators = len(slices.DeleteFunc(slices.Clone(s.Neurons), func(n Neuron) bool { return n.Role != Validator }))
	}
	split, err := ParseSplit(o.Split, len(p.Subnets))
	if err != nil {
		return err
	}
	for _, c := range []struct {
		what        string
		given       bool
		have, wants any
	}{
		{"--subnet", true, markets, o.Markets},
		{"--producers", o.Producers != 0, p.Producers, o.Producers},
		{"--validators", o.Validators != 0, validators, o.Validators},
		{"--block-time", o.BlockTime != 0, p.BlockTime, o.BlockTime},
		{"--tempo", o.Tempo != 0, p.Tempo, o.Tempo},
		{"--profile", o.Profile != "", profile, o.Profile},
		{"--split", split != nil, p.split(), split},
	} {
		if c.given && fmt.Sprint(c.have) != fmt.Sprint(c.wants) {
			return fmt.Errorf("%s holds a localnet with %s %v, not %v: use another --dir, or remove it", o.Dir, c.what, c.have, c.wants)
		}
	}
	return nil
}

// newPlan makes the wallets and decides who takes part.
func newPlan(o Options, markets []subnets.Market) (Plan, error) {
	p := Plan{ChainID: "ergon-localnet", Producers: orLarger(o.Producers, 1, 0), BlockTime: o.BlockTime, Tempo: o.Tempo}
	for _, m := range markets {
		p.BlockTime = orLarger(o.BlockTime, p.BlockTime, m.BlockTime)
		p.Tempo = orLarger(o.Tempo, p.Tempo, m.Tempo)
	}
	split, err := ParseSplit(o.Split, len(markets))
	if err != nil {
		return p, err
	}
	if p.Faucet, _, err = makeWallet(o, faucetWallet); err != nil {
		return p, err
	}
	if p.Owner, _, err = makeWallet(o, ownerWallet); err != nil {
		return p, err
	}
	for i, m := range markets {
		prefix := m.Name
		if n := slices.Index(o.Markets, m.Name); n < i { // not the first subnet of this market
			prefix = fmt.Sprintf("%s-%d", m.Name, i+1)
		}
		s, err := planSubnet(o, m, prefix)
		if err != nil {
			return p, err
		}
		s.Weight = 1
		if split != nil {
			s.Weight = split[i]
		}
		p.Subnets = append(p.Subnets, s)
	}
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return p, err
	}
	return p, durable.Write(o.path("plan.json"), raw)
}

// orLarger is the user's value when there is one, else the larger of the markets' wishes.
func orLarger[T int | uint32 | time.Duration](user, a, b T) T {
	if user != 0 {
		return user
	}
	return max(a, b)
}

func planSubnet(o Options, m subnets.Market, prefix string) (Subnet, error) {
	s := Subnet{Market: m.Name, Prefix: prefix, Profile: o.Profile}
	if s.Profile == "" && len(m.Profiles) > 0 {
		s.Profile = m.Profiles[0]
	}
	add := func(name, role, strategy string) error {
		cold, hot, err := makeWallet(o, name)
		s.Neurons = append(s.Neurons, Neuron{Name: name, Role: role, Strategy: strategy, Coldkey: cold, Hotkey: hot})
		return err
	}
	for i := range orLarger(o.Validators, 2, 0) {
		if err := add(fmt.Sprintf("%s-validator-%d", prefix, i+1), Validator, ""); err != nil {
			return s, err
		}
	}
	for _, st := range m.Strategies {
		if st.Manual {
			continue
		}
		if err := add(prefix+"-"+st.Name, Miner, st.Name); err != nil {
			return s, err
		}
	}
	return s, nil
}

// makeWallet creates a wallet with one hotkey, or completes the one that an interrupted first
// start left.
func makeWallet(o Options, name string) (coldkey, hotkey string, err error) {
	w, err := wallet.Open(o.path("wallets"), name)
	if errors.Is(err, wallet.ErrNotFound) {
		w, _, err = wallet.Create(o.path("wallets"), name, wallet.NoPassword())
	}
	if err != nil {
		return "", "", fmt.Errorf("wallet %s: %w", name, err)
	}
	if _, err := w.Hotkey(hotkeyName); errors.Is(err, wallet.ErrNotFound) {
		if _, _, err := w.CreateHotkey(hotkeyName); err != nil {
			return "", "", fmt.Errorf("wallet %s: %w", name, err)
		}
	}
	cold, hot, err := openWallet(o, name)
	if err != nil {
		return "", "", err
	}
	return cold.Address(), hot.Address(), nil
}

// openWallet loads both keys of a localnet wallet.
func openWallet(o Options, name string) (coldkey, hotkey *keys.Pair, err error) {
	w, err := wallet.Open(o.path("wallets"), name)
	if err != nil {
		return nil, nil, err
	}
	if coldkey, err = w.Coldkey(); err != nil {
		return nil, nil, err
	}
	hotkey, err = w.Hotkey(hotkeyName)
	return coldkey, hotkey, err
}
