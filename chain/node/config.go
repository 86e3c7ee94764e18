// Package node runs a ledger node: consensus, storage, REST and gRPC in one process, from one
// directory. Init prepares the directory, Start runs it until the context ends.
//
//	dir/format                 version of the layout; a mismatch is refused, never reset
//	dir/node.json              addresses, block time, peers
//	dir/config/genesis.json    the first block
//	dir/config/*_key.json      the node's identity and its block-producing key
//	dir/data/                  blocks and state
//	dir/data/snapshots/        what other nodes state-sync from
package node

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	pruningtypes "github.com/cosmos/cosmos-sdk/store/v2/pruning/types"
)

// Format is the version of the data directory's layout. Raise it whenever state written by the
// previous version can no longer be read, and say in docs/ how to migrate.
const Format = "ergon-ledger-2"

// Duration is a time.Duration that reads and writes as text ("250ms") in JSON.
type Duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	*d = Duration(v)
	return err
}

// Config is what an operator sets, kept in node.json. Addresses are host:port; an empty one
// turns the service off.
type Config struct {
	RPC       string   `json:"rpc"`  // CometBFT RPC: what chain/client dials
	P2P       string   `json:"p2p"`  // other nodes
	REST      string   `json:"rest"` // JSON over HTTP
	GRPC      string   `json:"grpc"`
	BlockTime Duration `json:"block_time"`
	Peers     []string `json:"peers"` // id@host:port, dialled for ever

	Pruning   Pruning    `json:"pruning,omitzero"`
	Snapshots Snapshots  `json:"snapshots,omitzero"`
	StateSync *StateSync `json:"state_sync,omitempty"` // where an empty node begins; nil: at the first block
}

// Pruning says how much of the past a node can answer questions about.
type Pruning struct {
	// Mode is nothing (keep the state of every block), default (about fifty days of 12 s blocks),
	// everything (two blocks) or custom. Empty is default.
	Mode       string `json:"mode,omitempty"`
	Keep       uint64 `json:"keep,omitempty"`        // custom: states kept
	Interval   uint64 `json:"interval,omitempty"`    // custom: blocks between two clearings
	KeepBlocks uint64 `json:"keep_blocks,omitempty"` // blocks kept; 0: all, which an audit reads
}

// Snapshots says how often a node makes the snapshots that others state-sync from.
type Snapshots struct {
	Interval uint64 `json:"interval,omitempty"` // blocks; 0: never
	Keep     uint32 `json:"keep,omitempty"`     // 0: two
}

// StateSync is where an empty node gets its first state, and the block it trusts.
type StateSync struct {
	RPC    []string `json:"rpc"` // of two nodes
	Height int64    `json:"height"`
	Hash   string   `json:"hash"` // of that block, hex
}

// PruningModes in the order of how much they keep.
var PruningModes = []string{"nothing", "default", "everything", "custom"}

// Check names what is wrong with a pruning policy.
func (p Pruning) Check() error {
	_, err := p.options()
	return err
}

// options checks a pruning policy and hands it to the store.
func (p Pruning) options() (pruningtypes.PruningOptions, error) {
	mode := cmp.Or(p.Mode, "default")
	if !slices.Contains(PruningModes, mode) {
		return pruningtypes.PruningOptions{}, fmt.Errorf("pruning %q: use %s", p.Mode, strings.Join(PruningModes, ", "))
	}
	if mode != "custom" {
		if p.Keep != 0 || p.Interval != 0 {
			return pruningtypes.PruningOptions{}, fmt.Errorf("pruning %q takes no numbers: use custom with them", mode)
		}
		return pruningtypes.NewPruningOptionsFromString(mode), nil
	}
	o := pruningtypes.NewCustomPruningOptions(p.Keep, p.Interval)
	if err := o.Validate(); err != nil {
		return o, fmt.Errorf("pruning custom, keep %d, interval %d: %w: keep at least 2 states and clear every 10 blocks or more", p.Keep, p.Interval, err)
	}
	return o, nil
}

// DefaultConfig listens on loopback at the usual ports with 12 s blocks (chain §1.1).
func DefaultConfig() Config {
	return Config{
		RPC: "127.0.0.1:26657", P2P: "127.0.0.1:26656", REST: "127.0.0.1:1317", GRPC: "127.0.0.1:9090",
		BlockTime: Duration(12 * time.Second), Snapshots: Snapshots{Interval: 1000, Keep: 2},
	}
}

// ErrFormat is returned for a data directory of another layout.
var ErrFormat = errors.New("data directory has another format")

func checkFormat(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "format"))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not a ledger directory: run `ergon node init --dir %s` first", dir, dir)
	}
	if err != nil {
		return err
	}
	if got := strings.TrimSpace(string(raw)); got != Format {
		return fmt.Errorf("%w: %s is %q, this program writes %q: use the release that wrote it, or move the directory away and start anew", ErrFormat, dir, got, Format)
	}
	return nil
}

func readConfig(dir string) (Config, error) {
	c := DefaultConfig()
	raw, err := os.ReadFile(filepath.Join(dir, "node.json"))
	if err != nil {
		return c, fmt.Errorf("read node configuration: %w", err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("read %s: %w", filepath.Join(dir, "node.json"), err)
	}
	if c.BlockTime <= 0 {
		return c, fmt.Errorf("%s: block_time %v must be positive", filepath.Join(dir, "node.json"), time.Duration(c.BlockTime))
	}
	if err := c.Pruning.Check(); err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Join(dir, "node.json"), err)
	}
	return c, nil
}

// WriteConfig stores a node's configuration.
func WriteConfig(dir string, c Config) error {
	raw, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "node.json"), append(raw, '\n'), 0o600)
}
