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
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/wallet"
	"github.com/ergon-network/ergon/subnets"
)

// Options of a localnet; zero values are filled in from the markets.
type Options struct {
	Dir        string
	Markets    []string // names, one subnet each
	Producers  int
	Validators int // per subnet
	BlockTime  time.Duration
	Tempo      uint32
	Tempos     int // paid tempos after which to stop; 0: run until stopped
	Profile    string
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
	Profile string   `json:"profile,omitempty"`
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
	have := make([]string, len(p.Subnets))
	for i, s := range p.Subnets {
		have[i] = s.Market
	}
	if fmt.Sprint(have) != fmt.Sprint(o.Markets) {
		return Plan{}, false, fmt.Errorf("%s holds a localnet of %v, not of %v: use another --dir, or remove it", o.Dir, have, o.Markets)
	}
	return p, true, nil
}

// newPlan makes the wallets and decides who takes part.
func newPlan(o Options, markets []subnets.Market) (Plan, error) {
	p := Plan{ChainID: "ergon-localnet", Producers: o.Producers, BlockTime: o.BlockTime, Tempo: o.Tempo}
	for _, m := range markets {
		p.BlockTime = orLarger(o.BlockTime, p.BlockTime, m.BlockTime)
		p.Tempo = orLarger(o.Tempo, p.Tempo, m.Tempo)
	}
	var err error
	if p.Faucet, _, err = makeWallet(o, faucetWallet); err != nil {
		return p, err
	}
	if p.Owner, _, err = makeWallet(o, ownerWallet); err != nil {
		return p, err
	}
	for _, m := range markets {
		s, err := planSubnet(o, m)
		if err != nil {
			return p, err
		}
		p.Subnets = append(p.Subnets, s)
	}
	raw, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return p, err
	}
	return p, writeAtomic(o.path("plan.json"), raw)
}

// orLarger is the user's value when there is one, else the larger of the markets' wishes.
func orLarger[T int64 | uint32 | time.Duration](user, a, b T) T {
	if user != 0 {
		return user
	}
	return max(a, b)
}

func planSubnet(o Options, m subnets.Market) (Subnet, error) {
	s := Subnet{Market: m.Name, Profile: o.Profile}
	if s.Profile == "" && len(m.Profiles) > 0 {
		s.Profile = m.Profiles[0]
	}
	add := func(name, role, strategy string) error {
		cold, hot, err := makeWallet(o, name)
		s.Neurons = append(s.Neurons, Neuron{Name: name, Role: role, Strategy: strategy, Coldkey: cold, Hotkey: hot})
		return err
	}
	for i := range o.Validators {
		if err := add(fmt.Sprintf("%s-validator-%d", m.Name, i+1), Validator, ""); err != nil {
			return s, err
		}
	}
	for _, st := range m.Strategies {
		if st.Manual {
			continue
		}
		if err := add(m.Name+"-"+st.Name, Miner, st.Name); err != nil {
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

// writeAtomic replaces a file so that a crash leaves either the old or the new content.
func writeAtomic(path string, raw []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}
