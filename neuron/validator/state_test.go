package validator

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/neuron/metagraph"
)

func TestStateRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.json")
	s, err := loadState(path, 1, "v")
	if err != nil || len(s.Scores) != 0 {
		t.Fatalf("missing file: %+v, %v", s, err)
	}
	s.Step, s.Weights, s.Scores["a"] = 5, 100, 0.1
	if err := s.save(path); err != nil {
		t.Fatal(err)
	}
	back, err := loadState(path, 1, "v")
	if err != nil || back.Step != 5 || back.Weights != 100 || !maps.Equal(back.Scores, s.Scores) {
		t.Errorf("%+v, %v", back, err)
	}
	entries, _ := os.ReadDir(filepath.Dir(path))
	info, _ := os.Stat(path)
	if len(entries) != 1 || info.Mode().Perm() != 0o600 {
		t.Errorf("%d files, mode %v", len(entries), info.Mode())
	}
}

// What is not this validator's state is refused and left alone.
func TestStateRefuses(t *testing.T) {
	for name, raw := range map[string]string{
		"empty":         ``,
		"damaged":       `{"version":1,"sco`,
		"newer":         `{"version":2,"netuid":1,"hotkey":"v","scores":{}}`,
		"other subnet":  `{"version":1,"netuid":2,"hotkey":"v","scores":{}}`,
		"other hotkey":  `{"version":1,"netuid":1,"hotkey":"w","scores":{}}`,
		"negative":      `{"version":1,"netuid":1,"hotkey":"v","scores":{"a":-1}}`,
		"not a number":  `{"version":1,"netuid":1,"hotkey":"v","scores":{"a":"1"}}`,
		"very large":    `{"version":1,"netuid":1,"hotkey":"v","scores":{"a":1}}` + strings.Repeat(" ", maxState),
		"out of range":  `{"version":1,"netuid":1,"hotkey":"v","scores":{"a":1e999}}`,
		"wrong version": `{"netuid":1,"hotkey":"v"}`,
	} {
		path := filepath.Join(t.TempDir(), "state.json")
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := loadState(path, 1, "v"); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := New(Options{Hotkey: "v", Graph: metagraph.NewCache(nil, 1, metagraph.Options{}), Chain: newLedger(), Market: abc, State: path}); err == nil {
			t.Errorf("%s: New accepts it", name)
		}
		if after, _ := os.ReadFile(path); string(after) != raw {
			t.Errorf("%s: the file changed", name)
		}
	}
	if err := (&state{}).save(filepath.Join(t.TempDir(), "none", "state.json")); err == nil {
		t.Error("saving into a missing folder: no error")
	}
}

func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1,"netuid":1,"hotkey":"v","step":3,"weights_block":9,"scores":{"a":0.5}}`))
	path := filepath.Join(f.TempDir(), "state.json")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := loadState(path, 1, "v")
		if err != nil {
			return
		}
		if err := s.save(path); err != nil {
			t.Fatal(err)
		}
		if back, err := loadState(path, 1, "v"); err != nil || !maps.Equal(back.Scores, s.Scores) {
			t.Fatalf("%v", err)
		}
	})
}
