package node

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	cmtstate "github.com/cometbft/cometbft/proto/tendermint/state"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	sm "github.com/cometbft/cometbft/state"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/log/v2"

	snapshottypes "github.com/cosmos/cosmos-sdk/store/v2/snapshots/types"
)

// reader takes an archive apart, part by part in their order.
type reader struct{ *tar.Reader }

func (r reader) next(name string) ([]byte, error) {
	h, err := r.Next()
	if err != nil {
		return nil, fmt.Errorf("the snapshot ends before %s: is the file whole?: %w", name, err)
	}
	if h.Name != name || h.Size > maxPart {
		return nil, fmt.Errorf("the snapshot has %s of %d bytes where %s belongs: is it one of `ergon node snapshot make`?", h.Name, h.Size, name)
	}
	return io.ReadAll(io.LimitReader(r.Reader, maxPart))
}

// ReadSnapshot reads what an archive says of itself.
func ReadSnapshot(file string) (s Snapshot, err error) {
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	raw, err := reader{tar.NewReader(f)}.next(manifestName)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

// Restore makes a node of an archive in an empty directory. With a block hash it refuses an archive
// of another history. What it holds is checked against itself in any case: chunks against their
// hashes, the state against the app hash, the block against the votes of its producers.
func Restore(ctx context.Context, dir, name, file, blockHash string, c Config, say func(string)) (s Snapshot, err error) {
	if err := mustBeEmpty(dir); err != nil {
		return s, err
	}
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	r := reader{tar.NewReader(f)}
	parts := map[string][]byte{}
	for _, name := range []string{manifestName, genesisName, stateName, blockName, commitName, stateChunks} {
		if parts[name], err = r.next(name); err != nil {
			return s, err
		}
	}
	if err := json.Unmarshal(parts[manifestName], &s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	if s.Format != Format {
		return s, fmt.Errorf("%w: the snapshot is %q, this program writes %q: use the release that made it", ErrFormat, s.Format, Format)
	}
	doc, err := cmttypes.GenesisDocFromJSON(parts[genesisName])
	if err != nil {
		return s, fmt.Errorf("genesis of the snapshot: %w", err)
	}
	moment, err := readMoment(parts, doc)
	if err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	if got := moment.state.LastBlockID.Hash.String(); blockHash != "" && !equalHex(got, blockHash) {
		return s, fmt.Errorf("block %d of the snapshot is %s, not %s as you say: it is of another history; nothing was written", s.Height, got, blockHash)
	}
	defer func() { // an empty directory stays one
		if err != nil {
			_ = os.RemoveAll(filepath.Join(dir, "data"))
			_ = os.RemoveAll(filepath.Join(dir, "config"))
		}
	}()
	if _, err := Prepare(dir, name); err != nil {
		return s, err
	}
	if err := restoreApp(ctx, dir, doc.ChainID, c, s, r, parts[stateChunks], moment.state.AppHash, say); err != nil {
		return s, err
	}
	if err := moment.write(dir); err != nil {
		return s, err
	}
	return s, Init(dir, doc, c)
}

func equalHex(a, b string) bool {
	x, err1 := hex.DecodeString(a)
	y, err2 := hex.DecodeString(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// moment is the engine's view of one block.
type moment struct {
	state sm.State
	block *cmttypes.Block
	votes *cmttypes.ExtendedCommit
}

// readMoment reads the engine's parts and holds them against each other.
func readMoment(parts map[string][]byte, doc *cmttypes.GenesisDoc) (*moment, error) {
	var pbState cmtstate.State
	var pbBlock cmtproto.Block
	var pbVotes cmtproto.ExtendedCommit
	err := errors.Join(pbState.Unmarshal(parts[stateName]), pbBlock.Unmarshal(parts[blockName]), pbVotes.Unmarshal(parts[commitName]))
	if err != nil {
		return nil, err
	}
	state, err := sm.FromProto(&pbState)
	if err != nil {
		return nil, fmt.Errorf("state: %w", err)
	}
	block, err := cmttypes.BlockFromProto(&pbBlock)
	if err != nil {
		return nil, fmt.Errorf("block: %w", err)
	}
	votes, err := cmttypes.ExtendedCommitFromProto(&pbVotes)
	if err != nil {
		return nil, fmt.Errorf("votes: %w", err)
	}
	if state.ChainID != doc.ChainID || !bytes.Equal(block.Hash(), state.LastBlockID.Hash) || block.Height != state.LastBlockHeight {
		return nil, errors.New("genesis, state and block do not belong together")
	}
	if err := state.LastValidators.VerifyCommit(doc.ChainID, state.LastBlockID, state.LastBlockHeight, votes.ToCommit()); err != nil {
		return nil, fmt.Errorf("the producers' votes for block %d do not hold: %w", state.LastBlockHeight, err)
	}
	return &moment{*state, block, votes}, nil
}

func (m *moment) write(dir string) (err error) {
	e, err := openEngine(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	partSet, err := m.block.MakePartSet(cmttypes.BlockPartSizeBytes)
	if err != nil {
		return err
	}
	if err := e.states.Bootstrap(m.state); err != nil {
		return err
	}
	if m.state.ConsensusParams.ABCI.VoteExtensionsEnabled(m.block.Height) {
		e.blocks.SaveBlockWithExtendedCommit(m.block, partSet, m.votes)
	} else {
		e.blocks.SaveBlock(m.block, partSet, m.votes.ToCommit())
	}
	return nil
}

// restoreApp feeds the chunks to an empty application.
func restoreApp(ctx context.Context, dir, chainID string, c Config, s Snapshot, r reader, head, appHash []byte, say func(string)) (err error) {
	a, err := openApp(dir, chainID, c, 0, log.NewNopLogger())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	const hashSize = 32
	if len(head) < hashSize {
		return errors.New("the snapshot's list of parts is too short")
	}
	var metadata snapshottypes.Metadata
	if err := metadata.Unmarshal(head[hashSize:]); err != nil {
		return fmt.Errorf("the snapshot's list of parts: %w", err)
	}
	m := a.SnapshotManager()
	err = m.Restore(snapshottypes.Snapshot{
		Height: uint64(s.Height), Format: snapshottypes.CurrentFormat, Chunks: s.Chunks, Hash: head[:hashSize], Metadata: metadata,
	})
	if err != nil {
		return fmt.Errorf("restore the state: %w", err)
	}
	for i := range s.Chunks {
		say(fmt.Sprintf("restoring part %d of %d…", i+1, s.Chunks))
		if err := ctx.Err(); err != nil {
			return err
		}
		chunk, err := r.next(fmt.Sprintf("chunk-%06d", i))
		if err == nil {
			_, err = m.RestoreChunk(chunk)
		}
		if err != nil {
			return fmt.Errorf("restore part %d: %w", i+1, err)
		}
	}
	if got := a.CommitMultiStore().LastCommitID().Hash; !bytes.Equal(got, appHash) {
		return fmt.Errorf("the restored state has app hash %x, the block says %x: the snapshot is not of this ledger", got, appHash)
	}
	return nil
}

// mustBeEmpty refuses a directory that holds a ledger or anything that one would overwrite.
func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name another --dir, or move it away", dir)
	}
	return nil
}
