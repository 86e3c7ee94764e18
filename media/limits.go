package media

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Limits bounds a file before anything of it is decoded. Every field must be set.
type Limits struct {
	Bytes      int64
	MinSide    int // pixels; VMAF needs four halvings
	MaxSide    int
	MaxPixels  int64 // width × height of a frame
	Frames     int
	Duration   time.Duration
	Containers []string // ffmpeg demuxer names; nothing else is even opened
	Decoders   []string // ffmpeg decoder names
}

// ResultLimits hold for what a miner sends: MP4 with one of three codecs, up to 4K for a minute.
func ResultLimits() Limits {
	return Limits{
		Bytes: 256 << 20, MinSide: 64, MaxSide: 4096, MaxPixels: 3840 * 2160, Frames: 3600, Duration: time.Minute,
		Containers: []string{"mov"},
		Decoders:   []string{"h264", "hevc", "libdav1d", "av1"},
	}
}

// SourceLimits hold for a user's own footage: more containers and codecs, longer.
func SourceLimits() Limits {
	l := ResultLimits()
	l.Bytes, l.Duration, l.Frames = 8<<30, 4*time.Hour, 1_000_000
	l.Containers = append(l.Containers, "matroska", "avi", "mpegts", "yuv4mpegpipe", "ivf", "mpeg")
	l.Decoders = append(l.Decoders, "mpeg4", "mpeg2video", "mpeg1video", "vp8", "libvpx", "vp9", "libvpx-vp9", "mjpeg", "rawvideo",
		"prores", "dnxhd", "ffv1", "wrapped_avframe")
	return l
}

// check looks at the file itself: it must be a regular one of bounded size.
func (l Limits) check(path string) (size int64, err error) {
	st, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("look at the video: %w", err) // a file we stored and cannot find is our trouble
	}
	if !st.Mode().IsRegular() {
		return 0, fault(GateUnreadable, "not a regular file")
	}
	if st.Size() == 0 {
		return 0, fault(GateUnreadable, "empty file")
	}
	if st.Size() > l.Bytes {
		return 0, fault(GateBytes, "%d bytes, at most %d are read", st.Size(), l.Bytes)
	}
	return st.Size(), nil
}

// input gives the options and the -i of a hostile file: local only, single-threaded, known formats, bounded frames.
func (l Limits) input(path string) ([]string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("resolve %q: %w", path, err)
	}
	return []string{
		"-threads", "1", "-protocol_whitelist", "file,pipe", "-max_streams", "16",
		"-format_whitelist", strings.Join(l.Containers, ","), "-codec_whitelist", strings.Join(l.Decoders, ","),
		"-max_pixels", strconv.FormatInt(l.MaxPixels, 10), "-i", "file:" + abs,
	}, nil
}

// decodeBudget is the CPU time that reading n frames of w×h may take, ten times what the slowest known file of that
// size needs on an old core, plus the start.
func decodeBudget(w, h, n int) time.Duration {
	return 10*time.Second + time.Duration(w)*time.Duration(h)*time.Duration(n)*time.Microsecond
}
