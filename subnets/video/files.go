package video

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ergon-network/ergon/internal/durable"
	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

// files is a validator's folder: references and inputs (tasks), what came back (results), what was
// measured (evidence) and users' clips (organic).
type files struct{ dir string }

func openFiles(dir string) (files, error) {
	f := files{dir}
	for _, name := range []string{"tasks", "results", "evidence", "organic"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return f, fmt.Errorf("make the validator's folder: %w", err)
		}
	}
	return f, nil
}

func (f files) tasks() string { return filepath.Join(f.dir, "tasks") }

// answerName names a miner's answer to a task; users' clips give several miners the same task.
func answerName(task string, uid int) string { return fmt.Sprintf("%s-%d", task, uid) }

func (f files) result(task string, uid int) string {
	return filepath.Join(f.dir, "results", answerName(task, uid)+".mp4")
}

func (f files) evidence(task string, uid int) string {
	return filepath.Join(f.dir, "evidence", answerName(task, uid)+".json")
}

func (f files) organic(id string) string { return filepath.Join(f.dir, "organic", id) }

// Evidence is what stands behind a score besides its row: enough to judge the answer again from the
// measurements, and to measure it again from the files.
type Evidence struct {
	Task      string          `json:"task"`
	Order     order           `json:"order"`
	Scale     int             `json:"scale"`
	Reference *media.Info     `json:"reference,omitempty"` // nil: no clip was made
	Input     *media.Info     `json:"input,omitempty"`
	Answer    answer          `json:"answer"`          // its URL without the query, which is a secret
	Proof     *dendrite.Proof `json:"proof,omitempty"` // the miner's signature under its answer
	Frames    *media.Frames   `json:"frames,omitempty"`
	Baseline  []float64       `json:"baseline,omitempty"` // per-frame VMAF-NEG of our own bicubic
	Fault     *reward.Fault   `json:"fault,omitempty"`
	Verdict   reward.Verdict  `json:"verdict"`

	// Paths are the files behind it, known to the validator only.
	ReferencePath string `json:"reference_path,omitempty"`
	InputPath     string `json:"input_path,omitempty"`
}

// writeJSON replaces a file so that a crash leaves the old or the new one.
func writeJSON(path string, v any) error {
	raw, err := json.MarshalIndent(v, "", " ")
	if err == nil {
		err = durable.Write(path, raw)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

const maxEvidence = 8 << 20 // bytes of an evidence file

func readJSON(path string, v any) error {
	st, err := os.Stat(path)
	if err == nil && st.Size() > maxEvidence {
		err = fmt.Errorf("%d bytes", st.Size())
	}
	var raw []byte
	if err == nil {
		raw, err = os.ReadFile(path)
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(path), err)
	}
	return nil
}

// sweep removes files last written before a time.
func (f files) sweep(before time.Time) error {
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || filepath.Dir(path) == f.dir {
			return err // files beside the folders, such as the database, are not ours
		}
		info, err := d.Info()
		if err != nil || !info.ModTime().Before(before) {
			return err
		}
		return os.Remove(path)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil // somebody was faster
	}
	return err
}
