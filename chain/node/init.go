package node

import (
	"fmt"
	"os"
	"path/filepath"

	cmtcfg "github.com/cometbft/cometbft/config"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	cmttypes "github.com/cometbft/cometbft/types"

	authoritytypes "github.com/ergon-network/ergon/chain/x/authority/types"
)

// Identity is what other operators need to know of a node.
type Identity struct {
	ID       string // peers dial ID@host:port
	Producer authoritytypes.Producer
}

// Prepare makes the directories and keys of a node, or reads those that exist.
func Prepare(dir, name string) (Identity, error) {
	c := cmtcfg.DefaultConfig().SetRoot(dir)
	for _, d := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return Identity{}, fmt.Errorf("make node directory: %w", err)
		}
	}
	nodeKey, err := p2p.LoadOrGenNodeKey(c.NodeKeyFile())
	if err != nil {
		return Identity{}, fmt.Errorf("node key: %w", err)
	}
	pv := privval.LoadOrGenFilePV(c.PrivValidatorKeyFile(), c.PrivValidatorStateFile())
	return Identity{
		ID:       string(nodeKey.ID()),
		Producer: authoritytypes.Producer{Name: name, PubKey: pv.Key.PubKey.Bytes(), Power: 10},
	}, nil
}

// Init finishes a prepared directory: genesis, configuration, format. It refuses to touch a
// directory that already holds a ledger.
func Init(dir string, doc *cmttypes.GenesisDoc, c Config) error {
	format := filepath.Join(dir, "format")
	if _, err := os.Stat(format); err == nil {
		return fmt.Errorf("%s already holds a ledger: start it with `ergon node start --dir %s`", dir, dir)
	}
	if err := doc.SaveAs(cmtcfg.DefaultConfig().SetRoot(dir).GenesisFile()); err != nil {
		return fmt.Errorf("write genesis: %w", err)
	}
	if err := WriteConfig(dir, c); err != nil {
		return err
	}
	return os.WriteFile(format, []byte(Format+"\n"), 0o600)
}

// Peers lists, for each of several nodes, the others as it dials them. It is how a localnet whose
// ports changed finds itself again.
func Peers(dirs []string, configs []Config) ([][]string, error) {
	all := make([]string, len(dirs))
	for i, dir := range dirs {
		key, err := p2p.LoadNodeKey(cmtcfg.DefaultConfig().SetRoot(dir).NodeKeyFile())
		if err != nil {
			return nil, fmt.Errorf("node key of %s: %w", dir, err)
		}
		all[i] = string(key.ID()) + "@" + configs[i].P2P
	}
	peers := make([][]string, len(dirs))
	for i := range dirs {
		peers[i] = append(append([]string{}, all[:i]...), all[i+1:]...)
	}
	return peers, nil
}
