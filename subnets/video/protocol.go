// Package video is the market for video work. Miners compress clips or enlarge them; validators hold
// the reference, measure every answer with VMAF and PSNR, and pay by the rules of a reward profile.
//
//	protocol.go   what is said between validator and miner
//	task.go       what miners are asked to do, and how a task is drawn
//	reward.go     how a measured answer becomes a signed row, and a round of rows a weight vector
//	miner.go      download, work by a strategy, upload, answer
//	validator.go  what a validator is; round.go is one round of it, effort.go one answer's way
//
// The files of a task travel through S3 by presigned URLs and are bound to both sides by SHA-256:
// the question's inside the signed request, the answer's inside the signed answer.
//
//	api.go      the validator's read API: status, rankings, every score with its evidence
//	organic.go  clips of users, worked on and scored like any task
//	verify.go   measures a score again and says whether it is right
//	panel.go    the market's part of the explorer's page
package video

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/ergon-network/ergon/subnets/video/reward"
)

// VideoCapability asks what a miner does (video §2, TaskWarrant and LengthCheck in one).
type VideoCapability struct {
	RoundID    string   `wire:"round_id"`
	Kinds      []string `wire:"kinds,output"`       // compression, upscaling; the first is preferred
	MaxSeconds *float64 `wire:"max_seconds,output"` // longest clip it takes
}

// VideoCompression asks for the clip at InputURL as small as its quality allows.
type VideoCompression struct {
	RoundID     string  `wire:"round_id"`
	TaskID      string  `wire:"task_id"`
	InputURL    string  `wire:"input_url"` // presigned GET on the validator's bucket
	InputSHA256 string  `wire:"input_sha256"`
	InputBytes  int64   `wire:"input_bytes"`
	Seconds     float64 `wire:"seconds"`        // playing time
	Deadline    float64 `wire:"deadline"`       // seconds from the question to the answer
	Threshold   float64 `wire:"vmaf_threshold"` // VMAF to reach, 0..100
	TargetCodec string  `wire:"target_codec"`   // av1, hevc or h264; empty: the miner's choice

	ResultURL    *string `wire:"result_url,output"` // presigned GET on the miner's bucket
	ResultSHA256 *string `wire:"result_sha256,output"`
	ResultBytes  *int64  `wire:"result_bytes,output"`
}

// VideoUpscaling asks for the clip at InputURL, Scale times as wide and as high.
type VideoUpscaling struct {
	RoundID     string  `wire:"round_id"`
	TaskID      string  `wire:"task_id"`
	InputURL    string  `wire:"input_url"`
	InputSHA256 string  `wire:"input_sha256"`
	InputBytes  int64   `wire:"input_bytes"`
	Seconds     float64 `wire:"seconds"`
	Deadline    float64 `wire:"deadline"`
	Scale       int     `wire:"scale"` // 2 or 4

	ResultURL    *string `wire:"result_url,output"`
	ResultSHA256 *string `wire:"result_sha256,output"`
	ResultBytes  *int64  `wire:"result_bytes,output"`
}

// question is a task of either kind, as both sides handle it.
type question struct {
	Kind        reward.Kind
	RoundID     string
	TaskID      string
	InputURL    string
	InputSHA256 string
	InputBytes  int64
	Seconds     float64
	Deadline    float64
	Threshold   float64
	Codec       string
	Scale       int
}

// answer is what a miner promises to lie behind a URL.
type answer struct {
	URL    string `json:"url"`
	SHA256 string `json:"sha256"` // lower-case hex
	Bytes  int64  `json:"bytes"`
}

func (q question) compression() *VideoCompression {
	return &VideoCompression{
		RoundID: q.RoundID, TaskID: q.TaskID, InputURL: q.InputURL, InputSHA256: q.InputSHA256, InputBytes: q.InputBytes,
		Seconds: q.Seconds, Deadline: q.Deadline, Threshold: q.Threshold, TargetCodec: q.Codec,
	}
}

func (m *VideoCompression) question() question {
	return question{
		Kind: reward.Compression, RoundID: m.RoundID, TaskID: m.TaskID, InputURL: m.InputURL, InputSHA256: m.InputSHA256,
		InputBytes: m.InputBytes, Seconds: m.Seconds, Deadline: m.Deadline, Threshold: m.Threshold, Codec: m.TargetCodec, Scale: 1,
	}
}

func (q question) upscaling() *VideoUpscaling {
	return &VideoUpscaling{
		RoundID: q.RoundID, TaskID: q.TaskID, InputURL: q.InputURL, InputSHA256: q.InputSHA256, InputBytes: q.InputBytes,
		Seconds: q.Seconds, Deadline: q.Deadline, Scale: q.Scale,
	}
}

func (m *VideoUpscaling) question() question {
	return question{
		Kind: reward.Upscaling, RoundID: m.RoundID, TaskID: m.TaskID, InputURL: m.InputURL, InputSHA256: m.InputSHA256,
		InputBytes: m.InputBytes, Seconds: m.Seconds, Deadline: m.Deadline, Scale: m.Scale,
	}
}

func (m *VideoCompression) answer() answer {
	return answerOf(m.ResultURL, m.ResultSHA256, m.ResultBytes)
}
func (m *VideoUpscaling) answer() answer { return answerOf(m.ResultURL, m.ResultSHA256, m.ResultBytes) }

func (m *VideoCompression) give(a answer) {
	m.ResultURL, m.ResultSHA256, m.ResultBytes = &a.URL, &a.SHA256, &a.Bytes
}

func (m *VideoUpscaling) give(a answer) {
	m.ResultURL, m.ResultSHA256, m.ResultBytes = &a.URL, &a.SHA256, &a.Bytes
}

func answerOf(url, sum *string, size *int64) (a answer) {
	if url != nil {
		a.URL = *url
	}
	if sum != nil {
		a.SHA256 = *sum
	}
	if size != nil {
		a.Bytes = *size
	}
	return a
}

// Bounds on what is said.
const (
	maxInputBytes  = 256 << 20
	maxURL         = 4096
	maxTaskID      = 64
	maxTaskSeconds = 60.0  // playing time
	maxDeadline    = 600.0 // seconds
)

// check is the miner's look at a stranger's question.
func (q question) check() error {
	switch {
	case !plainID(q.TaskID) || !plainID(q.RoundID):
		return fmt.Errorf("task %.80q of round %.80q: want 1 to %d letters, digits and '-'", q.TaskID, q.RoundID, maxTaskID)
	case q.InputURL == "" || len(q.InputURL) > maxURL:
		return fmt.Errorf("an input URL of %d bytes", len(q.InputURL))
	case !isSHA256(q.InputSHA256):
		return errors.New("input_sha256 is not 64 lower-case hex digits")
	case q.InputBytes <= 0 || q.InputBytes > maxInputBytes:
		return fmt.Errorf("an input of %d bytes: want 1..%d", q.InputBytes, maxInputBytes)
	case !(q.Seconds > 0 && q.Seconds <= maxTaskSeconds):
		return fmt.Errorf("a clip of %v s: want up to %v", q.Seconds, maxTaskSeconds)
	case !(q.Deadline > 0 && q.Deadline <= maxDeadline):
		return fmt.Errorf("a deadline of %v s: want up to %v", q.Deadline, maxDeadline)
	case q.Kind == reward.Compression && !(q.Threshold > 0 && q.Threshold <= 100):
		return fmt.Errorf("a threshold of %v", q.Threshold)
	case q.Kind == reward.Compression && q.Codec != "" && !slices.Contains(codecFamilies, q.Codec):
		return fmt.Errorf("codec %.20q: known are %v", q.Codec, codecFamilies)
	case q.Kind == reward.Upscaling && q.Scale != 2 && q.Scale != 4:
		return fmt.Errorf("a scale of %d: known are 2 and 4", q.Scale)
	}
	return nil
}

var codecFamilies = []string{"av1", "hevc", "h264"}

// check is the validator's look at an answer: its form, not yet its truth.
func (a answer) check() error {
	switch {
	case a.URL == "":
		return errors.New("no result")
	case len(a.URL) > maxURL:
		return fmt.Errorf("a result URL of %d bytes, at most %d are read", len(a.URL), maxURL)
	case !isSHA256(a.SHA256):
		return fmt.Errorf("result_sha256 %.80q is not 64 lower-case hex digits", a.SHA256)
	case a.Bytes <= 0:
		return fmt.Errorf("a result of %d bytes", a.Bytes)
	}
	return nil
}

func isSHA256(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == 32 && hex.EncodeToString(raw) == text
}

// plainID accepts what may become part of a file name.
func plainID(id string) bool {
	if id == "" || len(id) > maxTaskID {
		return false
	}
	for _, c := range []byte(id) {
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && c != '-' {
			return false
		}
	}
	return true
}
