package axon

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"golang.org/x/crypto/blake2b"
	"pgregory.net/rapid"
)

// foreignAddress is an SS58 address with prefix 0.
func foreignAddress(public []byte) string {
	body := append([]byte{0}, public...)
	sum := blake2b.Sum512(append([]byte("SS58PRE"), body...))
	return base58.Encode(append(body, sum[:2]...))
}

func TestForeignAddressVectors(t *testing.T) {
	var v struct {
		SS58 []struct {
			SS58  string
			Valid *bool
		}
	}
	loadVectors(t, &v)
	for _, c := range v.SS58 {
		_, err := parseAddress(c.SS58, true)
		if want := c.Valid == nil || *c.Valid; want != (err == nil) {
			t.Errorf("%s: %v, want valid=%v", c.SS58, err, want)
		}
	}
}

func loadVectors(t testing.TB, into any) {
	t.Helper()
	raw, err := os.ReadFile("testdata/wire.json")
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The recorded cases hold in the original's mode; strict mode follows from age alone.
func TestNonceVectors(t *testing.T) {
	var v struct {
		Nonces []struct {
			Now     int64 `json:"now_ns"`
			Nonce   int64
			Timeout *float64 `json:"timeout_s"`
			Version int64
			Stored  *int64 `json:"stored_nonce"`
			Accept  bool
			Why     string
		} `json:"nonce_window"`
	}
	loadVectors(t, &v)
	if len(v.Nonces) == 0 {
		t.Fatal("no vectors")
	}
	skew, longest := int64(4*time.Second), int64(time.Minute)
	for _, c := range v.Nonces {
		timeout := 0.0
		if c.Timeout != nil {
			timeout = *c.Timeout
		}
		upstream := nonceRule{skew, longest, 0, Compat{MonotonicNonces: true, OldVersions: true, FutureNonces: true, NoncesBeforeStart: true, UnclampedTimeouts: true}}
		if err := upstream.check(c.Nonce, timeout, c.Version, c.Now, c.Stored); (err == nil) != c.Accept {
			t.Errorf("upstream, %s: %v, want accept=%v", c.Why, err, c.Accept)
		}
		strict := nonceRule{skew, longest, 0, Compat{}}
		window := skew + min(int64(timeout*1e9), longest)
		want := c.Nonce > c.Now-window && c.Nonce <= c.Now+skew
		if err := strict.check(c.Nonce, timeout, c.Version, c.Now, nil); (err == nil) != want {
			t.Errorf("strict, %s: %v, want accept=%v", c.Why, err, want)
		}
	}
}

// Against a set that never forgets: no acceptable nonce is ever accepted twice, none is refused at
// first sight, and memory follows the window.
func TestReplaySetAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const window = 100
		s := newReplaySet(window, 1<<20, 1<<20)
		model := map[[3]any]bool{}
		now := int64(10_000)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now += rapid.Int64Range(0, 60).Draw(t, "tick")
			nonce := now - rapid.Int64Range(-10, window-1).Draw(t, "age")
			hotkey := rapid.SampledFrom([][32]byte{{1}, {2}}).Draw(t, "hotkey")
			uuid := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "uuid")
			key := [3]any{hotkey, uuid, nonce}
			if err := s.add(hotkey, uuid, nonce, now); (err == nil) == model[key] {
				t.Fatalf("add(%v) at %d: %v, seen before: %v", key, now, err, model[key])
			}
			model[key] = true
			live := 0
			for k := range model {
				if k[2].(int64) >= now-3*window {
					live++
				}
			}
			if s.size() > live {
				t.Fatalf("%d remembered, %d of them recent", s.size(), live)
			}
		}
	})
}

func TestReplaySetIsBounded(t *testing.T) {
	s := newReplaySet(100, 2, 2)
	for _, c := range []struct {
		hotkey byte
		nonce  int64
		want   error
	}{
		{'a', 1000, nil}, {'a', 1001, nil}, {'a', 1002, errCrowded}, {'a', 1000, errReplay},
		{'b', 1000, nil}, {'c', 1000, errCrowded},
	} {
		if err := s.add([32]byte{c.hotkey}, "u", c.nonce, 1000); err != c.want {
			t.Errorf("%c %d: %v, want %v", c.hotkey, c.nonce, err, c.want)
		}
	}
	if err := s.add([32]byte{'c'}, "u", 2000, 2000); err != nil || s.size() != 1 {
		t.Errorf("after the window: %v, %d remembered", err, s.size())
	}
	l := newLastNonces(2)
	for _, c := range []struct {
		hotkey string
		nonce  int64
		want   error
	}{{"a", 5, nil}, {"b", 5, nil}, {"a", 5, errReplay}, {"a", 6, nil}, {"c", 5, nil}} {
		if err := l.advance(c.hotkey, "u", c.nonce); err != c.want {
			t.Errorf("%s %d: %v, want %v", c.hotkey, c.nonce, err, c.want)
		}
	}
	if _, known := l.get("b", "u"); known || len(l.last) != 2 || l.used.Len() != 2 {
		t.Error("the one used longest ago is not the one that went")
	}
}
