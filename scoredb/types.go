package scoredb

import "time"

// Round is one pass over the miners, the unit of accounting.
type Round struct {
	Seq         int64     `json:"seq"`      // 1, 2, 3 ..., given by the store
	Label       string    `json:"label"`    // round id on the wire (video §2), unique
	Profile     string    `json:"profile"`  // scoring profile (video §6.0)
	Seed        string    `json:"seed"`     // what the round's tasks were drawn from
	Block       int64     `json:"block"`    // height at the start
	Deadline    time.Time `json:"deadline"` // when it should close
	OpenedAt    time.Time `json:"opened_at"`
	ClosedAt    time.Time `json:"closed_at,omitzero"`    // zero while open
	SubmittedAt time.Time `json:"submitted_at,omitzero"` // zero until the weights are on the chain
	SubmittedTx string    `json:"submitted_tx,omitempty"`
}

// JobState says where a job is.
type JobState string

// A job waits as queued or taken (leased), and ends as done or skipped. A lease that ran out
// counts as queued.
const (
	Queued  JobState = "queued"
	Leased  JobState = "leased"
	Done    JobState = "done"
	Skipped JobState = "skipped"
)

// Job is one task for one miner in one round.
type Job struct {
	ID       int64     `json:"id"`
	Round    int64     `json:"round"`
	UID      int       `json:"uid"`
	Hotkey   string    `json:"hotkey"`
	Task     string    `json:"task"`    // task id, unique for the miner in the round
	Kind     string    `json:"kind"`    // task kind, e.g. compression
	Seed     string    `json:"seed"`    // what the task was drawn from
	Payload  []byte    `json:"payload"` // the caller's, at most MaxPayload bytes
	Deadline time.Time `json:"deadline"`

	State      JobState  `json:"state"`
	Worker     string    `json:"worker,omitempty"` // who has or had the lease
	LeaseUntil time.Time `json:"lease_until,omitzero"`
	Attempts   int       `json:"attempts"` // leases so far
}

// Score is one scored response with its evidence (design decision 13). All of it but ID and
// Signature is under the signature.
type Score struct {
	ID     int64  `json:"id"` // given by the store
	Round  int64  `json:"round"`
	UID    int    `json:"uid"`
	Hotkey string `json:"hotkey"` // the miner's

	Task          string  `json:"task"`
	Kind          string  `json:"kind"`           // compression, upscaling, ...
	ContentType   string  `json:"content_type"`   // synthetic or organic
	ContentLength float64 `json:"content_length"` // seconds asked for
	TaskSeed      string  `json:"task_seed"`

	ReferenceSHA256 string `json:"reference_sha256"` // lower-case hex
	ReferenceBytes  int64  `json:"reference_bytes"`
	ResultSHA256    string `json:"result_sha256"` // lower-case hex, empty when nothing came
	ResultBytes     int64  `json:"result_bytes"`

	Metric      string   `json:"metric"`       // metric id
	MetricBuild string   `json:"metric_build"` // the program that measured: builds differ
	Frames      int64    `json:"frames"`       // frames measured
	FrameDigest string   `json:"frame_digest"` // SHA-256 of the per-frame values, lower-case hex
	VMAF        *float64 `json:"vmaf"`         // 0..100; nil: not measured, as for all below
	NEG         *float64 `json:"neg"`          // VMAF NEG, 0..100
	PSNRCb      *float64 `json:"psnr_cb"`      // dB
	PSNRCr      *float64 `json:"psnr_cr"`      // dB
	PieAPP      *float64 `json:"pie_app"`      // 0..2, lower is better

	Rate      float64 `json:"rate"`      // C = result bytes / reference bytes (video §6.2)
	Threshold float64 `json:"threshold"` // VMAF asked for, 0..100
	Gate      string  `json:"gate"`      // the check that decided; empty: all passed
	SQ        float64 `json:"s_q"`
	SL        float64 `json:"s_l"`
	SF        float64 `json:"s_f"`
	BaseSF    float64 `json:"base_s_f"` // S_F of what the validator can do itself and does not pay for
	Paid      float64 `json:"paid"`     // what enters the accumulated score

	// What this response counts as in the rolling multipliers (video §6.6).
	Bonus      bool `json:"bonus"`
	LowScore   bool `json:"low_score"`
	LowQuality bool `json:"low_quality"`

	Profile    string    `json:"profile"`
	IssuedAt   time.Time `json:"issued_at"`
	AnsweredAt time.Time `json:"answered_at,omitzero"` // zero when nothing came
	ScoredAt   time.Time `json:"scored_at"`
	Deadline   time.Time `json:"deadline"`
	Error      string    `json:"error,omitempty"` // the miner's fault in words

	Validator string `json:"validator"` // SS58 of the hotkey that signs
	Signature string `json:"signature"` // lower-case hex, 64 bytes
}

// Skip notes a response that was not scored because the fault was ours.
type Skip struct {
	ID     int64     `json:"id"` // given by the store
	Round  int64     `json:"round"`
	UID    int       `json:"uid"`
	Hotkey string    `json:"hotkey"`
	Task   string    `json:"task"`
	Kind   string    `json:"kind"`
	Reason string    `json:"reason"` // short code, e.g. disk
	Error  string    `json:"error"`
	At     time.Time `json:"at"` // by the store's clock
}

// MinerState is a miner's record at the end of a round. CloseRound's function computes it.
type MinerState struct {
	Round  int64  `json:"round"` // given by the store
	UID    int    `json:"uid"`
	Hotkey string `json:"hotkey"`
	Kind   string `json:"processing_task_type"`

	// Since is the first round of this record. Zero lets the store carry it on; setting it to
	// the closing round forgets the rows before, as after a change of task (video §4).
	Since int64 `json:"since"`

	Accumulated      float64 `json:"accumulate_score"`
	BonusMultiplier  float64 `json:"bonus_multiplier"`
	PenaltyF         float64 `json:"penalty_f_multiplier"`
	PenaltyQ         float64 `json:"penalty_q_multiplier"`
	TotalMultiplier  float64 `json:"total_multiplier"`
	BonusCount       int     `json:"bonus_count"`
	PenaltyFCount    int     `json:"penalty_f_count"`
	PenaltyQCount    int     `json:"penalty_q_count"`
	AvgSQ            float64 `json:"avg_s_q"`
	AvgSL            float64 `json:"avg_s_l"`
	AvgSF            float64 `json:"avg_s_f"`
	AvgContentLength float64 `json:"avg_content_length"`        // seconds
	AvgRate          float64 `json:"avg_compression_rate"`      // C
	LongestContent   float64 `json:"longest_content_processed"` // seconds
	Rounds           int     `json:"total_rounds_completed"`    // with at least one scored response
	Responses        int     `json:"responses"`                 // scored since Since
	Successes        int     `json:"successes"`                 // of Responses
	Tier             string  `json:"performance_tier"`
	Weight           float64 `json:"weight"` // share of the validator's weight row, >= 0
}

// SuccessRate is Successes over Responses, 0 before the first: the original divides the kept
// rows by all rounds ever, so that it falls with age (video §6.6, defect).
func (m MinerState) SuccessRate() float64 {
	if m.Responses == 0 {
		return 0
	}
	return float64(m.Successes) / float64(m.Responses)
}

// History is what a round's end is computed from.
type History struct {
	Round  Round
	Miners []MinerHistory // by uid: all with a record and all with a row in this round
}

// MinerHistory is one miner's part. Rows of another hotkey on the uid are not in it.
type MinerHistory struct {
	UID      int
	Hotkey   string
	Previous *MinerState // nil: a new hotkey, starting fresh
	New      []Score     // this round's rows, oldest first
	Past     []Score     // rows before this round, newest first, at most Options.Window
}

// Compute turns a round's history into the miners' new records. It must be pure: it runs inside
// the transaction and must not call the store. It returns at most one state for each miner of
// the history; one left out is forgotten, which is right for a miner that left the subnet.
type Compute func(History) ([]MinerState, error)

// Ranking is a line of the rankings.
type Ranking struct {
	Rank        int     `json:"rank"` // from 1
	SuccessRate float64 `json:"success_rate"`
	MinerState
}

// Resumption is an open round after a start.
type Resumption struct {
	Round  Round
	Jobs   []Job   // all issued, in order; those not done can be leased again
	Scores []Score // rows already committed, in order
}

// Query selects scores or skips, newest first. Zero fields select everything.
type Query struct {
	UID    *int
	Hotkey string
	Kind   string
	Round  int64
	Before int64 // rows with a smaller id: the last id of the page before
	Limit  int   // default and most: MaxPage
}

// Pruned counts what Prune removed.
type Pruned struct{ Rounds, Scores, Skips, Jobs, States int64 }
