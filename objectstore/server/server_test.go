package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func account(bucket string) Account {
	return Account{Bucket: bucket, Key: "key-of-" + bucket, Secret: "secret-0123456789"}
}

func TestRunRefusesBadOptions(t *testing.T) {
	one := []Account{account("miner-1")}
	cases := []struct {
		name string
		opts Options
		want string
	}{
		{"no folder", Options{Listen: "127.0.0.1:0", Accounts: one}, "no data folder"},
		{"no accounts", Options{Dir: t.TempDir(), Listen: "127.0.0.1:0"}, "bad accounts"},
		{"every interface", Options{Dir: t.TempDir(), Listen: "0.0.0.0:0", Accounts: one}, "not a loopback address"},
		{"no host", Options{Dir: t.TempDir(), Listen: ":0", Accounts: one}, "not a loopback address"},
		{"public without TLS", Options{Dir: t.TempDir(), Listen: "0.0.0.0:0", Accounts: one, Public: true}, "needs TLS"},
		{"bad address", Options{Dir: t.TempDir(), Listen: "nonsense", Accounts: one}, "listen on"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := Run(t.Context(), c.opts); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestOneRunInAProcess(t *testing.T) {
	ran.Store(true)
	defer ran.Store(false)
	err := Run(t.Context(), Options{Dir: t.TempDir(), Listen: "127.0.0.1:0", Accounts: []Account{account("miner-1")}})
	if !errors.Is(err, ErrRunning) {
		t.Fatalf("got %v", err)
	}
}

func TestAccountsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.json")
	var want []Account
	for i := range 3 {
		a, err := NewAccount(fmt.Sprintf("miner-%d", i), bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 32)))
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, a)
	}
	if err := SaveAccounts(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := LoadAccounts(path)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%v, %v", got, err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v %s", want[0], want[0], want[0], want[0]), want[0].Secret) {
		t.Fatal("a print tells the secret")
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadAccounts(path); !errors.Is(err, ErrAccounts) {
		t.Fatalf("a file for everybody's eyes: %v", err)
	}
}

func TestBadAccounts(t *testing.T) {
	cases := map[string][]Account{
		"none":         {},
		"same bucket":  {account("aaa"), {"aaa", "other-key", "secret-0123456789"}},
		"same key":     {account("aaa"), {"bbb", "key-of-aaa", "secret-0123456789"}},
		"bucket":       {account("A")},
		"traversal":    {account("../x")},
		"short secret": {{"aaa", "key", "short"}},
		"colon":        {{"aaa", "k:y", "secret-0123456789"}},
		"health check": {account("healthz")},
	}
	for name, accounts := range cases {
		raw, err := json.Marshal(accounts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseAccounts(raw); !errors.Is(err, ErrAccounts) {
			t.Errorf("%s: %v", name, err)
		}
		if err := SaveAccounts(filepath.Join(t.TempDir(), "a"), accounts); !errors.Is(err, ErrAccounts) {
			t.Errorf("save %s: %v", name, err)
		}
	}
}

func FuzzParseAccounts(f *testing.F) {
	f.Add([]byte(`[{"bucket":"miner-1","key":"abc","secret":"0123456789abcdef"}]`))
	f.Add([]byte(`[{},{}]`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		accounts, err := ParseAccounts(raw)
		if err != nil {
			if !errors.Is(err, ErrAccounts) {
				t.Fatalf("unmarked error %v", err)
			}
			return
		}
		again, err := json.Marshal(accounts)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseAccounts(again); err != nil || !reflect.DeepEqual(back, accounts) {
			t.Fatalf("%v does not come back: %v, %v", accounts, back, err)
		}
	})
}
