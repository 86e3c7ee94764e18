package yuma

import (
	"testing"

	"github.com/ergon-network/ergon/consensus/internal/vectors"
	"pgregory.net/rapid"
)

func TestBlocksUntilEpochVectors(t *testing.T) {
	var cases []struct {
		Netuid, Tempo uint16
		Block         uint64
		Expected      uint64
	}
	vectors.Must(t, chainFile, "blocks_until_epoch", &cases)
	for _, c := range cases {
		if got := BlocksUntilEpoch(c.Netuid, c.Tempo, c.Block); got != c.Expected {
			t.Errorf("%+v: got %d", c, got)
		}
		if got, want := EpochDue(c.Netuid, c.Tempo, c.Block), c.Expected == 0; got != want {
			t.Errorf("%+v: due %v", c, got)
		}
	}
}

func TestNextEpochIsTheNextDueBlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		netuid, tempo := rapid.Uint16().Draw(t, "netuid"), rapid.Uint16Range(1, 500).Draw(t, "tempo")
		block := rapid.Uint64Range(0, 1<<40).Draw(t, "block")
		next := NextEpoch(netuid, tempo, block)
		if next <= block || next > block+uint64(tempo)+1 || !EpochDue(netuid, tempo, next) {
			t.Fatalf("next epoch after %d is %d", block, next)
		}
		for b := block + 1; b < next; b++ {
			if EpochDue(netuid, tempo, b) {
				t.Fatalf("block %d is due before %d", b, next)
			}
		}
	})
	if NextEpoch(1, 0, 5) != Never || EpochDue(1, 0, 998) {
		t.Error("tempo 0 runs")
	}
	if got := NextEpoch(1, 360, Never-1); got != Never {
		t.Errorf("next epoch at the end of time: %d", got)
	}
}

func TestSchedule2026(t *testing.T) {
	for _, c := range []struct {
		name  string
		s     Schedule2026
		block uint64
		due   bool
	}{
		{"period is tempo", Schedule2026{Tempo: 360, LastEpoch: 1000, LastStep: 1000}, 1360, true},
		{"one block early", Schedule2026{Tempo: 360, LastEpoch: 1000, LastStep: 1000}, 1359, false},
		{"tempo 0", Schedule2026{LastEpoch: 1000, PendingAt: 1}, 99999, false},
		{"pending", Schedule2026{Tempo: 360, LastEpoch: 1000, LastStep: 1000, PendingAt: 1005}, 1005, true},
		{"pending later", Schedule2026{Tempo: 360, LastEpoch: 1000, LastStep: 1000, PendingAt: 1005}, 1004, false},
		{"long gap", Schedule2026{Tempo: 50400, LastEpoch: 90000, LastStep: 50000}, 100401, true},
		{"gap not over", Schedule2026{Tempo: 50400, LastEpoch: 90000, LastStep: 50000}, 100400, false},
	} {
		if got := c.s.Due(c.block); got != c.due {
			t.Errorf("%s: due %v", c.name, got)
		}
	}
	if got := FirstEpoch2026(365, 360, 1000); got != 995 {
		t.Errorf("first epoch slot %d, want 995", got)
	}
}

func TestCommitRevealWindowVectors(t *testing.T) {
	var cases []struct {
		Interval uint64
		Commit   uint64 `json:"commit_block"`
		Block    uint64
		Can      bool `json:"can_reveal"`
	}
	vectors.Must(t, chainFile, "commit_reveal_window", &cases)
	for _, c := range cases {
		if got := (CommitWindow{c.Interval}).CanReveal(c.Commit, c.Block); got != c.Can {
			t.Errorf("%+v: got %v", c, got)
		}
	}
	if w := (CommitWindow{}); !w.CanCommit(5, 5) || !w.CanReveal(5, 5) {
		t.Error("interval 0 must lift both rules")
	}
}

func TestMaxUpscaleChainVectors(t *testing.T) {
	var section struct {
		Cases []struct{ Values, Expected []uint16 }
	}
	vectors.Must(t, chainFile, "weights_max_upscale", &section)
	for _, c := range section.Cases {
		same(t, "upscaled", MaxUpscale(c.Values), c.Expected)
	}
}

func TestNeuronPruningVectors(t *testing.T) {
	var cases []struct {
		Name       string
		Scores     []uint16
		Registered []uint64 `json:"registered_at"`
		Block      uint64
		Immunity   uint64 `json:"immunity_period"`
		Expected   uint16 `json:"expected_uid"`
	}
	vectors.Must(t, chainFile, "neuron_pruning", &cases)
	for _, c := range cases {
		got, ok := Tenure{c.Registered, c.Block, c.Immunity}.Prune2024(c.Scores)
		if !ok || got != c.Expected {
			t.Errorf("%s: uid %d, want %d", c.Name, got, c.Expected)
		}
	}
	if _, ok := (Tenure{}).Prune2024(nil); ok {
		t.Error("an empty subnet has nobody to prune")
	}
}

func TestPrune2026(t *testing.T) {
	old := []uint64{10, 5, 5, 20}
	for _, c := range []struct {
		name       string
		registered []uint64
		emission   []uint64
		protected  []bool
		least      int
		uid        uint16
		ok         bool
	}{
		{"lowest emission", old, []uint64{4, 3, 2, 9}, nil, 0, 2, true},
		{"tie: earliest registration", old, []uint64{1, 1, 9, 1}, nil, 0, 1, true},
		{"tie: lowest uid", old, []uint64{9, 1, 1, 1}, nil, 0, 1, true},
		{"owner's uid is skipped", old, []uint64{4, 3, 2, 9}, []bool{false, false, true, false}, 0, 1, true},
		{"immune gives way when too few are not", []uint64{10, 990, 991, 10}, []uint64{0, 8, 7, 0}, nil, 2, 2, true},
		{"enough outside immunity", []uint64{10, 990, 991, 10}, []uint64{5, 0, 0, 6}, nil, 1, 0, true},
		{"nobody immune and too few", old, []uint64{4, 3, 2, 9}, nil, 4, 0, false},
		{"all protected", old, []uint64{4, 3, 2, 9}, []bool{true, true, true, true}, 0, 0, false},
		{"empty", nil, nil, nil, 0, 0, false},
	} {
		uid, ok := Tenure{c.registered, 1000, 100}.Prune2026(c.emission, c.protected, c.least)
		if uid != c.uid || ok != c.ok {
			t.Errorf("%s: uid %d %v, want %d %v", c.name, uid, ok, c.uid, c.ok)
		}
	}
}

func TestActivityCutoff2026(t *testing.T) {
	for tempo, want := range map[uint16]uint64{0: 1, 1: 13, 2: 27, 360: 5000} {
		if got := ActivityCutoff2026(13889, tempo); got != want {
			t.Errorf("tempo %d: cutoff %d, want %d", tempo, got, want)
		}
	}
}
