package yuma

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"testing"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
)

// Every section of "weights" has a pure part and is checked here. What remains for the ledger, which
// alone knows its state, are the checks of yuma §7.1 that read it (registration, stake, version
// key, rate limit, permit) and their order.
func TestWeightsVectors(t *testing.T) {
	checks := map[string]func(*testing.T, json.RawMessage){
		"commit_hash":              checkCommitHash,
		"max_weight_limit":         checkMaxWeightLimit,
		"max_weight_limited_guard": checkMaxWeightGuard,
		"is_self_weight":           checkSelfWeight,
		"check_length":             checkLength,
		"len_uids":                 checkLenUIDs,
		"commit_interval_2024":     checkCommitInterval,
		"alpha_values_admission":   checkAlphaAdmission,
		"normalize_weights_helper": checkNormalizeHelper,
	}
	var sections []json.RawMessage
	vectors.Must(t, vectorFile, "weights", &sections)
	for _, raw := range sections {
		var s struct{ Name string }
		jsonInto(t, raw, &s)
		check, ok := checks[s.Name]
		if !ok {
			t.Errorf("nothing checks section %q", s.Name)
			continue
		}
		t.Run(s.Name, func(t *testing.T) { check(t, raw) })
	}
}

func checkCommitHash(t *testing.T, raw json.RawMessage) {
	var c struct {
		Hotkey   string `json:"hotkey_hex"`
		Netuid   uint16
		UIDs     []uint16
		Values   []uint16
		Salt     []uint16
		Version  uint64 `json:"version_key"`
		Preimage string `json:"preimage_hex"`
		Hash     string `json:"blake2b_256"`
	}
	jsonInto(t, raw, &c)
	commitment := Commitment{Index: c.Netuid, UIDs: c.UIDs, Values: c.Values, Salt: c.Salt, VersionKey: c.Version}
	hotkey, err := hex.DecodeString(c.Hotkey)
	if err != nil || copy(commitment.Hotkey[:], hotkey) != 32 {
		t.Fatalf("hotkey %q", c.Hotkey)
	}
	if got := hex.EncodeToString(commitment.encode()); got != c.Preimage {
		t.Errorf("preimage %s, want %s", got, c.Preimage)
	}
	hash := commitment.Hash()
	if got := hex.EncodeToString(hash[:]); got != c.Hash {
		t.Errorf("hash %s, want %s", got, c.Hash)
	}
	for name, change := range map[string]func(*Commitment){
		"uids":    func(c *Commitment) { c.UIDs = []uint16{0, 2} },
		"values":  func(c *Commitment) { c.Values = []uint16{10, 11} },
		"salt":    func(c *Commitment) { c.Salt = c.Salt[1:] },
		"version": func(c *Commitment) { c.VersionKey++ },
		"hotkey":  func(c *Commitment) { c.Hotkey[31]++ },
		"index":   func(c *Commitment) { c.Index++ },
	} {
		other := commitment
		change(&other)
		if other.Hash() == hash {
			t.Errorf("changing the %s keeps the hash", name)
		}
	}
}

func checkMaxWeightLimit(t *testing.T, raw json.RawMessage) {
	var s struct {
		UID   uint16
		Limit uint16 `json:"max_weight_limit"`
		Cases []struct {
			UIDs, Values []uint16
			Result       string
		}
	}
	jsonInto(t, raw, &s)
	for _, c := range s.Cases {
		got := CheckMaxWeight(s.UID, c.UIDs, MaxUpscale(c.Values), s.Limit)
		if got != (c.Result == "ok") {
			t.Errorf("%v = %v: max weight %v, want %s", c.UIDs, c.Values, got, c.Result)
		}
	}
}

func checkMaxWeightGuard(t *testing.T, raw json.RawMessage) {
	var s struct {
		Cases []struct {
			UID           uint16
			UIDs, Weights []uint16
			Limit         any
			Expected      bool
		}
	}
	jsonInto(t, raw, &s)
	for _, c := range s.Cases {
		limit := uint16(1000) // the chain's default
		if v, ok := c.Limit.(float64); ok {
			limit = uint16(v)
		}
		if got := CheckMaxWeight(c.UID, c.UIDs, c.Weights, limit); got != c.Expected {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func checkSelfWeight(t *testing.T, raw json.RawMessage) {
	var s struct {
		Cases []struct {
			UID           uint16
			UIDs, Weights []uint16
			Expected      bool
		}
	}
	jsonInto(t, raw, &s)
	for _, c := range s.Cases {
		if got := IsSelfWeight(c.UID, c.UIDs, c.Weights); got != c.Expected {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func checkLength(t *testing.T, raw json.RawMessage) {
	var s struct {
		Cases []struct {
			N             int
			MinAllowed    uint16 `json:"min_allowed"`
			UID           uint16
			UIDs, Weights []uint16
			Expected      bool
		}
	}
	jsonInto(t, raw, &s)
	for _, c := range s.Cases {
		if got := CheckLength(c.UID, c.UIDs, c.Weights, c.MinAllowed, c.N); got != c.Expected {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func checkLenUIDs(t *testing.T, raw json.RawMessage) {
	var s struct {
		Cases []struct {
			N        int
			LenUIDs  int `json:"len_uids"`
			Expected bool
		}
	}
	jsonInto(t, raw, &s)
	for _, c := range s.Cases {
		if got := CheckCount(make([]uint16, c.LenUIDs), c.N); got != c.Expected {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func checkCommitInterval(t *testing.T, raw json.RawMessage) {
	var s struct {
		Interval uint64
		Cases    []struct {
			Commit   uint64 `json:"commit_block"`
			Now      uint64 `json:"current_block"`
			Recommit bool   `json:"can_recommit"`
			Reveal   bool   `json:"can_reveal"`
		}
	}
	jsonInto(t, raw, &s)
	w := CommitWindow{s.Interval}
	for _, c := range s.Cases {
		if got := w.CanCommit(c.Commit, c.Now); got != c.Recommit {
			t.Errorf("%+v: can recommit %v", c, got)
		}
		if got := w.CanReveal(c.Commit, c.Now); got != c.Reveal {
			t.Errorf("%+v: can reveal %v", c, got)
		}
	}
}

func checkAlphaAdmission(t *testing.T, raw json.RawMessage) {
	var s struct {
		Cases []struct {
			Low, High uint16
			Result    string
		}
	}
	jsonInto(t, raw, &s)
	results := map[string]error{
		"ok": nil, "AlphaHighTooLow": ErrAlphaHighTooLow, "AlphaLowOutOfRange": ErrAlphaLowOutOfRange,
	}
	for _, c := range s.Cases {
		want, ok := results[c.Result]
		if err := CheckAlphas(true, c.Low, c.High); !ok || !errors.Is(err, want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if err := CheckAlphas(false, 6553, 19660); !errors.Is(err, ErrLiquidAlphaDisabled) {
		t.Errorf("disabled liquid alpha: %v", err)
	}
}

func checkNormalizeHelper(t *testing.T, raw json.RawMessage) {
	var s struct {
		Cases []struct {
			Input    []uint64
			Expected []uint16
		}
	}
	jsonInto(t, raw, &s)
	for _, c := range s.Cases {
		same(t, "normalised", Normalize(c.Input), c.Expected)
	}
}

func TestSubmissionLists(t *testing.T) {
	_, none := Duplicate([]uint16{0, 65535, 64, 1})
	if uid, twice := Duplicate([]uint16{7, 65535, 65535}); none || !twice || uid != 65535 {
		t.Error("Duplicate is wrong")
	}
	_, none = Absent([]uint16{0, 3}, 4)
	if uid, outside := Absent([]uint16{0, 4}, 4); none || !outside || uid != 4 {
		t.Error("Exist is wrong")
	}
}

func TestCompactLengths(t *testing.T) {
	for v, want := range map[uint32][]byte{
		0: {0}, 63: {0xfc}, 64: {0x01, 0x01}, 16383: {0xfd, 0xff},
		16384: {0x02, 0x00, 0x01, 0x00}, 1 << 30: {0x03, 0, 0, 0, 0x40},
	} {
		if got := appendCompact(nil, v); !bytes.Equal(got, want) {
			t.Errorf("compact %d = %x, want %x", v, got, want)
		}
	}
}

func TestReveal2026(t *testing.T) {
	for now, want := range map[uint64]RevealState{4: RevealEarly, 5: RevealEarly, 6: RevealOpen, 7: RevealExpired} {
		if got := RevealAt(5, 1, now); got != want {
			t.Errorf("commit of epoch 5 with period 1 at %d: %d, want %d", now, got, want)
		}
	}
}
