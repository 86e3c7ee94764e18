package scoredb

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ergon-network/ergon/keys"
	"pgregory.net/rapid"
)

// Change any one field and the signature must fail: a field the digest forgets is evidence that
// can be forged.
func TestEveryFieldIsSigned(t *testing.T) {
	fields := reflect.TypeFor[Score]()
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		if name == "ID" || name == "Signature" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			s := sample(t, 1, 1, "t", .5)
			switch f := reflect.ValueOf(&s).Elem().Field(i); v := f.Addr().Interface().(type) {
			case *string:
				*v += "x"
			case *int:
				*v++
			case *int64:
				*v++
			case *bool:
				*v = !*v
			case *float64:
				*v += .001
			case **float64:
				if *v == nil {
					*v = number(0)
				} else {
					*v = nil
				}
			case *time.Time:
				*v = v.Add(time.Microsecond)
			default:
				t.Fatalf("teach this test about %s", f.Type())
			}
			if name == "Validator" {
				s.Validator = pair("somebody else").Address()
			}
			if err := s.Verify(); !errors.Is(err, keys.ErrSignature) {
				t.Fatalf("a changed %s passes: %v", name, err)
			}
		})
	}
}

// Neighbouring fields must not be able to trade bytes.
func TestDigestKeepsFieldsApart(t *testing.T) {
	a, b := sample(t, 1, 1, "t", .5), sample(t, 1, 1, "t", .5)
	a.Metric, a.MetricBuild = "vmaf", "7"
	b.Metric, b.MetricBuild = "vmaf7", ""
	if a.Digest() == b.Digest() {
		t.Fatal("two rows, one digest")
	}
}

func TestEvidenceTravelsAsJSON(t *testing.T) {
	s := sample(t, 1, 1, "t", 1.0/3)
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Score
	if err := json.Unmarshal(raw, &back); err != nil || back.Verify() != nil || back.Digest() != s.Digest() {
		t.Fatalf("%s: %v, %v", raw, err, back.Verify())
	}
}

// Whatever a row holds, it comes back from the disk with the same digest.
func TestRowsComeBackUnchanged(t *testing.T) {
	s, _ := fresh(t)
	r := openRoundNamed(t, s, "one")
	floats := rapid.Float64().Filter(func(f float64) bool { return checkFinite(f) == nil })
	text := rapid.StringN(0, 60, 200).Filter(func(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) })
	times := rapid.Map(rapid.Int64Range(-1e15, 4e15), func(n int64) time.Time { return time.UnixMicro(n) })
	task := 0
	rapid.Check(t, func(rt *rapid.T) {
		task++
		given := sample(t, r.Seq, rapid.IntRange(0, 65535).Draw(rt, "uid"), rapid.StringMatching(`[a-z]{8}`).Draw(rt, "task")+time.Unix(int64(task), 0).String(), floats.Draw(rt, "sf"), func(s *Score) {
			s.Gate, s.Error, s.TaskSeed = text.Draw(rt, "gate"), text.Draw(rt, "error"), text.Draw(rt, "seed")
			s.Rate, s.SQ, s.ContentLength = floats.Draw(rt, "rate"), floats.Draw(rt, "sq"), floats.Draw(rt, "length")
			s.VMAF, s.PieAPP = rapid.Ptr(floats, true).Draw(rt, "vmaf"), rapid.Ptr(floats, true).Draw(rt, "pie")
			s.ResultBytes = rapid.Int64Min(0).Draw(rt, "bytes")
			s.AnsweredAt, s.IssuedAt = times.Draw(rt, "answered"), times.Draw(rt, "issued")
			s.Bonus = rapid.Bool().Draw(rt, "bonus")
		})
		got, err := s.Score(t.Context(), record(t, s, given))
		if err != nil || got.Digest() != given.Digest() || got.Verify() != nil {
			rt.Fatalf("stored %+v\nread %+v\n%v", given, got, err)
		}
	})
}

func TestClip(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("ä", 1025), strings.Repeat("a", 2047) + "ä", "\xff\x00" + strings.Repeat("\xf0\x9f\x98\x80", 600)} {
		if got := Clip(text); checkText("error", got) != nil || len(got) < min(len(text), maxError-3) {
			t.Errorf("Clip of %d bytes gives %d", len(text), len(got))
		}
	}
}

func FuzzEvidence(f *testing.F) {
	raw, err := json.Marshal(sample(f, 1, 1, "t", .5))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"validator":"5","signature":"00","vmaf":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s Score
		if json.Unmarshal(raw, &s) != nil {
			return
		}
		if s.check() == nil && s.Verify() == nil && s.Validator != validator.Address() {
			t.Fatalf("forged: %s", raw)
		}
	})
}
