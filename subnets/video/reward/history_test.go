package reward

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBookMultipliesWithTheNewRow(t *testing.T) {
	p := named(t, "seed")
	good := Verdict{Kind: Compression, Score: 0.8, SF: 0.8, V: 97, Threshold: 90, Rate: 0.1}
	r := p.Start(NewMiner)
	r, first := p.Book(r, good)
	near(t, "first answer", first.Applied, 1)
	near(t, "accumulated", r.Score, 0.08)
	r, second := p.Book(r, good)
	near(t, "second answer counts both rows", second.Applied, 1.03)
	near(t, "accumulated", r.Score, 0.08*0.9+0.8*1.03*0.1)
	if r.Event != NoEvent || len(r.Rows) != 2 || r.Rounds != 2 || r.Failures != 0 {
		t.Errorf("%+v", r)
	}
}

func TestBookKeepsTheNewestTen(t *testing.T) {
	p := named(t, Default)
	var r Record
	for i := range 25 {
		v := Verdict{Kind: Upscaling, Score: float64(i), SF: float64(i), SQ: 0.9}
		if i%5 == 0 {
			v = p.Fail(v, "late", "")
		}
		r, _ = p.Book(r, v)
	}
	if len(r.Rows) != p.Window || r.Rows[0].Score != 24 || r.Rounds != 25 || r.Failures != 5 {
		t.Errorf("%d rows, newest %+v, %d rounds, %d failures", len(r.Rows), r.Rows[0], r.Rounds, r.Failures)
	}
	if got := r.Means().SuccessRate; math.Abs(got-0.8) > 1e-12 {
		t.Errorf("success rate %v of the rows kept", got)
	}
}

func TestBookLeavesItsArgumentAlone(t *testing.T) {
	p := named(t, Default)
	r, _ := p.Book(p.Start(NewMiner), Verdict{Kind: Compression, Score: 0.5, SF: 0.5})
	a, _ := p.Book(r, Verdict{Kind: Compression, Score: 0.1, SF: 0.1})
	b, _ := p.Book(r, Verdict{Kind: Compression, Score: 0.9, SF: 0.9})
	if a.Rows[0].Score != 0.1 || b.Rows[0].Score != 0.9 || len(r.Rows) != 1 || r.Rows[0].Score != 0.5 {
		t.Errorf("%v %v %v", r.Rows, a.Rows, b.Rows)
	}
}

func TestStartAfterEvents(t *testing.T) {
	code, seed := named(t, "code-2025-09"), named(t, "seed")
	near(t, "task change of 2025", code.Start(TaskChanged).Score, 0.05)
	near(t, "task change of the seed", seed.Start(TaskChanged).Score, 0)
	near(t, "new hotkey", code.Start(NewHotkey).Score, 0)
	if tier := seed.Start(NewMiner).Tier(); tier != NewcomerTier {
		t.Errorf("tier %q", tier)
	}
}

func TestRankBreaksTies(t *testing.T) {
	got := Rank([]Miner{
		{UID: 4, Score: 0.5, Failures: 1}, {UID: 9, Score: 0.5}, {UID: 3, Score: 0.5}, {UID: 1, Score: 0.4}, {UID: 7, Score: 0.6, Failures: 9},
	})
	want := []uint16{7, 3, 9, 4, 1}
	for i, m := range got {
		if m.UID != want[i] {
			t.Fatalf("got %v, want order %v", got, want)
		}
	}
}

func TestWeightsLeaveOut(t *testing.T) {
	miners := []Miner{
		{UID: 1, Kind: Compression, Score: 0.5}, {UID: 2, Kind: Compression, Score: 0.5, Permit: true}, {UID: 3, Kind: Compression, Score: -1},
	}
	code, seed := named(t, "code-2025-09"), named(t, "seed")
	sharesNear(t, "permit holders left out", code.Weights(miners, nil), map[string]float64{"1": 1})
	sharesNear(t, "permit holders in", seed.Weights(miners, nil), map[string]float64{"1": 0.5, "2": 0.5})
}

func TestFirstCommitWins(t *testing.T) {
	got := Duplicates([]Commit{
		{UID: 5, Order: 3, SHA256: "aa"}, {UID: 8, Order: 1, SHA256: "aa"}, {UID: 2, Order: 3, SHA256: "bb"}, {UID: 1, Order: 3, SHA256: "bb"},
		{UID: 6, Order: 4, SHA256: "cc"}, {UID: 6, Order: 5, SHA256: "cc"}, {UID: 7, Order: 1}, {UID: 9, Order: 1},
	})
	if len(got) != 2 || got[5] != 8 || got[2] != 1 {
		t.Errorf("got %v: 5 copied 8, and of two at once the lower uid stays", got)
	}
}

// Whatever is measured, a score is finite, within its bounds and zero exactly when a gate failed or nothing was left.
func TestScoresAreBounded(t *testing.T) {
	all, err := Profiles()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(all).Draw(t, "profile")
		kind := rapid.SampledFrom([]Kind{Compression, Upscaling}).Draw(t, "kind")
		e := honest(kind)
		vmaf := rapid.Float64Range(0, 100)
		e.VMAF = rapid.SliceOfN(vmaf, clipFrames, clipFrames).Draw(t, "vmaf")
		e.NEG = rapid.SliceOfN(vmaf, clipFrames, clipFrames).Draw(t, "neg")
		e.Threshold = rapid.Float64Range(1, 100).Draw(t, "threshold")
		e.Result.Bytes = rapid.Int64Range(1, 2_000_000).Draw(t, "bytes")
		e.Seconds = rapid.Float64Range(0, 320).Draw(t, "seconds")
		v, err := p.Judge(e)
		if err != nil {
			t.Fatalf("skipped: %v", err)
		}
		limit := FinalScore(1)
		if kind == Compression {
			limit = 1
		}
		if !(v.Score >= 0 && v.Score <= limit) || (v.Gate != "" && v.Score != 0) {
			t.Fatalf("%+v", v)
		}
		r, row := p.Book(Record{Score: rapid.Float64Range(0, 1).Draw(t, "a")}, v)
		if !(r.Score >= 0 && r.Score <= 4) || !(row.Applied >= 0.6-1e-9 && row.Applied <= 1.15+1e-9) {
			t.Fatalf("%+v %+v", r, row)
		}
	})
}

// A smaller file at the same quality never earns less, nor does better quality at the same size.
func TestCompressionIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		threshold := rapid.Float64Range(50, 99).Draw(t, "threshold")
		v := rapid.Float64Range(threshold, 100).Draw(t, "v")
		c := rapid.Float64Range(0.001, 0.79).Draw(t, "c")
		smaller := rapid.Float64Range(0.0005, c).Draw(t, "smaller")
		better := rapid.Float64Range(v, 100).Draw(t, "better")
		for name, f := range map[string]func(v, c, t float64) float64{"v1": CompressionV1, "head": CompressionHead} {
			if f(v, smaller, threshold) < f(v, c, threshold)-1e-12 || f(better, c, threshold) < f(v, c, threshold)-1e-12 {
				t.Fatalf("%s: V %v→%v, C %v→%v, T %v", name, v, better, c, smaller, threshold)
			}
		}
	})
}

func TestWeightsSumToTheWhole(t *testing.T) {
	all, err := Profiles()
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(all).Draw(t, "profile")
		var miners []Miner
		for uid := range rapid.IntRange(1, 20).Draw(t, "miners") {
			miners = append(miners, Miner{
				UID: uint16(uid), Kind: rapid.SampledFrom([]Kind{Compression, Upscaling}).Draw(t, "kind"),
				Score: rapid.Float64Range(0, 1.15).Draw(t, "score"), Liquidated: rapid.Float64Range(0, 1).Draw(t, "sold"),
			})
		}
		// Where nobody earned anything nothing is paid; by one profile everybody is.
		want := 0.0
		if p.PayZero || slices.ContainsFunc(miners, func(m Miner) bool { return m.Score > 0 }) {
			want = 1
		}
		var sum float64
		for _, s := range p.Weights(miners, nil) {
			if s.Weight < 0 {
				t.Fatalf("negative share %+v", s)
			}
			sum += s.Weight
		}
		if sum > 1+1e-9 || (p.InsidePool != "ranks" && math.Abs(sum-want) > 1e-9) {
			t.Fatalf("%s: shares sum to %v, want %v", p.ID, sum, want)
		}
	})
}

// Four uids on one machine, each a quarter as good, earn together what one earns with a quarter of it.
func TestADividedMachineEarnsLess(t *testing.T) {
	p, err := Named(Default)
	if err != nil {
		t.Fatal(err)
	}
	miners := []Miner{{UID: 1, Kind: Compression, Score: 0.8}}
	for uid := uint16(2); uid < 6; uid++ {
		miners = append(miners, Miner{UID: uid, Kind: Compression, Score: 0.2})
	}
	shares := p.Weights(miners, nil)
	var divided float64
	for _, s := range shares[1:] {
		divided += s.Weight
	}
	if math.Abs(shares[0].Weight-0.8) > 1e-12 || math.Abs(divided-0.2) > 1e-12 {
		t.Errorf("one machine %v, the divided one %v; want 0.8 and 0.2", shares[0].Weight, divided)
	}
}

// A pool in which nobody earned anything goes to the other one: otherwise cheats who are alone in it share it.
func TestNothingEarnedIsNothingPaid(t *testing.T) {
	p, err := Named(Default)
	if err != nil {
		t.Fatal(err)
	}
	miners := []Miner{{UID: 1, Kind: Compression, Score: 0.5}, {UID: 2, Kind: Upscaling}, {UID: 3, Kind: Upscaling}}
	if got := p.Weights(miners, nil); len(got) != 1 || got[0] != (Share{1, 1}) {
		t.Errorf("shares %v, want all to uid 1", got)
	}
	if got := p.Weights(miners[1:], nil); len(got) != 0 {
		t.Errorf("shares %v where nobody earned anything", got)
	}
}

// BookInto gives what Book gives, whatever was in the memory that it is given.
func TestBookIntoReusesMemory(t *testing.T) {
	p, err := Named("")
	if err != nil {
		t.Fatal(err)
	}
	fresh, reused := p.Start(NewMiner), p.Start(NewMiner)
	var spare []Row
	for i := range 3 * p.Window {
		v := Verdict{Kind: Compression, Score: float64(i%4) / 4, SF: float64(i%4) / 4, Rate: 0.5, V: 90, Threshold: 89}
		old := reused.Rows
		fresh, _ = p.Book(fresh, v)
		reused, _ = p.BookInto(spare, reused, v)
		spare = old
		if !reflect.DeepEqual(fresh, reused) {
			t.Fatalf("after %d answers: %+v, want %+v", i+1, reused, fresh)
		}
	}
}
