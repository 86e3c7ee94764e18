// Package media measures and makes video with one native program, ffmpeg built with libvmaf, run as a child process.
//
//	tool, err := media.Find()                       // ERGON_FFMPEG, else .tools/ffmpeg/ffmpeg
//	ref, err := tool.Probe(ctx, "ref.mp4", limits)  // header and packets, nothing decoded
//	f, err := tool.Compare(ctx, ref, "dist.mp4")    // per-frame VMAF, VMAF-NEG and PSNR of Y, Cb, Cr
//
// Files are hostile until measured. A file's own fault is a *Fault: the miner pays for it. Every other error is ours:
// retry, then skip, never score 0. Each run has a deadline, a CPU budget and capped output, reads local files only
// and takes one of the machine's slots (one per core, shared by all processes of the user).
//
// Metrics depend on the build, so Tool.Build identifies it and is stored with every score. Pooling is not done here
// but by the caller, in Go, where it can be tested.
package media

import (
	"errors"
	"fmt"
)

// Gates named by a Fault.
const (
	GateUnreadable = "unreadable" // not a video that may be sent, or it does not decode
	GateBytes      = "bytes"      // too large a file
	GateStreams    = "streams"    // not exactly one video stream
	GateDimensions = "dimensions" // width or height absurd, or not those of the reference
	GateFrames     = "frames"     // too many, too few, or not as many as the reference
	GateDuration   = "duration"   // too long
	GateRate       = "rate"       // frames per second differ from the reference
	GateTiming     = "timing"     // frames are not evenly spaced
	GateCost       = "decode-cost"
)

// Fault says that a file is to blame and not this machine: whoever sent it gets 0 by the named gate.
type Fault struct {
	Gate   string
	Detail string
}

func (f *Fault) Error() string { return "fault of the file (" + f.Gate + "): " + f.Detail }

func fault(gate, format string, args ...any) *Fault {
	return &Fault{Gate: gate, Detail: fmt.Sprintf(format, args...)}
}

// AsFault returns the Fault in err's chain, or nil: then err is our own trouble.
func AsFault(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return nil
}
