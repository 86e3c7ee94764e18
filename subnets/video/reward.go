package video

import (
	"cmp"
	"math"
	"slices"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/scoredb"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// The formulas are in package reward; this file carries measurements to them and their verdicts into
// the score database.

func shape(i media.Info) reward.Shape {
	return reward.Shape{
		Width: i.Width, Height: i.Height, Rate: i.Rate, Frames: i.Frames, Bytes: i.Bytes,
		Codec: i.Codec, Container: i.Container, PixelFormat: i.PixelFormat, SAR: i.SAR,
	}
}

// judgeable turns what was measured into what a profile judges. A nil f is an answer that did not
// come to be measured; fault says why.
func judgeable(t clips.Task, f *media.Frames, fault *reward.Fault) reward.Evidence {
	e := reward.Evidence{
		Kind: t.Kind, Threshold: t.Threshold, Codec: t.Codec, Scale: t.Scale, Seconds: t.Format.Seconds(),
		Reference: shape(t.Reference), Input: shape(t.Input), Baseline: t.Baseline, Fault: fault,
	}
	if f != nil {
		e.Result, e.VMAF, e.NEG = shape(f.Dist), f.VMAF, f.NEG
		e.PSNRY, e.PSNRCb, e.PSNRCr = f.PSNRY, f.PSNRCb, f.PSNRCr
	}
	return e
}

// fill enters a verdict and its measurements into a row.
func fill(s *scoredb.Score, p *reward.Profile, v reward.Verdict, f *media.Frames) {
	s.Kind, s.Profile, s.Gate, s.Error = string(v.Kind), v.Profile, v.Gate, scoredb.Clip(v.Detail)
	s.Metric, s.Threshold, s.Rate = v.Metric, v.Threshold, v.Rate
	s.SQ, s.SL, s.SF, s.BaseSF, s.Paid = v.SQ, v.SL, v.SF, v.BaseSF, v.Score
	if f != nil {
		number := func(x float64) *float64 { return &x }
		s.Frames, s.FrameDigest = int64(len(f.NEG)), f.Digest()
		s.VMAF, s.NEG = number(p.Pool(f.VMAF)), number(p.Pool(f.NEG))
		s.PSNRCb, s.PSNRCr = number(reward.PSNR(f.PSNRCb)), number(reward.PSNR(f.PSNRCr))
	}
	counts := p.Count([]reward.Row{rowOf(p, *s)}, v.Kind)
	s.Bonus, s.LowScore, s.LowQuality = counts.Bonus > 0, counts.Low > 0, counts.Quality > 0
}

// rowOf is a stored score as the history rules see it.
func rowOf(p *reward.Profile, s scoredb.Score) reward.Row {
	r := reward.Row{
		Kind: reward.Kind(s.Kind), Score: s.Paid, SQ: s.SQ, SL: s.SL, SF: s.SF, Threshold: s.Threshold, Rate: s.Rate, Gate: s.Gate,
	}
	v := s.VMAF
	if p.Measure.Of(r.Kind) == reward.MetricNEG {
		v = s.NEG
	}
	if v != nil {
		r.V = *v
	}
	return r
}

// closing computes every miner's record and weight at the end of a round (video §6.6, §6.7). member
// says who is still registered: hotkey by uid.
func closing(p *reward.Profile, member func(uid int, hotkey string) (permit, ok bool)) scoredb.Compute {
	return func(h scoredb.History) ([]scoredb.MinerState, error) {
		var states []scoredb.MinerState
		var miners []reward.Miner
		for _, m := range h.Miners {
			permit, ok := member(m.UID, m.Hotkey)
			if !ok {
				continue // a miner that left is forgotten
			}
			state := book(p, h.Round.Seq, m)
			states = append(states, state)
			miners = append(miners, reward.Miner{
				UID: uint16(m.UID), Kind: reward.Kind(state.Kind), Score: state.Accumulated,
				Failures: state.Responses - state.Successes, Permit: permit,
			})
		}
		weight := map[int]float64{}
		for _, s := range p.Weights(miners, nil) {
			weight[int(s.UID)] = s.Weight
		}
		for i := range states {
			states[i].Weight = weight[states[i].UID]
		}
		return states, nil
	}
}

// book carries one miner's record over a round.
func book(p *reward.Profile, round int64, m scoredb.MinerHistory) scoredb.MinerState {
	if len(m.New) == 0 { // skipped through our fault: nothing changes
		state := *m.Previous
		state.Since = 0
		return state
	}
	kind := m.New[len(m.New)-1].Kind
	state := scoredb.MinerState{UID: m.UID, Hotkey: m.Hotkey, Kind: kind}
	past := m.Past
	var r reward.Record
	switch {
	case m.Previous == nil:
		r = p.Start(reward.NewMiner)
	case m.Previous.Kind != kind:
		r = p.Start(reward.TaskChanged)
		state.Since, past = round, nil
	default:
		prev := *m.Previous
		r = reward.Record{Score: prev.Accumulated, Rounds: prev.Responses, Failures: prev.Responses - prev.Successes}
		state.Rounds, state.LongestContent = prev.Rounds, prev.LongestContent
	}
	for _, s := range past {
		r.Rows = append(r.Rows, rowOf(p, s))
	}
	kept := past
	for _, s := range m.New {
		if s.Kind != kind {
			continue // of the task it did before
		}
		// The verdict's fields that booking looks at are all in the row.
		row := rowOf(p, s)
		r, _ = p.Book(r, reward.Verdict{
			Kind: row.Kind, Score: row.Score, SQ: row.SQ, SL: row.SL, SF: row.SF, V: row.V, Threshold: row.Threshold, Rate: row.Rate, Gate: row.Gate,
		})
		kept = append([]scoredb.Score{s}, kept...)
		state.LongestContent = max(state.LongestContent, s.ContentLength)
	}
	summarise(&state, p, r, kept[:min(len(kept), len(r.Rows))])
	return state
}

// summarise fills in what follows from the record and the rows kept.
func summarise(state *scoredb.MinerState, p *reward.Profile, r reward.Record, kept []scoredb.Score) {
	m := p.Multiply(p.Count(r.Rows, reward.Kind(state.Kind)))
	means := r.Means()
	state.Accumulated, state.Tier = r.Score, r.Tier()
	state.Rounds++
	state.Responses, state.Successes = r.Rounds, r.Rounds-r.Failures
	state.BonusMultiplier, state.PenaltyF, state.PenaltyQ, state.TotalMultiplier = m.BonusFactor, m.LowFactor, m.QualityFactor, m.Total
	state.BonusCount, state.PenaltyFCount, state.PenaltyQCount = m.Bonus, m.Low, m.Quality
	state.AvgSQ, state.AvgSL, state.AvgSF = means.SQ, means.SL, means.SF
	for _, s := range kept {
		state.AvgContentLength += s.ContentLength / float64(len(kept))
		state.AvgRate += s.Rate / float64(len(kept))
	}
}

// best orders answers to one clip: paid more first, then smaller, then the lower uid; those without a
// result last.
func best(scores []scoredb.Score) {
	size := func(s scoredb.Score) int64 {
		if s.ResultBytes == 0 {
			return math.MaxInt64
		}
		return s.ResultBytes
	}
	slices.SortFunc(scores, func(a, b scoredb.Score) int {
		return cmp.Or(cmp.Compare(b.Paid, a.Paid), cmp.Compare(size(a), size(b)), cmp.Compare(a.UID, b.UID))
	})
}
