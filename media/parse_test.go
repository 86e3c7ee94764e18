package media

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

const dump = `Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/tmp/a.mp4':
  Metadata:
    encoder         : Lavf61.1.100
  Duration: 00:00:02.00, start: 0.000000, bitrate: 177 kb/s
  Stream #0:0[0x1](und): Video: av1 (libdav1d) (Main) (av01 / 0x31307661), yuv420p(tv, progressive), 384x288 [SAR 1:1 DAR 4:3], 163 kb/s, 15 fps, 15 tbr, 15360 tbn (default)
Stream mapping:
  Stream #0:0 -> #0:0 (copy)
Output #0, framecrc, to 'pipe:':
  Stream #0:0(und): Video: av1 (libdav1d) (Main) (av01 / 0x31307661), yuv420p(tv, progressive), 384x288 [SAR 1:1 DAR 4:3], q=2-31, 163 kb/s, 15 fps, 15 tbr, 15360 tbn (default)
`

const packets = `#extradata 0:     2458, 0x5fe44ca9
#software: Lavf61.1.100
#tb 0: 1/15360
#media_type 0: video
#codec_id 0: av1
#dimensions 0: 384x288
#sar 0: 1/1
0,      -2048,          0,     1024,     4319, 0x73ab5d77
0,      -1024,       3072,     1024,     2063, 0x69eae23f, F=0x0
0,          0,       1024,     1024,     2613, 0xf83f18c6, F=0x0
0,       1024,       2048,     1024,      988, 0x6b42eb5f, F=0x0
`

func TestParseDump(t *testing.T) {
	var i Info
	if err := parseDump(dump, 1, &i); err != nil {
		t.Fatal(err)
	}
	if i.Codec != "av1" || i.Profile != "Main" || i.PixelFormat != "yuv420p" || i.Rate != 15 || !strings.HasPrefix(i.Container, "mov,mp4") {
		t.Errorf("%+v", i)
	}
	for name, text := range map[string]string{
		"nothing":        "",
		"second input":   dump + "Input #1, mov, from 'x'\n",
		"second mapping": "Stream mapping:\n" + dump,
		"second stream":  strings.Replace(dump, "Stream mapping:", "  Stream #0:1: Video: h264, yuv420p, 1x1\nStream mapping:", 1),
		"second output":  dump + "Output #0, null\n",
	} {
		var f *Fault
		if err := parseDump(text, 1, &Info{}); !errors.As(err, &f) || f.Gate != GateStreams {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParsePackets(t *testing.T) {
	i := Info{Codec: "av1"}
	if err := parsePackets(packets, &i); err != nil {
		t.Fatal(err)
	}
	if i.Width != 384 || i.Height != 288 || i.Packets != 4 || math.Abs(i.Rate-15) > 1e-9 || i.SAR != "1/1" || i.Jitter > time.Microsecond ||
		math.Abs(i.Duration.Seconds()-4.0/15) > 1e-6 {
		t.Errorf("%+v", i)
	}
	for name, text := range map[string]string{
		"other codec":        strings.Replace(packets, "av1", "h264", 1),
		"no time passes":     strings.NewReplacer("3072,", "0,", "1024,     1", "0,     1", "2048,", "0,").Replace(packets),
		"absurd time base":   strings.Replace(packets, "1/15360", "0/0", 1),
		"times far apart":    strings.Replace(packets, "       3072", "9223372036854775807", 1),
		"size is not a size": strings.Replace(packets, "384x288", "big", 1),
	} {
		if err := parsePackets(text, &Info{Codec: "av1"}); AsFault(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	uneven := Info{Codec: "av1"}
	if err := parsePackets(strings.Replace(packets, "       2048,     1024", "       2900,     1024", 1), &uneven); err != nil || uneven.Jitter < 50*time.Millisecond {
		t.Errorf("%+v, %v", uneven, err)
	}
}

func TestParseMetrics(t *testing.T) {
	good := `{"frames":[{"frameNum":0,"metrics":{"vmaf":97,"neg":96,"psnr_y":40,"psnr_cb":41,"psnr_cr":42}}]}`
	f, err := parseMetrics([]byte(good))
	if err != nil || f.VMAF[0] != 97 || f.NEG[0] != 96 || f.PSNRY[0] != 40 || f.PSNRCb[0] != 41 || f.PSNRCr[0] != 42 {
		t.Errorf("%+v, %v", f, err)
	}
	if _, err := parseMetrics([]byte(good + good)); AsFault(err) == nil {
		t.Errorf("two logs: %v", err)
	}
	for name, text := range map[string]string{
		"nothing": "", "cut": good[:40], "no frames": "{}", "gap": strings.Replace(good, `"frameNum":0`, `"frameNum":1`, 1),
		"missing metric": strings.Replace(good, "psnr_cb", "psnr_xx", 1),
	} {
		if _, err := parseMetrics([]byte(text)); err == nil || AsFault(err) != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseDump(f *testing.F) {
	f.Add(dump)
	f.Add("Input #0, mov, from 'x'\nStream mapping:\nOutput #0\n")
	f.Fuzz(func(t *testing.T, text string) {
		var i Info
		if parseDump(text, 1, &i) == nil && (i.Codec == "" || i.PixelFormat == "" || i.Container == "") {
			t.Errorf("accepted without codec, format or container: %+v", i)
		}
	})
}

func FuzzParsePackets(f *testing.F) {
	f.Add(packets)
	f.Add("#tb 0: 1/1\n0, 1, -9223372036854775808, 1, 1, 0x0\n0, 1, 9223372036854775807, 1, 1, 0x0\n")
	f.Fuzz(func(t *testing.T, text string) {
		i := Info{Codec: "av1"}
		if parsePackets(text, &i) != nil {
			return
		}
		if math.IsNaN(i.Rate) || math.IsInf(i.Rate, 0) || i.Rate < 0 || i.Duration < 0 || i.Jitter < 0 || i.Packets < 0 {
			t.Errorf("%+v", i)
		}
	})
}

func FuzzParseMetrics(f *testing.F) {
	f.Add([]byte(`{"frames":[{"frameNum":0,"metrics":{"vmaf":97,"neg":96,"psnr_y":40,"psnr_cb":41,"psnr_cr":42}}]}`))
	f.Fuzz(func(t *testing.T, log []byte) {
		frames, err := parseMetrics(log)
		if err == nil && (len(frames.NEG) == 0 || len(frames.NEG) != len(frames.VMAF) || len(frames.NEG) != len(frames.PSNRCr)) {
			t.Errorf("uneven: %+v", frames)
		}
	})
}
