package clips

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/ergon-network/ergon/media"
	"github.com/ergon-network/ergon/subnets/video/reward"
)

func hm(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += 1 / (v + 1)
	}
	return float64(len(x))/s - 1
}
func mn(x []float64) float64 {
	m := 1e9
	for _, v := range x {
		m = min(m, v)
	}
	return m
}

func TestExp(t *testing.T) {
	tool, err := media.Find()
	if err != nil {
		t.Fatal(err)
	}
	dir := "/tmp/exp"
	os.MkdirAll(dir, 0o755)
	for seed := uint64(1); seed < 4; seed++ {
		b := time.Now()
		m := &Maker{Tool: tool, Dir: dir}
		if os.Getenv("SMALL") != "" {
			m.Format = Format{192, 144, 15, 15}
		}
		task, err := m.Make(t.Context(), Order{Kind: reward.Upscaling, Seed: seed, Miner: "a"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("%+v %v %.2f p1 %.2f\n", task.Reference, time.Since(b), hm(task.Baseline), mn(task.Baseline))
		sc := media.Scorer{Tool: tool, Limits: media.ResultLimits()}
		show := func(name string, in media.Info, e media.Encoding) {
			b := time.Now()
			out := dir + "/" + name + ".mp4"
			if err := tool.Encode(t.Context(), in, media.SourceLimits(), out, e); err != nil {
				t.Fatal(err)
			}
			enc := time.Since(b)
			b = time.Now()
			f, err := sc.Compare(t.Context(), task.Reference, out)
			if err != nil {
				fmt.Println(name, err)
				return
			}
			fmt.Printf("%d %-14s C %.3f (x%.2f of in) vmaf %.2f neg %.2f (d %.2f) p1 %.1f cb %.1f/%.1f y %.1f enc %v cmp %v\n", seed, name, float64(f.Dist.Bytes)/float64(task.Reference.Bytes), float64(f.Dist.Bytes)/float64(task.Input.Bytes), hm(f.VMAF), hm(f.NEG), hm(f.VMAF)-hm(f.NEG), mn(f.NEG), hm(f.PSNRCb), hm(f.PSNRCr), hm(f.PSNRY), enc, time.Since(b))
		}
		for _, q := range []int{22, 30, 38, 45} {
			show(fmt.Sprint("svt", q), task.Reference, media.Encoding{Codec: media.SVTAV1, Quality: q})
		}
		for _, q := range []int{22, 28, 34} {
			show(fmt.Sprint("x265-", q), task.Reference, media.Encoding{Codec: media.X265, Quality: q})
			show(fmt.Sprint("x264-", q), task.Reference, media.Encoding{Codec: media.X264, Quality: q})
		}
		for _, a := range []float64{0.4, 0.8, 1.2} {
			show(fmt.Sprint("sharp", a), task.Reference, media.Encoding{Codec: media.SVTAV1, Quality: 45, Filters: []media.Filter{media.Sharpen(a)}})
		}
		show("grey", task.Reference, media.Encoding{Codec: media.SVTAV1, Quality: 38, Filters: []media.Filter{media.Grey()}})
		for _, k := range []media.Kernel{media.Bicubic, media.Lanczos, media.Spline, media.Nearest} {
			show("up-"+string(k), task.Input, media.Encoding{Codec: media.X265, Quality: 12, Filters: []media.Filter{media.Scale(task.Reference.Width, task.Reference.Height, k)}})
		}
		for _, a := range []float64{0.3, 0.6, 1.0} {
			show(fmt.Sprint("up-sharp", a), task.Input, media.Encoding{Codec: media.X265, Quality: 12, Filters: []media.Filter{media.Scale(task.Reference.Width, task.Reference.Height, media.Spline), media.Sharpen(a)}})
		}
	}
}
