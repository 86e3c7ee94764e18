package video

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

func profile(t testing.TB) *reward.Profile {
	t.Helper()
	p, err := reward.Named("")
	if err != nil {
		t.Fatal(err)
	}
	return &p
}

// measured is a compression row of quality v and rate c under threshold 89.
func measured(round int64, uid int, v, c float64) scoredb.Score {
	p, _ := reward.Named("")
	s := scoredb.Score{
		Round: round, UID: uid, Hotkey: pair(fmt.Sprint("miner ", uid)).Address(), Task: fmt.Sprint("t", round), ContentType: synthetic,
		ContentLength: 1, VMAF: &v, NEG: &v, ScoredAt: time.Unix(1, 0),
	}
	verdict := reward.Verdict{Kind: reward.Compression, Profile: p.ID, V: v, NEG: v, Threshold: 89, Rate: c}
	verdict.SF = p.CompressionScore(v, c, 89)
	verdict.Score = verdict.SF
	fill(&s, &p, verdict, nil)
	s.VMAF, s.NEG = &v, &v
	return s
}

func everybody(int, string) (permit, ok bool) { return false, true }

// A miner that works twelve rounds through the database has the record that the rules give it: what
// the database keeps is enough to go on from.
func TestRecordsSurviveTheDatabase(t *testing.T) {
	p := profile(t)
	db, err := scoredb.Open(t.Context(), "sqlite:"+t.TempDir()+"/scores.db", scoredb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	want := p.Start(reward.NewMiner)
	var last reward.Row
	for i := range 12 {
		round, err := db.OpenRound(t.Context(), scoredb.Round{Label: fmt.Sprint(i)})
		if err != nil {
			t.Fatal(err)
		}
		row := measured(round.Seq, 3, 88+float64(i), 0.1+0.05*float64(i)) // the first misses its threshold
		if err := row.Sign(pair(validatorName)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Record(t.Context(), row); err != nil {
			t.Fatal(err)
		}
		states, err := db.CloseRound(t.Context(), round.Seq, closing(p, everybody))
		if err != nil || len(states) != 1 {
			t.Fatalf("%d states, %v", len(states), err)
		}
		want, last = p.Book(want, reward.Verdict{Kind: reward.Compression, Score: row.Paid, SF: row.SF, V: *row.NEG, Threshold: 89, Rate: row.Rate})
		got, m := states[0], p.Multiply(p.Count(want.Rows, reward.Compression))
		if math.Abs(got.Accumulated-want.Score) > 1e-12 || got.TotalMultiplier != m.Total || got.BonusCount != m.Bonus || got.PenaltyFCount != m.Low ||
			got.PenaltyQCount != m.Quality || got.Responses != want.Rounds || got.Responses-got.Successes != want.Failures || got.Tier != want.Tier() || got.Rounds != i+1 {
			t.Fatalf("round %d: %+v, want %+v, last row %+v", i, got, want, last)
		}
		if (got.Weight == 1) != (want.Score > 0) {
			t.Fatalf("round %d: weight %v", i, got.Weight)
		}
	}
}

func TestAChangedTaskStartsAnew(t *testing.T) {
	p := profile(t)
	up := measured(5, 1, 95, 0.2)
	up.Kind, up.SF, up.Paid = string(reward.Upscaling), 0.1, 0.02
	m := scoredb.MinerHistory{
		UID: 1, Hotkey: up.Hotkey, New: []scoredb.Score{up}, Past: []scoredb.Score{measured(4, 1, 95, 0.2)},
		Previous: &scoredb.MinerState{UID: 1, Hotkey: up.Hotkey, Kind: string(reward.Compression), Accumulated: 0.7, Since: 1, Responses: 4, Rounds: 4},
	}
	got := book(p, 5, m)
	if got.Since != 5 || got.Responses != 1 || got.Kind != string(reward.Upscaling) || math.Abs(got.Accumulated-0.002) > 1e-12 {
		t.Errorf("%+v", got)
	}
	m.New = nil
	if got := book(p, 5, m); got.Accumulated != 0.7 || got.Responses != 4 || got.Kind != string(reward.Compression) {
		t.Errorf("skipped: %+v", got)
	}
}

func TestWhoLeftIsForgotten(t *testing.T) {
	p := profile(t)
	a, b := measured(1, 1, 95, 0.2), measured(1, 2, 95, 0.2)
	h := scoredb.History{Round: scoredb.Round{Seq: 1}, Miners: []scoredb.MinerHistory{
		{UID: 1, Hotkey: a.Hotkey, New: []scoredb.Score{a}}, {UID: 2, Hotkey: b.Hotkey, New: []scoredb.Score{b}},
	}}
	states, err := closing(p, func(uid int, _ string) (bool, bool) { return false, uid == 2 })(h)
	if err != nil || len(states) != 1 || states[0].UID != 2 || states[0].Weight != 1 {
		t.Errorf("%+v, %v", states, err)
	}
}
