package video

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/neuron/synapse"
	"github.com/ergon-network/ergon/subnets"
	"github.com/ergon-network/ergon/subnets/video/clips"
	"github.com/ergon-network/ergon/subnets/video/reward"
	"github.com/ergon-network/ergon/subnets/video/strategy"
)

func sampleQuestion(kind reward.Kind) question {
	q := question{
		Kind: kind, RoundID: "r-1", TaskID: "abc", InputURL: "https://example.org/i.mp4", InputSHA256: strings.Repeat("0a", 32), InputBytes: 9,
		Seconds: 1, Deadline: 10, Threshold: 89, Codec: "av1", Scale: 1,
	}
	if kind == reward.Upscaling {
		q.Threshold, q.Codec, q.Scale = 0, "", 2
	}
	return q
}

// Both messages carry the whole question, under the hash that is signed.
func TestMessagesCarryTheQuestion(t *testing.T) {
	if q := sampleQuestion(reward.Compression); q.compression().question() != q {
		t.Errorf("got %+v", q.compression().question())
	}
	if q := sampleQuestion(reward.Upscaling); q.upscaling().question() != q {
		t.Errorf("got %+v", q.upscaling().question())
	}
	for _, schema := range []func() (*synapse.Schema, error){synapse.For[VideoCapability], synapse.For[VideoCompression], synapse.For[VideoUpscaling]} {
		s, err := schema()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range s.Fields {
			if hashed := strings.Contains(" "+strings.Join(s.HashFields, " ")+" ", " "+f.Name+" "); hashed == f.Output {
				t.Errorf("%s.%s: output %v, hashed %v", s.Name, f.Name, f.Output, hashed)
			}
		}
	}
}

func TestQuestionsAreChecked(t *testing.T) {
	for _, kind := range []reward.Kind{reward.Compression, reward.Upscaling} {
		if err := sampleQuestion(kind).check(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	for name, spoil := range map[string]func(*question){
		"path in the id": func(q *question) { q.TaskID = "../x" }, "no id": func(q *question) { q.RoundID = "" }, "long id": func(q *question) { q.TaskID = strings.Repeat("a", 65) },
		"no URL": func(q *question) { q.InputURL = "" }, "long URL": func(q *question) { q.InputURL = strings.Repeat("a", 5000) },
		"short hash": func(q *question) { q.InputSHA256 = "ab" }, "upper hash": func(q *question) { q.InputSHA256 = strings.Repeat("0A", 32) },
		"no bytes": func(q *question) { q.InputBytes = 0 }, "too many bytes": func(q *question) { q.InputBytes = 1 << 40 },
		"no length": func(q *question) { q.Seconds = math.NaN() }, "an hour": func(q *question) { q.Seconds = 3600 },
		"past deadline": func(q *question) { q.Deadline = -1 }, "endless": func(q *question) { q.Deadline = math.Inf(1) },
		"threshold": func(q *question) { q.Threshold = 101 }, "codec": func(q *question) { q.Codec = "-vf" },
	} {
		q := sampleQuestion(reward.Compression)
		if spoil(&q); q.check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	q := sampleQuestion(reward.Upscaling)
	if q.Scale = 3; q.check() == nil {
		t.Error("scale 3 passes")
	}
}

// FuzzAnswerCheck: what passes is safe to fetch and to store.
func FuzzAnswerCheck(f *testing.F) {
	f.Add("https://example.org", strings.Repeat("0", 64), int64(5))
	f.Add("", "xyz", int64(-1))
	f.Fuzz(func(t *testing.T, url, sum string, size int64) {
		a := answer{url, sum, size}
		if a.check() == nil && (len(url) == 0 || len(url) > maxURL || len(sum) != 64 || strings.ToLower(sum) != sum || size <= 0) {
			t.Errorf("%+v passes", a)
		}
	})
}

// FuzzOrder: a payload is read or refused, and what is read is written back the same.
func FuzzOrder(f *testing.F) {
	f.Add([]byte(`{"kind":"compression","seed":"5","threshold":89,"address":"127.0.0.1:1"}`))
	f.Add([]byte(`{"seed":"18446744073709551616"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		o, err := parseOrder(payload)
		if err != nil {
			return
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Skip() // an address that has no text
		}
		if again, err := parseOrder(text); err != nil || !reflect.DeepEqual(again, o) {
			t.Errorf("%s: %+v, again %+v, %v", text, o, again, err)
		}
	})
}

// The same seed deals the same round; another miner gets another variation of the same clip.
func TestDealsAreSeeded(t *testing.T) {
	p := profile(t)
	seed := strings.Repeat("5e", 32)
	one, err := newDeal(seed, p, "")
	if err != nil {
		t.Fatal(err)
	}
	two, _ := newDeal(seed, p, "")
	other, _ := newDeal(strings.Repeat("5f", 32), p, "")
	o := one.order(reward.Compression)
	if !reflect.DeepEqual(o, two.order(reward.Compression)) || o.Seed == other.order(reward.Compression).Seed || o.Seed == one.order(reward.Upscaling).Seed {
		t.Errorf("%+v", o)
	}
	a, b := o.clip("a").ID(), o.clip("b").ID()
	if a == b || a != o.clip("a").ID() || !plainID(a) || !plainID(one.taskID("a")) {
		t.Errorf("ids %s and %s", a, b)
	}
	if o.Organic = "x"; o.clip("a") != o.clip("b") {
		t.Error("a user's clip differs from miner to miner")
	}
	for _, bad := range []string{"", "zz", "5e"} {
		if _, err := newDeal(bad, p, ""); err == nil {
			t.Errorf("seed %q passes", bad)
		}
	}
	thresholds := map[float64]bool{}
	for i := range 50 {
		d := one
		d.seed[0] = byte(i)
		thresholds[d.order(reward.Compression).Threshold] = true
	}
	if len(thresholds) != len(p.Thresholds) {
		t.Errorf("thresholds %v", thresholds)
	}
}

func TestCommitsFirstWins(t *testing.T) {
	c := &commits{}
	c.before(7, "old")
	first, second, third, own := c.arrive(1), c.arrive(2), c.arrive(3), c.arrive(1)
	claimed := c.arrive(4)
	done := make(chan struct{})
	go func() { // decided only when all before it are settled
		defer close(done)
		if from, is, err := c.copied(t.Context(), third); err != nil || !is || from != 1 {
			t.Errorf("third: from %d, %v, %v", from, is, err)
		}
	}()
	c.settle(third, "x")
	c.settle(own, "x")
	c.settle(claimed, "") // announced x, but the file was something else
	c.settle(second, "old")
	select {
	case <-done:
		t.Fatal("decided before the first was settled")
	default:
	}
	c.settle(first, "x")
	<-done
	for _, want := range []struct {
		place int
		is    bool
		from  uint16
	}{{first, false, 0}, {second, true, 7}, {own, false, 0}, {claimed, false, 0}} {
		if from, is, err := c.copied(t.Context(), want.place); err != nil || is != want.is || from != want.from {
			t.Errorf("place %d: from %d, %v, %v", want.place, from, is, err)
		}
	}
}

func TestMarketIsRegistered(t *testing.T) {
	m, err := subnets.Lookup("video")
	if err != nil {
		t.Fatal(err)
	}
	if m.Profiles[0] != reward.Default || !m.S3 || !m.Media || len(m.Strategies) != len(strategy.All()) || m.Miner == nil || m.Validator == nil {
		t.Errorf("%+v", m)
	}
	for _, s := range m.Strategies {
		if s.Manual != (s.Name == "command") {
			t.Errorf("%+v", s)
		}
	}
	n := subnets.Neuron{Strategy: "svtav1", Hotkey: pair("x"), Dir: t.TempDir()}
	if err := m.Miner(t.Context(), n); err == nil || !strings.Contains(err.Error(), "--s3") {
		t.Errorf("without a store: %v", err)
	}
	if err := m.Validator(t.Context(), n); err == nil || !strings.Contains(err.Error(), "--s3") {
		t.Errorf("without a store: %v", err)
	}
}

func TestDeadlines(t *testing.T) {
	quick, heavy := clips.Task{Cost: 1}, clips.Task{Cost: 60e9}
	if d := deadline(true)(quick); d != localDeadline {
		t.Errorf("shared cores: %v", d)
	}
	if d := deadline(false)(heavy); d != mostDeadline {
		t.Errorf("heavy: %v", d)
	}
}
