package video

import (
	"testing"
	"time"

	"github.com/ergon-network/ergon/subnets/video/reward"
	"github.com/ergon-network/ergon/subnets/video/strategy"
)

// The market as a localnet runs it, in one process with the real tools: who works is paid and who
// cheats is not, by the gate that is meant to catch it.
func TestARoundPaysWorkAndNothingElse(t *testing.T) {
	gates := map[string]string{
		"svtav1": "", "x265": "", "x264": "", "lanczos": "", "spline": "",
		"original": "rate", "grey": "chroma", "sharpen": "threshold", "nearest": "baseline",
		"copycat": reward.GateDuplicate, "slow": gateDeadline, "offline": gateOffline,
	}
	var names []string
	for _, s := range strategy.All() {
		if s.Name != "command" {
			names = append(names, s.Name)
		}
	}
	w := newWorld(t, names...)
	uids := map[string]int{}
	for _, name := range names {
		uids[name] = w.miner(name, name)
	}
	v := w.validator(within(20*time.Second), func(c *Config) { c.Parallel = 6; c.Format = DemoFormat() })
	began := time.Now()
	round, rows := w.round(v)
	t.Logf("a round of %d miners took %v", len(names), time.Since(began).Round(10*time.Millisecond))
	seed, err := reward.Named("seed")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		row, ok := rows[uids[name]]
		if !ok {
			t.Errorf("%s has no row", name)
			continue
		}
		var ev Evidence
		if err := readJSON(v.files.evidence(row.Task, row.UID), &ev); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-9s %s | seed's rules %.4f", name, describe(row), underSeed(t, &seed, ev))
		if row.Gate != gates[name] || (row.Paid > 0) != (gates[name] == "") {
			t.Errorf("%s: paid %v by gate %q (%s), want gate %q", name, row.Paid, row.Gate, row.Error, gates[name])
		}
		if err := row.Verify(); err != nil {
			t.Error(err)
		}
	}
	states, err := v.DB.States(t.Context(), round.Seq)
	if err != nil {
		t.Fatal(err)
	}
	var pools [2]float64
	for _, s := range states {
		if (s.Weight > 0) != (rows[s.UID].Paid > 0) {
			t.Errorf("uid %d: weight %v, paid %v", s.UID, s.Weight, rows[s.UID].Paid)
		}
		if s.Kind == string(reward.Compression) {
			pools[0] += s.Weight
		} else {
			pools[1] += s.Weight
		}
	}
	if abs(pools[0]-0.6) > 1e-9 || abs(pools[1]-0.4) > 1e-9 {
		t.Errorf("pools %v, want 0.6 and 0.4", pools)
	}
}

func abs(x float64) float64 { return max(x, -x) }

// underSeed is what the seed's own rules would have paid for an answer.
func underSeed(t *testing.T, p *reward.Profile, ev Evidence) float64 {
	t.Helper()
	if ev.Reference == nil || ev.Frames == nil {
		return 0
	}
	v, err := p.Judge(reward.Evidence{
		Kind: ev.Order.Kind, Threshold: ev.Order.Threshold, Scale: ev.Scale, Seconds: float64(ev.Reference.Frames) / ev.Reference.Rate,
		Reference: shape(*ev.Reference), Input: shape(*ev.Input), Result: shape(ev.Frames.Dist), VMAF: ev.Frames.VMAF, NEG: ev.Frames.NEG,
	})
	if err != nil {
		t.Fatal(err)
	}
	return v.Score
}
