package node

import (
	"archive/tar"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"

	cmtcfg "github.com/cometbft/cometbft/config"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	sm "github.com/cometbft/cometbft/state"
	"github.com/cometbft/cometbft/store"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/cosmos-sdk/store/v2/snapshots"
	snapshottypes "github.com/cosmos/cosmos-sdk/store/v2/snapshots/types"
)

// Kept is one of the snapshots that a node keeps for others to state-sync from.
type Kept struct {
	Height uint64 `json:"height"`
	Format uint64 `json:"format"`
	Chunks int    `json:"chunks"`
	Bytes  int64  `json:"bytes"`
}

// ListSnapshots looks at what is in dir; the node may be running.
func ListSnapshots(dir string) ([]Kept, error) {
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	all := []Kept{}
	chunks, err := filepath.Glob(filepath.Join(snapshotDir(dir), "[0-9]*", "[0-9]*", "[0-9]*"))
	if err != nil {
		return nil, err
	}
	for _, path := range chunks {
		format := filepath.Dir(path)
		height, err1 := strconv.ParseUint(filepath.Base(filepath.Dir(format)), 10, 64)
		number, err2 := strconv.ParseUint(filepath.Base(format), 10, 64)
		info, err3 := os.Stat(path)
		if errors.Join(err1, err2, err3) != nil {
			continue // no snapshot of ours, or just removed
		}
		if n := len(all); n == 0 || all[n-1].Height != height || all[n-1].Format != number {
			all = append(all, Kept{Height: height, Format: number})
		}
		last := &all[len(all)-1]
		last.Chunks++
		last.Bytes += info.Size()
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Height < all[j].Height })
	return all, nil
}

// Snapshot describes an archive: a whole ledger as it was after one block.
type Snapshot struct {
	ChainID   string `json:"chain_id"`
	Height    int64  `json:"height"`
	BlockHash string `json:"block_hash"` // what other nodes say of this height tells whether it is true
	AppHash   string `json:"app_hash"`
	Genesis   string `json:"genesis_digest"`
	Chunks    uint32 `json:"chunks"`
	Format    string `json:"format"` // of the directory it was made from
}

// Names inside an archive, in this order; the state's chunks follow.
const (
	manifestName = "manifest.json"
	genesisName  = "genesis.json"
	stateName    = "state.pb"
	blockName    = "block.pb"
	commitName   = "commit.pb"
	stateChunks  = "state-metadata.pb"
)

// maxPart bounds one file of an archive in memory.
const maxPart = 512 << 20

// engine is the consensus engine's storage in a directory.
type engine struct {
	blocks *store.BlockStore
	states sm.Store
}

func openEngine(dir string) (*engine, error) {
	c := cometConfig(dir, DefaultConfig())
	blockDB, err := cmtcfg.DefaultDBProvider(&cmtcfg.DBContext{ID: "blockstore", Config: c})
	if err != nil {
		return nil, fmt.Errorf("open blocks in %s (is a node running there?): %w", dir, err)
	}
	stateDB, err := cmtcfg.DefaultDBProvider(&cmtcfg.DBContext{ID: "state", Config: c})
	if err != nil {
		return nil, errors.Join(err, blockDB.Close())
	}
	return &engine{store.NewBlockStore(blockDB), sm.NewStore(stateDB, sm.StoreOptions{})}, nil
}

func (e *engine) close() error { return errors.Join(e.blocks.Close(), e.states.Close()) }

// MakeSnapshot writes the ledger of a stopped node, as it is after its last block, into one file.
// say is told what is going on.
func MakeSnapshot(dir, file string, say func(string)) (s Snapshot, err error) {
	doc, err := readGenesis(dir)
	if err != nil {
		return s, err
	}
	c, err := readConfig(dir)
	if err != nil {
		return s, err
	}
	a, err := openApp(dir, doc.ChainID, c, 0, log.NewNopLogger())
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	e, err := openEngine(dir)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	state, err := e.states.Load()
	if err != nil {
		return s, err
	}
	height := state.LastBlockHeight
	switch {
	case height == 0:
		return s, fmt.Errorf("%s has no block yet: copy its genesis instead", dir)
	case a.LastBlockHeight() != height || e.blocks.Height() != height:
		return s, fmt.Errorf("%s was not stopped in good order (state %d, application %d, blocks %d): start the node, stop it with Ctrl-C, and repeat",
			dir, height, a.LastBlockHeight(), e.blocks.Height())
	}
	say(fmt.Sprintf("taking the state of block %d…", height))
	taken, err := a.SnapshotManager().Create(uint64(height))
	if err != nil {
		return s, fmt.Errorf("take the state of block %d: %w", height, err)
	}
	digest, genesis, err := digestOf(doc)
	if err != nil {
		return s, err
	}
	s = Snapshot{
		ChainID: doc.ChainID, Height: height, BlockHash: state.LastBlockID.Hash.String(), AppHash: hex.EncodeToString(state.AppHash),
		Genesis: digest, Chunks: taken.Chunks, Format: Format,
	}
	parts, err := engineParts(e, state)
	if err != nil {
		return s, err
	}
	manifest, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return s, err
	}
	metadata, err := taken.Metadata.Marshal()
	if err != nil {
		return s, err
	}
	parts = append([]part{{manifestName, manifest}, {genesisName, genesis}}, append(parts, part{stateChunks, append(taken.Hash, metadata...)})...)
	return s, archive(file, parts, taken, a.SnapshotManager(), say)
}

type part struct {
	name string
	data []byte
}

// engineParts is what the engine needs to go on after a block: its state, that block, and the
// votes for it.
func engineParts(e *engine, state sm.State) ([]part, error) {
	pb, err := state.ToProto()
	if err != nil {
		return nil, err
	}
	raw, err := pb.Marshal()
	if err != nil {
		return nil, err
	}
	block := e.blocks.LoadBlockProto(state.LastBlockHeight)
	if block == nil {
		return nil, fmt.Errorf("block %d is not stored: start the node until it makes a block, and repeat", state.LastBlockHeight)
	}
	rawBlock, err := block.Marshal()
	if err != nil {
		return nil, err
	}
	votes := &cmtproto.ExtendedCommit{}
	if extended := e.blocks.LoadBlockExtendedCommit(state.LastBlockHeight); extended != nil {
		votes = extended.ToProto()
	} else if seen := e.blocks.LoadSeenCommit(state.LastBlockHeight); seen != nil {
		votes = seen.WrappedExtendedCommit().ToProto()
	}
	rawVotes, err := votes.Marshal()
	return []part{{stateName, raw}, {blockName, rawBlock}, {commitName, rawVotes}}, err
}

// archive writes parts and chunks so that the file is whole or absent.
func archive(file string, parts []part, taken *snapshottypes.Snapshot, m *snapshots.Manager, say func(string)) (err error) {
	if _, err := os.Stat(file); err == nil {
		return fmt.Errorf("%s exists: name another file, or remove it", file)
	}
	tmp := file + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp)
		}
	}()
	w := tar.NewWriter(f)
	put := func(p part) error {
		if err := w.WriteHeader(&tar.Header{Name: p.name, Mode: 0o600, Size: int64(len(p.data))}); err != nil {
			return err
		}
		_, err := w.Write(p.data)
		return err
	}
	for _, p := range parts {
		if err := put(p); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	for i := range taken.Chunks {
		say(fmt.Sprintf("writing part %d of %d…", i+1, taken.Chunks))
		chunk, err := m.LoadChunk(taken.Height, taken.Format, i)
		if err == nil {
			err = put(part{fmt.Sprintf("chunk-%06d", i), chunk})
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	if err := errors.Join(w.Close(), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(tmp, file)
}
