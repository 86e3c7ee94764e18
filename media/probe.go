package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ergon-network/ergon/media/child"
)

// Info is what a video's header and packets say. Only Frames comes from decoding.
type Info struct {
	Path        string
	Bytes       int64
	Container   string // ffmpeg demuxer names, e.g. "mov,mp4,m4a,3gp,3g2,mj2"
	Codec       string // h264, hevc, av1, …
	Profile     string
	PixelFormat string // e.g. yuv420p
	Width       int
	Height      int
	SAR         string  // sample aspect ratio, "1/1"; "0/1" where the file is silent
	Rate        float64 // mean frames per second by the packets' times
	Duration    time.Duration
	Jitter      time.Duration // largest distance of a packet's time from even spacing
	Packets     int
	Frames      int // decoded frames; 0 until CountFrames
}

const (
	probeBudget    = 20 * time.Second // CPU time to read headers and packets
	probeLineBytes = 128              // bytes of output per packet, at most
)

// Probe reads headers and packets without decoding, within the limits. Errors: *Fault if the file is to blame.
func (t *Tool) Probe(ctx context.Context, path string, l Limits) (Info, error) {
	size, err := l.check(path)
	if err != nil {
		return Info{}, err
	}
	in, err := l.input(path)
	if err != nil {
		return Info{}, err
	}
	var out bytes.Buffer
	res, err := t.run(ctx, job{
		level: "info", inputs: [][]string{in}, stdout: &out, maxStdout: 1<<16 + int64(l.Frames+1)*probeLineBytes, cpu: probeBudget,
		args: []string{"-map", "0:v:0", "-c", "copy", "-copyts", "-frames:v", strconv.Itoa(l.Frames + 1), "-f", "framecrc", "-"},
	})
	if err != nil {
		return Info{}, blame(fmt.Errorf("read the header of %s: %w", path, err))
	}
	info := Info{Path: path, Bytes: size}
	if err := parseDump(string(res.Stderr), 1, &info); err != nil {
		return Info{}, err
	}
	if err := parsePackets(out.String(), &info); err != nil {
		return Info{}, err
	}
	return info, l.holds(info)
}

// holds checks what the header claims against the limits.
func (l Limits) holds(i Info) error {
	switch {
	case i.Width < l.MinSide || i.Height < l.MinSide || i.Width > l.MaxSide || i.Height > l.MaxSide,
		int64(i.Width)*int64(i.Height) > l.MaxPixels:
		return fault(GateDimensions, "%dx%d: sides must be %d..%d, at most %d pixels", i.Width, i.Height, l.MinSide, l.MaxSide, l.MaxPixels)
	case i.Packets == 0:
		return fault(GateFrames, "no frames")
	case i.Packets > l.Frames:
		return fault(GateFrames, "more than %d frames", l.Frames)
	case i.Duration > l.Duration:
		return fault(GateDuration, "%v long, at most %v are read", i.Duration, l.Duration)
	}
	return nil
}

// CountFrames decodes the file, whose Info came from Probe under the same limits, and returns it with Frames set.
func (t *Tool) CountFrames(ctx context.Context, i Info, l Limits) (Info, error) {
	in, err := l.input(i.Path)
	if err != nil {
		return Info{}, err
	}
	var out bytes.Buffer
	_, err = t.run(ctx, job{
		level: "error", inputs: [][]string{in}, stdout: &out, maxStdout: 1<<16 + int64(l.Frames+1)*probeLineBytes,
		cpu: decodeBudget(i.Width, i.Height, i.Packets),
		args: []string{"-xerror", "-map", "0:v:0", "-frames:v", strconv.Itoa(l.Frames + 1), "-fps_mode", "passthrough",
			"-c:v", "wrapped_avframe", "-f", "framecrc", "-"},
	})
	if err != nil {
		return Info{}, blame(fmt.Errorf("decode %s: %w", i.Path, err))
	}
	decoded := i
	if err := parsePackets(out.String(), &decoded); err != nil {
		return Info{}, err
	}
	i.Frames = decoded.Packets
	if i.Frames == 0 {
		return Info{}, fault(GateFrames, "nothing decodes")
	}
	return i, nil
}

// blame decides whose fault a failed run over a single file is: the file's if the program said no, used up its CPU
// budget or crashed on it; ours if it was stopped from outside or never ran.
func blame(err error) error {
	var exit *child.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	switch {
	case exit.OverCPU:
		return fault(GateCost, "%v", err)
	case exit.Signal == "SIGKILL", exit.Signal == "SIGTERM":
		return err
	}
	return fault(GateUnreadable, "%v", err)
}

var (
	inputLine  = regexp.MustCompile(`(?m)^Input #\d, ([a-z0-9_,]+), from `)
	outputLine = regexp.MustCompile(`(?m)^Output #`)
	mapLine    = regexp.MustCompile(`(?m)^Stream mapping:`)
	anyVideo   = regexp.MustCompile(`(?m)^  Stream #\d.*: Video:`)
	videoLine  = regexp.MustCompile(`(?m)^  Stream #0:\d+(?:\[0x[0-9a-f]+\])?(?:\([a-z]{2,3}\))?: Video: ([a-z0-9_]+)(?: \(lib[a-z0-9-]+\))?(?: \(([^()/]*)\))?(?: \(.{1,24} / 0x[0-9A-F]{4,8}\))?, ([a-z0-9_]+)`)
	rateField  = regexp.MustCompile(`, ([0-9.]+) fps`)
)

// parseDump reads the program's description of its first input, in a run with n inputs and as many outputs, each with
// one video stream. A file can put text of its own into that description (a metadata key with a line break), but it
// can only add lines: anything but exactly one of each is refused.
func parseDump(dump string, n int, i *Info) error {
	input := inputLine.FindAllStringSubmatch(dump, -1)
	maps := mapLine.FindAllStringIndex(dump, -1)
	if len(input) != n || len(maps) != 1 || len(outputLine.FindAllString(dump, -1)) != n {
		return fault(GateStreams, "the header cannot be read in one way only")
	}
	i.Container = input[0][1]
	before := anyVideo.FindAllStringIndex(dump[:maps[0][0]], -1)
	after := anyVideo.FindAllStringIndex(dump[maps[0][0]:], -1)
	if len(before) != n || len(after) != n {
		return fault(GateStreams, "%d video streams, exactly 1 is allowed", len(before)-n+1)
	}
	line := videoLine.FindStringSubmatch(dump)
	if line == nil {
		return fault(GateStreams, "the video stream has no known pixel format")
	}
	i.Codec, i.Profile, i.PixelFormat = line[1], line[2], line[3]
	full, _, _ := strings.Cut(dump[before[0][0]:], "\n")
	if m := rateField.FindStringSubmatch(full); m != nil {
		i.Rate, _ = strconv.ParseFloat(m[1], 64) // replaced by the packets' own times where they have any
	}
	return nil
}

// parsePackets reads a framecrc listing: size, aspect and time base in the head, then one line per packet.
func parsePackets(text string, i *Info) error {
	var num, den int64 = 0, 1
	var times []int64
	var last, newest int64 = 0, math.MinInt64 // duration of the packet shown last, and its time
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if key, value, ok := strings.Cut(line, ": "); ok && strings.HasPrefix(line, "#") {
			switch key {
			case "#tb 0":
				if _, err := fmt.Sscanf(value, "%d/%d", &num, &den); err != nil || num <= 0 || den <= 0 {
					return fault(GateTiming, "time base %q", value)
				}
			case "#codec_id 0":
				if value != "wrapped_avframe" && value != i.Codec {
					return fault(GateStreams, "header says codec %q, packets say %q", i.Codec, value)
				}
			case "#dimensions 0":
				if _, err := fmt.Sscanf(value, "%dx%d", &i.Width, &i.Height); err != nil {
					return fault(GateDimensions, "size %q", value)
				}
			case "#sar 0":
				i.SAR = value
			}
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, ",")
		if len(fields) < 6 {
			return fmt.Errorf("packet list of %s: unexpected line %q", i.Path, line)
		}
		pts, err := strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64)
		if err != nil {
			pts = math.MinInt64 // as ffmpeg writes "no time"
		}
		if pts >= newest {
			newest = pts
			last, _ = strconv.ParseInt(strings.TrimSpace(fields[3]), 10, 64)
		}
		times = append(times, pts)
	}
	i.Packets = len(times)
	return i.setTimes(times, last, float64(num)/float64(den))
}

// maxSeconds is beyond every clip and well within a time.Duration.
const maxSeconds = 1e6

// setTimes derives rate, duration and jitter from presentation times in units of tick seconds.
func (i *Info) setTimes(times []int64, last int64, tick float64) error {
	if len(times) == 0 || slices.Contains(times, math.MinInt64) || tick <= 0 {
		if i.Rate > 0 { // no times of its own: trust the header
			length := float64(len(times)) / i.Rate
			if length > maxSeconds {
				return fault(GateTiming, "%d frames within %g s", len(times), length)
			}
			i.Duration = seconds(length)
		}
		return nil
	}
	slices.Sort(times)
	first := float64(times[0]) // hostile times may be too far apart for an integer
	span := (float64(times[len(times)-1]) - first) * tick
	step := float64(last) * tick
	if n := len(times) - 1; n > 0 {
		step = span / float64(n)
	}
	if step <= 0 || !(span+step <= maxSeconds) {
		return fault(GateTiming, "%d frames within %g s", len(times), span)
	}
	i.Rate = 1 / step
	i.Duration = seconds(span + step)
	var worst float64
	for k, at := range times {
		worst = max(worst, math.Abs((float64(at)-first)*tick-float64(k)*step))
	}
	i.Jitter = seconds(worst)
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
