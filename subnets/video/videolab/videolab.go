// Package videolab brings the video market to the laboratory: what a deed looks like to the
// measurements, judged, booked and weighed by subnets/video/reward, the code that pays.
package videolab

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"github.com/ergon-network/ergon/lab"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

func init() {
	profiles, err := reward.Profiles()
	if err != nil {
		panic(err) // the profiles are part of the program
	}
	m := lab.Market{Name: "video", Summary: "compress and upscale clips; every miner gets its own variation", New: newJudge}
	for _, p := range profiles {
		m.Profiles = append(m.Profiles, p.ID)
	}
	lab.AddMarket(m)
}

// What the numbers of a deed mean in frames. They are of the size that real encoders and real cheats
// show in the market's own tests (subnets/video/strategy).
const (
	frames      = 12
	reserve     = 2.0  // points of VMAF above the threshold that an encoder keeps
	worstRate   = 0.95 // size against the reference at quality 0
	rateGain    = 0.75 // and how much of it quality 1 saves
	shineVMAF   = 12.0 // points of VMAF that full shine adds, and NEG does not see
	badGain     = 0.30 // of the size saved when every frame is destroyed
	baseline    = 70.0 // VMAF-NEG of a bicubic
	upscaleGain = 22.0 // points above it at quality 1
	foreign     = 7.0  // VMAF and NEG of an answer to another miner's variation, as TestCopyingFails measures it
	refBytes    = 1_000_000
	inBytes     = 250_000
)

// copying is what becomes of equal answers.
type copying int

const (
	// ownClips: every miner has a variation of its own, against which a copy fails and the original does
	// not, whichever came first.
	ownClips copying = iota
	// unseen: miners share clips, and nobody compares answers (video §11 #1).
	unseen
	// allZero: miners share clips, and equal answers earn nothing, the original included (video §11 #3).
	allZero
)

// copies says how the published rules handled what is not part of their formulas; the others are ours.
var copies = map[string]copying{"seed": unseen, "code-2025-09": unseen, "head-2026-08": allZero}

type judge struct {
	profile reward.Profile
	copies  copying
	records []reward.Record
	spare   []reward.Row
	kinds   []reward.Kind
	known   []bool
	commits []reward.Commit
	vmaf    [frames]float64
	neg     [frames]float64
	base    [frames]float64
	colour  [frames]float64
	pieapp  [frames]float64
}

func newJudge(id string, n int) (lab.Judge, error) {
	p, err := reward.Named(id)
	if err != nil {
		return nil, err
	}
	j := &judge{profile: p, copies: copies[id], records: make([]reward.Record, n), kinds: make([]reward.Kind, n), known: make([]bool, n)}
	for uid := range n {
		j.records[uid] = p.Start(reward.NewMiner)
		j.kinds[uid] = reward.Compression
		if uid%2 == 1 {
			j.kinds[uid] = reward.Upscaling
		}
	}
	for i := range frames {
		j.base[i], j.colour[i] = baseline, 40
	}
	return j, nil
}

// Round implements lab.Judge: one clip for each miner.
func (j *judge) Round(r *rand.Rand, answers []lab.Answer, sense func(float64) float64) error {
	threshold := j.profile.Thresholds[r.IntN(len(j.profile.Thresholds))]
	equal := j.equal(answers)
	for _, a := range answers {
		verdict, err := j.profile.Judge(j.evidence(a, threshold, sense(a.Quality)))
		if err != nil {
			return fmt.Errorf("answer of uid %d to %s: %w", a.UID, j.kinds[a.UID], err)
		}
		if equal[uint16(a.UID)] {
			verdict = j.profile.Fail(verdict, reward.GateDuplicate, "the same bytes as another answer")
		}
		j.book(a.UID, verdict)
		j.known[a.UID] = true
	}
	return nil
}

// equal are the uids whose answer earns nothing because another one is the same.
func (j *judge) equal(answers []lab.Answer) map[uint16]bool {
	out := map[uint16]bool{}
	if j.copies != allZero {
		return out
	}
	j.commits = j.commits[:0]
	for _, a := range answers {
		of := a.UID
		if a.Of != lab.Own {
			of = a.Of
		}
		j.commits = append(j.commits, reward.Commit{UID: uint16(a.UID), Order: uint64(a.Order), SHA256: strconv.Itoa(of)})
	}
	for copier, first := range reward.Duplicates(j.commits) {
		out[copier], out[first] = true, true
	}
	return out
}

// book enters a verdict. The rows of the record before are the memory of the next one.
func (j *judge) book(uid int, v reward.Verdict) {
	old := j.records[uid].Rows
	j.records[uid], _ = j.profile.BookInto(j.spare, j.records[uid], v)
	j.spare = old
}

// evidence is what an answer looks like. q is its quality as this validator's measurement sees it.
func (j *judge) evidence(a lab.Answer, threshold, q float64) reward.Evidence {
	kind := j.kinds[a.UID]
	e := reward.Evidence{
		Kind: kind, Threshold: threshold, Seconds: 10,
		Reference: reward.Shape{Width: 640, Height: 360, Rate: 30, Frames: frames, Bytes: refBytes, Codec: "h264", Container: "mov,mp4", PixelFormat: "yuv420p", SAR: "1/1"},
		VMAF:      j.vmaf[:], NEG: j.neg[:], PSNRY: j.colour[:], PSNRCb: j.colour[:], PSNRCr: j.colour[:],
	}
	e.Result = e.Reference
	e.Result.Codec = "hevc"
	if kind == reward.Compression {
		j.compressed(&e, a, threshold, q)
	} else {
		j.upscaled(&e, a, q)
	}
	if j.copies == ownClips && a.Of != lab.Own && a.Of != a.UID {
		for i := range frames {
			j.vmaf[i], j.neg[i] = foreign, foreign
		}
	}
	bad := int(a.Bad*frames + 0.5)
	for i := range bad { // destroyed frames: both metrics see nothing there
		j.vmaf[i], j.neg[i] = 0, 0
	}
	saturation := 1.0
	e.SaturationRatio = &saturation
	return e
}

// compressed: shine takes the place of bits. What is left of the picture has a lower NEG, and a VMAF
// that does not show it.
func (j *judge) compressed(e *reward.Evidence, a lab.Answer, threshold, q float64) {
	neg := threshold + reserve - shineVMAF*a.Shine
	for i := range frames {
		j.neg[i], j.vmaf[i] = min(neg, 100), min(neg+shineVMAF*a.Shine, 100)
	}
	rate := worstRate - rateGain*min(q+a.Shine, 1) - badGain*a.Bad
	e.Result.Bytes = int64(refBytes * max(rate, 0.02))
}

// upscaled: shine is sharpening, seen by VMAF and, the other way, by PIE-APP.
func (j *judge) upscaled(e *reward.Evidence, a lab.Answer, q float64) {
	e.Scale = 2
	e.Input = reward.Shape{Width: 320, Height: 180, Rate: 30, Frames: frames, Bytes: inBytes, Codec: "h264", Container: "mov,mp4", PixelFormat: "yuv420p", SAR: "1/1"}
	e.Result.Bytes = inBytes * 3
	e.Baseline = j.base[:]
	for i := range frames {
		j.neg[i] = baseline + upscaleGain*q
		j.vmaf[i] = min(j.neg[i]+shineVMAF*a.Shine, 100)
		j.pieapp[i] = reward.PieAppCap * (1 - min(q+a.Shine, 1))
	}
	e.PieApp = j.pieapp[:]
}

// Scores implements lab.Judge.
func (j *judge) Scores() []float64 {
	var miners []reward.Miner
	for uid, r := range j.records {
		if j.known[uid] {
			miners = append(miners, reward.Miner{UID: uint16(uid), Kind: j.kinds[uid], Score: r.Score, Failures: r.Failures, Liquidated: reward.UnknownRetained})
		}
	}
	out := make([]float64, len(j.records))
	for _, s := range j.profile.Weights(miners, nil) {
		out[s.UID] = s.Weight
	}
	return out
}

// Forget implements lab.Judge.
func (j *judge) Forget(uid int) {
	j.records[uid], j.known[uid] = j.profile.Start(reward.NewHotkey), false
}

// Silent implements lab.Waiter: a miner cannot keep its record by going silent, and a stranger that
// never answered is no miner.
func (j *judge) Silent(uids []int) error {
	for _, uid := range uids {
		if !j.known[uid] {
			continue
		}
		verdict, err := j.profile.Judge(reward.Evidence{Kind: j.kinds[uid], Fault: &reward.Fault{Gate: gateDeadline, Detail: "no answer in time"}})
		if err != nil {
			return fmt.Errorf("silence of uid %d: %w", uid, err)
		}
		j.book(uid, verdict)
	}
	return nil
}

// gateDeadline is what the market calls no answer in time.
const gateDeadline = "deadline"
