package validator

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"

	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/neuron/metagraph"
)

const (
	stateVersion = 1
	maxState     = 16 << 20 // bytes
)

// state is what survives a restart. Scores belong to hotkeys, so a uid's new owner starts anew.
type state struct {
	Version int                `json:"version"`
	Netuid  uint16             `json:"netuid"`
	Hotkey  string             `json:"hotkey"`       // the validator's
	Step    uint64             `json:"step"`         // rounds judged
	Played  uint64             `json:"played_block"` // head when the last round ended
	Weights uint64             `json:"weights_block"`
	Scores  map[string]float64 `json:"scores"`
	Judged  map[string]uint64  `json:"judged"` // verdicts that counted
	Sealed  []sealed           `json:"sealed,omitempty"`
}

// sealed is a row that was, or was about to be, committed: without its salt it cannot be revealed.
type sealed struct {
	Hash      string `json:"hash"` // hex, what the ledger knows it by
	Row       Row    `json:"row"`
	Saved     uint64 `json:"saved_block"`               // head when it was made
	Committed uint64 `json:"committed_block,omitempty"` // 0: we do not know that it was
}

// loadState reads the file; a missing one gives an empty state. Anything else that is not this
// validator's state is an error, and the file stays untouched.
func loadState(path string, netuid uint16, hotkey string) (*state, error) {
	fresh := &state{Version: stateVersion, Netuid: netuid, Hotkey: hotkey, Scores: map[string]float64{}, Judged: map[string]uint64{}}
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxState+1))
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrState, path, err)
	}
	s := &state{}
	if len(raw) > maxState {
		return nil, fmt.Errorf("%w %s is damaged: it has more than %d bytes; move it away to start from zero", ErrState, path, maxState)
	}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("%w %s is damaged; move it away to start from zero: %w", ErrState, path, err)
	}
	switch {
	case s.Version != stateVersion:
		return nil, fmt.Errorf("%w %s has version %d, this program reads %d; use the program that wrote it, or move it away", ErrState, path, s.Version, stateVersion)
	case s.Netuid != netuid || s.Hotkey != hotkey:
		return nil, fmt.Errorf("%w %s belongs to %s on subnet %d; give each validator its own file", ErrState, path, s.Hotkey, s.Netuid)
	}
	if s.Scores == nil {
		s.Scores = map[string]float64{}
	}
	if s.Judged == nil {
		s.Judged = map[string]uint64{}
	}
	for h, v := range s.Scores {
		if !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%w %s is damaged: score %v of %s; move it away to start from zero", ErrState, path, v, h)
		}
	}
	return s, nil
}

// save replaces the file whole: written beside it, synced, renamed.
func (s *state) save(path string) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("%w does not encode: %w", ErrState, err)
	}
	if err := durable.Write(path, raw); err != nil {
		return fmt.Errorf("%w cannot be saved to %s: %w", ErrState, path, err)
	}
	return nil
}

// align drops what is kept of hotkeys that hold no uid any more.
func (s *state) align(snapshot *metagraph.Snapshot) {
	gone := func(hotkey string) bool { _, ok := snapshot.UID(hotkey); return !ok }
	maps.DeleteFunc(s.Scores, func(hotkey string, _ float64) bool { return gone(hotkey) })
	maps.DeleteFunc(s.Judged, func(hotkey string, _ uint64) bool { return gone(hotkey) })
}

// vector lays the scores out by uid.
func (s *state) vector(snapshot *metagraph.Snapshot) ([]uint16, []float32) {
	uids := allUIDs(len(snapshot.Neurons))
	scores := make([]float32, len(uids))
	for i, n := range snapshot.Neurons {
		scores[i] = float32(s.Scores[n.Hotkey])
	}
	return uids, scores
}
