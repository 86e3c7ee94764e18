package purse

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/validator"
)

// HiddenRow is a committed row as it is kept beside the wallet: with its salt, without which it
// cannot be revealed.
type HiddenRow struct {
	Netuid  uint16   `json:"netuid"`
	Hotkey  string   `json:"hotkey"` // SS58
	Hash    string   `json:"hash"`   // hex
	UIDs    []uint16 `json:"uids"`
	Values  []uint16 `json:"values"`
	Salt    []uint16 `json:"salt"`
	Version uint64   `json:"version_key"`
}

// HiddenRows keeps the rows of one wallet in its folder "commits".
type HiddenRows struct{ folder string }

// RowsOf is where the wallet of that name keeps its rows.
func RowsOf(walletDir, name string) HiddenRows {
	return HiddenRows{filepath.Join(walletDir, name, "commits")}
}

func (h HiddenRows) path(netuid uint16, hash string) string {
	return filepath.Join(h.folder, fmt.Sprintf("%d-%.16s.json", netuid, hash))
}

// Keep draws a salt for the row, makes it durable and returns it with its hash, to be committed.
func (h HiddenRows) Keep(hotkey *keys.Pair, r HiddenRow) (HiddenRow, [32]byte, error) {
	salt, err := validator.NewSalt()
	if err != nil {
		return r, [32]byte{}, err
	}
	r.Hotkey, r.Salt = hotkey.Address(), salt
	hash := r.seal([32]byte(hotkey.Public()))
	r.Hash = hex.EncodeToString(hash[:])
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.MkdirAll(h.folder, 0o700)
	}
	if err == nil {
		err = durable.Write(h.path(r.Netuid, r.Hash), text)
	}
	if err != nil {
		return r, hash, fmt.Errorf("keep the row: %w", err)
	}
	return r, hash, nil
}

func (r HiddenRow) seal(hotkey [32]byte) [32]byte {
	return yuma.Commitment{Hotkey: hotkey, Index: r.Netuid, UIDs: r.UIDs, Values: r.Values, Salt: r.Salt, VersionKey: r.Version}.Hash()
}

// Load finds the row of a commit, and makes sure that it is that row.
func (h HiddenRows) Load(netuid uint16, hash string) (r HiddenRow, err error) {
	path := h.path(netuid, hash)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return r, Refused("the row of commit %.12s… is not in this wallet (%s): it was committed elsewhere, as by a running validator, which reveals it by itself", hash, path)
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("%s is damaged: %w", path, err)
	}
	hotkey, err := keys.ParseSS58(r.Hotkey)
	if err != nil {
		return r, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if sealed := r.seal([32]byte(hotkey)); hex.EncodeToString(sealed[:]) != hash {
		return r, fmt.Errorf("%s is damaged: it is not the row that was committed", path)
	}
	return r, nil
}

// Forget removes the file of a row that is revealed; one that stays does no harm.
func (h HiddenRows) Forget(r HiddenRow) { _ = os.Remove(h.path(r.Netuid, r.Hash)) }
