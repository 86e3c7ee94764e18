package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ergon-network/ergon/media/child"
)

// BinaryEnv names another ffmpeg than the pinned one. It must have libvmaf.
const BinaryEnv = "ERGON_FFMPEG"

// ErrNoTool is wrapped by every error of Find.
var ErrNoTool = errors.New("no ffmpeg with libvmaf")

const (
	pinnedPath = ".tools/ffmpeg/ffmpeg" // below the project's root, put there by scripts/setup-ffmpeg.sh
	niceness   = 10                     // measuring yields to the ledger and the network
	askTime    = 20 * time.Second       // for questions such as -version
)

// Tool is an ffmpeg program that was found to have libvmaf. Safe for concurrent use.
type Tool struct {
	path    string
	version string // first line of -version
	digest  string // sha256 of the binary, hex
	slots   *Slots
	log     *slog.Logger
}

// Find looks for the program: ERGON_FFMPEG, else the pinned one in .tools of the working folder, of a folder above it
// or beside the running executable. It asks the program for its version and filters and hashes it (about 0.1 s).
func Find() (*Tool, error) {
	path, err := locate()
	if err != nil {
		return nil, err
	}
	slots, err := MachineSlots()
	if err != nil {
		return nil, err
	}
	return Open(path, slots)
}

// Open uses the program at path with the given slots.
func Open(path string, slots *Slots) (*Tool, error) {
	t := &Tool{path: path, slots: slots, log: slog.Default()}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	version, err := t.ask(ctx, "-version")
	if err != nil {
		return nil, fmt.Errorf("%w: %s does not run: %w", ErrNoTool, path, err)
	}
	t.version, _, _ = strings.Cut(version, "\n")
	filters, err := t.ask(ctx, "-hide_banner", "-filters")
	if err != nil || !strings.Contains(filters, " libvmaf ") {
		return nil, fmt.Errorf("%w: %s lists no libvmaf filter: run `make setup` and unset %s, or name a build that has it", ErrNoTool, path, BinaryEnv)
	}
	if t.digest, err = fileDigest(path); err != nil {
		return nil, fmt.Errorf("hash %s: %w", path, err)
	}
	return t, nil
}

// Build identifies the program: "sha256:<hex> <version line>". Scores of two builds may differ.
func (t *Tool) Build() string { return "sha256:" + t.digest + " " + t.version }

// Path is where the program lies.
func (t *Tool) Path() string { return t.path }

// Slots are the machine's slots that this tool's runs take.
func (t *Tool) Slots() *Slots { return t.slots }

func locate() (string, error) {
	if name := os.Getenv(BinaryEnv); name != "" {
		path, err := exec.LookPath(name)
		if err != nil {
			return "", fmt.Errorf("%w: %s=%s: %w", ErrNoTool, BinaryEnv, name, err)
		}
		return path, nil
	}
	var starts []string
	if wd, err := os.Getwd(); err == nil {
		starts = append(starts, wd)
	}
	if exe, err := os.Executable(); err == nil {
		starts = append(starts, filepath.Dir(exe))
	}
	for _, dir := range starts {
		for {
			path := filepath.Join(dir, pinnedPath)
			if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
				return path, nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", fmt.Errorf("%w: run `make setup` (or scripts/setup-ffmpeg.sh) in the project, or set %s to an ffmpeg built with libvmaf", ErrNoTool, BinaryEnv)
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ask runs a question that needs no slot and no input.
func (t *Tool) ask(ctx context.Context, args ...string) (string, error) {
	var out bytes.Buffer
	_, err := child.Run(ctx, child.Spec{Path: t.path, Args: args, Stdout: &out, MaxStdout: 1 << 20, CPU: askTime})
	return out.String(), err
}

// job is one run of the program.
type job struct {
	level  string // what stderr says: "error" or "info"
	inputs [][]string
	args   []string // filters, maps, encoder and output
	stdin  io.Reader
	stdout io.Writer
	aux    io.Writer // descriptor 3

	maxStdout int64
	maxFile   int64
	cpu       time.Duration
}

// run takes a slot and runs a job, single-threaded and at low priority.
func (t *Tool) run(ctx context.Context, j job) (child.Result, error) {
	release, err := t.slots.Acquire(ctx)
	if err != nil {
		return child.Result{}, err
	}
	defer release()
	// Twenty times the CPU budget is a machine in trouble, not a slow file: that would have used up its budget.
	ctx, cancel := context.WithTimeout(ctx, 20*j.cpu+time.Minute)
	defer cancel()
	args := []string{"-hide_banner", "-nostdin", "-nostats", "-v", j.level, "-y",
		"-filter_threads", "1", "-filter_complex_threads", "1"}
	for _, in := range j.inputs {
		args = append(args, in...)
	}
	res, err := child.Run(ctx, child.Spec{
		Path: t.path, Args: append(args, j.args...), Stdin: j.stdin, Stdout: j.stdout, Aux: j.aux, MaxStdout: j.maxStdout,
		MaxFile: j.maxFile, CPU: j.cpu, Nice: niceness,
	})
	t.log.Debug("ffmpeg", "cpu", res.CPU, "wall", res.Wall, "err", err)
	return res, err
}
