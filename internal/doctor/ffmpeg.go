package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// FFmpegEnv names an ffmpeg to use instead of the pinned one.
const FFmpegEnv = "ERGON_FFMPEG"

const (
	pinned   = ".tools/ffmpeg/ffmpeg" // below the project's root
	askTime  = 20 * time.Second
	maxReply = 1 << 20 // bytes of an answer
)

// FFmpeg finds the video markets' ffmpeg the way they do, ERGON_FFMPEG, else the pinned one in
// .tools of a starting folder or one above it, and checks that it has the libvmaf filter. It
// returns the first line of its -version.
func FFmpeg(ctx context.Context, env string, starts ...string) (build string, err error) {
	path, err := locate(env, starts)
	if err != nil {
		return "", err
	}
	filters, err := ask(ctx, path, "-hide_banner", "-filters")
	if err != nil {
		return "", err
	}
	if !strings.Contains(filters, " libvmaf ") {
		return "", fmt.Errorf("%s lists no libvmaf filter", path)
	}
	version, err := ask(ctx, path, "-version")
	if err != nil {
		return "", err
	}
	version, _, _ = strings.Cut(version, "\n")
	return version + " with libvmaf, " + path, nil
}

func locate(env string, starts []string) (string, error) {
	if env != "" {
		return env, nil
	}
	for _, dir := range starts {
		for {
			path := filepath.Join(dir, pinned)
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
	return "", errors.New("no ffmpeg found")
}

func ask(ctx context.Context, path string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	out := &bounded{}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Stdout = out
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w", path, strings.Join(args, " "), err)
	}
	return out.String(), nil
}

// bounded keeps the first bytes written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxReply - b.Len(); room < len(p) {
		b.Buffer.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}
