package objectstore

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A full disk is ours, whoever filled it: /dev/full fails every write with ENOSPC.
func TestFullDiskIsOurFault(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("x")) }))
	defer s.Close()
	f, err := NewFetcher(FetcherOptions{AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link := filepath.Join(dir, "full")
	if err := os.Symlink("/dev/full", link); err != nil { // so that removal takes the link
		t.Fatal(err)
	}
	f.create = func(string) (*os.File, error) { return os.OpenFile(link, os.O_WRONLY, 0) }
	_, err = f.Fetch(t.Context(), Request{URL: s.URL, Path: filepath.Join(dir, "f")})
	var ours *OurFault
	if !errors.As(err, &ours) || ours.Reason != Disk || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("got %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Fatalf("left behind: %v", entries)
	}
}

func TestPublicAddresses(t *testing.T) {
	public := []string{"1.1.1.1", "93.184.215.14", "172.15.255.255", "172.32.0.1", "192.169.0.1", "100.63.255.255",
		"100.128.0.1", "198.17.0.1", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"}
	private := []string{"0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
		"169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.0.1", "198.18.0.1", "224.0.0.1",
		"239.1.1.1", "240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1",
		"::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "fc00::1",
		"fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2606:4700::1111%eth0", "fec0::1", "ff02::1"}
	for want, list := range map[bool][]string{true: public, false: private} {
		for _, text := range list {
			if got := Public(netip.MustParseAddr(text)); got != want {
				t.Errorf("Public(%s) = %v", text, got)
			}
		}
	}
}

// A miner reachable over IPv6 only must not turn a validator without IPv6 into a skip.
func TestLocalFailures(t *testing.T) {
	dial := func(ip string, err error) error {
		return &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.ParseIP(ip), Port: 443}, Err: os.NewSyscallError("connect", err)}
	}
	cases := []struct {
		err  error
		want bool
	}{
		{dial("93.184.215.14", syscall.EMFILE), true},
		{dial("2606:4700::1111", syscall.EMFILE), true},
		{dial("93.184.215.14", syscall.ENETUNREACH), true},
		{dial("2606:4700::1111", syscall.ENETUNREACH), false},
		{dial("93.184.215.14", syscall.ECONNREFUSED), false},
		{dial("93.184.215.14", syscall.EHOSTUNREACH), false},
	}
	for _, c := range cases {
		if got := localFailure(c.err); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("s3://key:secret@127.0.0.1:9000/bucket?region=eu&tls=0")
	f.Add("s3://k:s@h/b-c?public=https%3A%2F%2Fv.example.org")
	f.Add("s3://k:%zz@h/bucket")
	f.Fuzz(func(t *testing.T, text string) {
		loc, err := ParseURL(text)
		if err != nil {
			if !errors.Is(err, ErrStoreURL) {
				t.Fatalf("unmarked error %v", err)
			}
			return
		}
		if CheckBucket(loc.Bucket) != nil || loc.Key == "" || loc.Secret == "" || loc.Endpoint == "" {
			t.Fatalf("accepted %q as %+v", text, loc)
		}
	})
}

func FuzzCheckKey(f *testing.F) {
	for _, seed := range []string{"a/b.mp4", "../a", "a//b", ".x", "meta/x", "a\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if CheckKey(key) != nil {
			return
		}
		if !filepath.IsLocal(key) || filepath.Clean(key) != key || strings.ContainsAny(key, "\\\x00%?#") {
			t.Fatalf("accepted %q", key)
		}
	})
}

func TestParseURLKeepsTheSecret(t *testing.T) {
	loc, err := ParseURL("s3://key:p%2Fss@host:9000/bucket?tls=0&region=eu-west-1")
	want := Location{Endpoint: "host:9000", Bucket: "bucket", Key: "key", Secret: "p/ss", Region: "eu-west-1"}
	if err != nil || loc != want {
		t.Fatalf("%v, %v", loc, err)
	}
	if strings.Contains(loc.String(), "ss") {
		t.Fatal("String tells the secret")
	}
	for _, bad := range []string{"", "http://k:hush@h/bucket", "s3://k:hush@h/", "s3://hush@h/bucket", "s3://k:hush@/bucket", "s3://k:hush@h/Bucket",
		"s3://k:hush@h/b/c/d", "s3://k:hush@h/bucket?tls=maybe", "s3://k:hush@h/bucket?typo=1", "s3://k:hu%sh@h/bucket",
		"s3://k:hush@h/bucket?public=ftp://x", "s3://k:hush@h/bucket?region="} {
		_, err := ParseURL(bad)
		if !errors.Is(err, ErrStoreURL) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
