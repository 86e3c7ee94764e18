package scoredb

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// column ties a field of a row to its name in the database. One list for each row type serves
// the insert, the select and the digest, so the three cannot drift apart.
type column struct {
	name string
	at   any  // *int, *int64, *string, *[]byte, *bool, *float64, **float64 or *stamp
	auto bool // given by the database
}

type row interface{ columns() []column }

// stamp stores a time as microseconds since 1970, the zero time as NULL.
type stamp time.Time

// Scan implements sql.Scanner.
func (s *stamp) Scan(value any) error {
	switch v := value.(type) {
	case nil:
		*s = stamp{}
	case int64:
		*s = stamp(time.UnixMicro(v).UTC())
	default:
		return fmt.Errorf("time column holds a %T", value)
	}
	return nil
}

// Value implements driver.Valuer.
func (s stamp) Value() (driver.Value, error) {
	if t := time.Time(s); !t.IsZero() {
		return t.UnixMicro(), nil
	}
	return nil, nil
}

func at(t *time.Time) *stamp { return (*stamp)(t) }

func (r *Round) columns() []column {
	return []column{
		{"seq", &r.Seq, true}, {"label", &r.Label, false}, {"profile", &r.Profile, false}, {"seed", &r.Seed, false},
		{"block", &r.Block, false}, {"deadline", at(&r.Deadline), false}, {"opened_at", at(&r.OpenedAt), false},
		{"closed_at", at(&r.ClosedAt), false}, {"submitted_at", at(&r.SubmittedAt), false}, {"submitted_tx", &r.SubmittedTx, false},
	}
}

func (j *Job) columns() []column {
	return []column{
		{"id", &j.ID, true}, {"round", &j.Round, false}, {"uid", &j.UID, false}, {"hotkey", &j.Hotkey, false},
		{"task", &j.Task, false}, {"kind", &j.Kind, false}, {"seed", &j.Seed, false}, {"payload", &j.Payload, false},
		{"deadline", at(&j.Deadline), false}, {"state", (*string)(&j.State), false}, {"worker", &j.Worker, false},
		{"lease_until", at(&j.LeaseUntil), false}, {"attempts", &j.Attempts, false},
	}
}

// The order of a score's columns is part of its digest: never change it, raise digestDomain.
func (s *Score) columns() []column {
	return []column{
		{"id", &s.ID, true}, {"round", &s.Round, false}, {"uid", &s.UID, false}, {"hotkey", &s.Hotkey, false},
		{"task", &s.Task, false}, {"kind", &s.Kind, false}, {"content_type", &s.ContentType, false},
		{"content_length", &s.ContentLength, false}, {"task_seed", &s.TaskSeed, false},
		{"reference_sha256", &s.ReferenceSHA256, false}, {"reference_bytes", &s.ReferenceBytes, false},
		{"result_sha256", &s.ResultSHA256, false}, {"result_bytes", &s.ResultBytes, false},
		{"metric", &s.Metric, false}, {"metric_build", &s.MetricBuild, false}, {"frames", &s.Frames, false},
		{"frame_digest", &s.FrameDigest, false}, {"vmaf", &s.VMAF, false}, {"neg", &s.NEG, false},
		{"psnr_cb", &s.PSNRCb, false}, {"psnr_cr", &s.PSNRCr, false}, {"pie_app", &s.PieAPP, false},
		{"rate", &s.Rate, false}, {"threshold", &s.Threshold, false}, {"gate", &s.Gate, false},
		{"s_q", &s.SQ, false}, {"s_l", &s.SL, false}, {"s_f", &s.SF, false},
		{"base_s_f", &s.BaseSF, false}, {"paid", &s.Paid, false},
		{"bonus", &s.Bonus, false}, {"low_score", &s.LowScore, false}, {"low_quality", &s.LowQuality, false},
		{"profile", &s.Profile, false}, {"issued_at", at(&s.IssuedAt), false}, {"answered_at", at(&s.AnsweredAt), false},
		{"scored_at", at(&s.ScoredAt), false}, {"deadline", at(&s.Deadline), false}, {"error", &s.Error, false},
		{"validator", &s.Validator, false}, {"signature", &s.Signature, false},
	}
}

func (s *Skip) columns() []column {
	return []column{
		{"id", &s.ID, true}, {"round", &s.Round, false}, {"uid", &s.UID, false}, {"hotkey", &s.Hotkey, false},
		{"task", &s.Task, false}, {"kind", &s.Kind, false}, {"reason", &s.Reason, false}, {"error", &s.Error, false},
		{"at", at(&s.At), false},
	}
}

func (m *MinerState) columns() []column {
	return []column{
		{"round", &m.Round, false}, {"uid", &m.UID, false}, {"hotkey", &m.Hotkey, false}, {"kind", &m.Kind, false},
		{"since", &m.Since, false}, {"accumulated", &m.Accumulated, false}, {"bonus_multiplier", &m.BonusMultiplier, false},
		{"penalty_f", &m.PenaltyF, false}, {"penalty_q", &m.PenaltyQ, false}, {"total_multiplier", &m.TotalMultiplier, false},
		{"bonus_count", &m.BonusCount, false}, {"penalty_f_count", &m.PenaltyFCount, false}, {"penalty_q_count", &m.PenaltyQCount, false},
		{"avg_s_q", &m.AvgSQ, false}, {"avg_s_l", &m.AvgSL, false}, {"avg_s_f", &m.AvgSF, false},
		{"avg_content_length", &m.AvgContentLength, false}, {"avg_rate", &m.AvgRate, false},
		{"longest_content", &m.LongestContent, false}, {"rounds", &m.Rounds, false}, {"responses", &m.Responses, false},
		{"successes", &m.Successes, false}, {"tier", &m.Tier, false}, {"weight", &m.Weight, false},
	}
}

// names lists a row's columns for a select, or without those the database gives.
func names(r row, withAuto bool) string {
	var out []string
	for _, c := range r.columns() {
		if withAuto || !c.auto {
			out = append(out, c.name)
		}
	}
	return strings.Join(out, ", ")
}

// insertSQL is the insert of one row that does nothing where it exists already.
func insertSQL(table string, r row) (text string, args []any) {
	for _, c := range r.columns() {
		if !c.auto {
			args = append(args, c.at) // a pointer: the driver follows it
		}
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(args)), ", ")
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING", table, names(r, false), marks), args
}

// targets lists where a select's columns go.
func targets(r row) []any {
	var out []any
	for _, c := range r.columns() {
		out = append(out, c.at)
	}
	return out
}
