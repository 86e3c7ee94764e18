// Package node runs a ledger node: consensus, storage, REST and gRPC in one process, from one
// directory. Init prepares the directory, Start runs it until the context ends.
//
//	dir/format                 version of the layout; a mismatch is refused, never reset
//	dir/node.json              addresses, block time, peers
//	dir/config/genesis.json    the first block
//	dir/config/*_key.json      the node's identity and its block-producing key
//	dir/data/                  blocks and state
package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Format is the version of the data directory's layout. Raise it whenever state written by the
// previous version can no longer be read, and say in docs/ how to migrate.
const Format = "ergon-ledger-1"

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
}

// DefaultConfig listens on loopback at the usual ports with 12 s blocks (chain §1.1).
func DefaultConfig() Config {
	return Config{
		RPC: "127.0.0.1:26657", P2P: "127.0.0.1:26656", REST: "127.0.0.1:1317", GRPC: "127.0.0.1:9090",
		BlockTime: Duration(12 * time.Second),
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
