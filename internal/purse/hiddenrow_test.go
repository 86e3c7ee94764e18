package purse

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/keys"
)

func TestHiddenRowsComeBackAsTheyWere(t *testing.T) {
	hotkey, err := keys.Generate()
	if err != nil {
		t.Fatal(err)
	}
	rows := RowsOf(t.TempDir(), "alice")
	kept, hash, err := rows.Keep(hotkey, HiddenRow{Netuid: 7, UIDs: []uint16{1, 2}, Values: []uint16{3, 65535}, Version: 9})
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := rows.Keep(hotkey, HiddenRow{Netuid: 7, UIDs: []uint16{1, 2}, Values: []uint16{3, 65535}, Version: 9})
	if err != nil || again.Hash == kept.Hash {
		t.Errorf("the same row twice has the same hash, %v: it could be guessed", err)
	}
	got, err := rows.Load(7, hex.EncodeToString(hash[:]))
	if err != nil || got.seal([32]byte(hotkey.Public())) != hash {
		t.Errorf("loaded %+v, %v", got, err)
	}
	path := rows.path(7, kept.Hash)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, spoilt := range map[string]string{
		"no JSON": "{", "another row": strings.Replace(string(raw), "65535", "65534", 1), "no hotkey": strings.Replace(string(raw), hotkey.Address(), "5", 1),
	} {
		if err := os.WriteFile(path, []byte(spoilt), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := rows.Load(7, kept.Hash); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s: %v", what, err)
		}
	}
	rows.Forget(kept)
	if _, err := rows.Load(7, kept.Hash); err == nil || !strings.Contains(err.Error(), "committed elsewhere") {
		t.Errorf("a forgotten row: %v", err)
	}
}
