package main

import (
	crand "crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ergon-network/ergon/consensus/yuma"
	"github.com/ergon-network/ergon/internal/purse"
	"github.com/ergon-network/ergon/keys"
)

// keptRow is a committed row as it is kept beside the wallet: with its salt, without which it cannot
// be revealed.
type keptRow struct {
	Netuid  uint16   `json:"netuid"`
	Hotkey  string   `json:"hotkey"`
	Hash    string   `json:"hash"`
	UIDs    []uint16 `json:"uids"`
	Values  []uint16 `json:"values"`
	Salt    []uint16 `json:"salt"`
	Version uint64   `json:"version_key"`
}

func (e *env) rowPath(netuid uint16, hash string) string {
	return filepath.Join(e.walletDir, e.wallet, "commits", fmt.Sprintf("%d-%.16s.json", netuid, hash))
}

// keepRow draws a salt and makes the row durable.
func (e *env) keepRow(hotkey *keys.Pair, w weighing) (keptRow, error) {
	raw := make([]byte, 32)
	if _, err := crand.Read(raw); err != nil {
		return keptRow{}, err
	}
	k := keptRow{Netuid: w.netuid, Hotkey: hotkey.Address(), UIDs: w.uids, Values: w.values, Version: w.version}
	for ; len(raw) > 0; raw = raw[2:] {
		k.Salt = append(k.Salt, binary.LittleEndian.Uint16(raw))
	}
	hash := k.seal([32]byte(hotkey.Public()))
	k.Hash = hex.EncodeToString(hash[:])
	text, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return k, err
	}
	path := e.rowPath(k.Netuid, k.Hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return k, fmt.Errorf("keep the row: %w", err)
	}
	if err := writeSynced(path, text); err != nil {
		return k, fmt.Errorf("keep the row: %w", err)
	}
	return k, nil
}

func (k keptRow) seal(hotkey [32]byte) [32]byte {
	return yuma.Commitment{Hotkey: hotkey, Index: k.Netuid, UIDs: k.UIDs, Values: k.Values, Salt: k.Salt, VersionKey: k.Version}.Hash()
}

// loadRow finds the row of a commit, and makes sure that it is that row.
func (e *env) loadRow(netuid uint16, hash string) (k keptRow, err error) {
	path := e.rowPath(netuid, hash)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return k, purse.Refused("the row of commit %s is not in this wallet (%s): it was committed elsewhere, as by a running validator, which reveals it by itself", short(hash), path)
	}
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal(raw, &k); err != nil {
		return k, fmt.Errorf("%s is damaged: %w", path, err)
	}
	hotkey, err := keys.ParseSS58(k.Hotkey)
	if err != nil {
		return k, fmt.Errorf("%s is damaged: %w", path, err)
	}
	if sealed := k.seal([32]byte(hotkey)); hex.EncodeToString(sealed[:]) != hash {
		return k, fmt.Errorf("%s is damaged: it is not the row that was committed", path)
	}
	return k, nil
}

// forgetRow removes the file of a row that is revealed; one that stays does no harm.
func (e *env) forgetRow(k keptRow) { _ = os.Remove(e.rowPath(k.Netuid, k.Hash)) }

// writeSynced makes a file whole and durable before it returns.
func writeSynced(path string, raw []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
