package objectstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ergon-network/ergon/objectstore"
	"github.com/ergon-network/ergon/objectstore/server"
	"github.com/ergon-network/ergon/objectstore/server/servertest"
)

func TestMain(m *testing.M) {
	servertest.Child()
	os.Exit(m.Run())
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func openStore(t *testing.T, storeURL string) *objectstore.Store {
	t.Helper()
	store, err := objectstore.Open(t.Context(), storeURL)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func put(t *testing.T, store *objectstore.Store, key string, data []byte) objectstore.Object {
	t.Helper()
	object, err := store.Put(t.Context(), key, bytes.NewReader(data), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func localFetcher(t *testing.T, change func(*objectstore.FetcherOptions)) *objectstore.Fetcher {
	t.Helper()
	opts := objectstore.FetcherOptions{AllowLoopback: true}
	if change != nil {
		change(&opts)
	}
	f, err := objectstore.NewFetcher(opts)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func wantPeer(t *testing.T, err error, reason objectstore.Reason) {
	t.Helper()
	var peer *objectstore.PeerFault
	if !errors.As(err, &peer) || peer.Reason != reason {
		t.Fatalf("got %v, want the peer's fault %q", err, reason)
	}
}

func wantOurs(t *testing.T, err error, reason objectstore.Reason) {
	t.Helper()
	var ours *objectstore.OurFault
	if !errors.As(err, &ours) || ours.Reason != reason {
		t.Fatalf("got %v, want our fault %q", err, reason)
	}
}

// onlyFile checks that a folder holds nothing but the named files.
func onlyFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, names) {
		t.Fatalf("folder holds %q, want %q", got, names)
	}
}

// The whole road of a result: put, presign, fetch with the announced size and hash.
func TestPutPresignFetch(t *testing.T) {
	for _, sidecar := range []bool{false, true} {
		t.Run(fmt.Sprintf("sidecar=%v", sidecar), func(t *testing.T) {
			account, err := server.NewAccount("miner-1", bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			s3 := servertest.StartIn(t, dir, "127.0.0.1:0", sidecar, []server.Account{account})
			store := openStore(t, s3.URL("miner-1"))
			data := bytes.Repeat([]byte("frames "), 40_000)
			object := put(t, store, "results/3f/result.mp4", data)
			if object.SHA256 != digest(data) || object.Size != int64(len(data)) {
				t.Fatalf("stored %+v", object)
			}
			stat, err := store.Stat(t.Context(), object.Key)
			if err != nil || stat.SHA256 != object.SHA256 || stat.Size != object.Size {
				t.Fatalf("stat %+v, %v", stat, err)
			}
			link, err := store.PresignGet(t.Context(), object.Key, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "result.mp4")
			got, err := localFetcher(t, nil).Fetch(t.Context(), objectstore.Request{
				URL: link, Path: path, Size: object.Size, SHA256: object.SHA256,
			})
			if err != nil || got.SHA256 != object.SHA256 || got.Size != object.Size {
				t.Fatalf("fetched %+v, %v", got, err)
			}
			if on, err := os.ReadFile(path); err != nil || !bytes.Equal(on, data) {
				t.Fatalf("file differs: %v", err)
			}
			onlyFiles(t, filepath.Dir(path), "result.mp4")

			// The data survives a restart with another key for the same bucket.
			s3.Stop()
			again := account
			again.Key, again.Secret = "another-key", "another-secret-0001"
			s3 = servertest.StartIn(t, dir, "127.0.0.1:0", false, []server.Account{again})
			if stat, err := openStore(t, s3.URL("miner-1")).Stat(t.Context(), object.Key); err != nil || stat.SHA256 != object.SHA256 {
				t.Fatalf("after a restart: %+v, %v", stat, err)
			}
			_, err = objectstore.Open(t.Context(), account.URL(s3.Addr))
			wantOurs(t, err, objectstore.StoreDenied)
		})
	}
}

func TestListDeleteExpire(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	for _, key := range []string{"a/1", "a/2", "a/b/3", "c"} {
		put(t, store, key, []byte(key))
	}
	list := func(prefix string) (keys []string, newest time.Time) {
		for object, err := range store.List(t.Context(), prefix) {
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, object.Key)
			if object.Modified.After(newest) {
				newest = object.Modified
			}
		}
		return keys, newest
	}
	all, newest := list("")
	if want := []string{"a/1", "a/2", "a/b/3", "c"}; !slices.Equal(all, want) {
		t.Fatalf("listed %q, want %q", all, want)
	}
	if n, err := store.Expire(t.Context(), "", newest.Add(-time.Hour)); n != 0 || err != nil {
		t.Fatalf("young objects expired: %d, %v", n, err)
	}
	if n, err := store.Expire(t.Context(), "a/", newest.Add(time.Second)); n != 3 || err != nil {
		t.Fatalf("expired %d, %v, want 3", n, err)
	}
	if left, _ := list(""); !slices.Equal(left, []string{"c"}) {
		t.Fatalf("left %q", left)
	}
	for range 2 { // deleting what is gone is no error
		if err := store.Delete(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Stat(t.Context(), "c"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Fatalf("stat of a deleted object: %v", err)
	}
}

func TestPresignedLinkExpires(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	object := put(t, store, "r", []byte("short-lived"))
	link, err := store.PresignGet(t.Context(), object.Key, objectstore.MinTTL)
	if err != nil {
		t.Fatal(err)
	}
	req := objectstore.Request{URL: link, Path: filepath.Join(t.TempDir(), "r")}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	for err = nil; err == nil; {
		_, err = localFetcher(t, nil).Fetch(ctx, req)
	}
	wantPeer(t, err, objectstore.Denied)
}

func TestTamperedLinksAreDenied(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	put(t, store, "mine", []byte("mine"))
	put(t, store, "other", []byte("other"))
	link, err := store.PresignGet(t.Context(), "mine", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"signature": link[:len(link)-1] + flip(link[len(link)-1]),
		"key":       strings.Replace(link, "/mine?", "/other?", 1),
		"lifetime":  strings.Replace(link, "X-Amz-Expires=60", "X-Amz-Expires=6000", 1),
		"none":      strings.Split(link, "?")[0],
	}
	for name, changed := range cases {
		t.Run(name, func(t *testing.T) {
			if changed == link {
				t.Fatal("nothing was tampered with")
			}
			dir := t.TempDir()
			_, err := localFetcher(t, nil).Fetch(t.Context(), objectstore.Request{URL: changed, Path: filepath.Join(dir, "f")})
			wantPeer(t, err, objectstore.Denied)
			onlyFiles(t, dir)
			if strings.Contains(err.Error(), "X-Amz") {
				t.Fatalf("the error repeats the signature: %v", err)
			}
		})
	}
}

func flip(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}

func TestKeysOpenOnlyTheirBucket(t *testing.T) {
	s3 := servertest.Start(t, "miner-1", "miner-2")
	owner := openStore(t, s3.URL("miner-1"))
	put(t, owner, "secret", []byte("x"))
	thief, victim := s3.Accounts[1], s3.Accounts[0]
	thief.Bucket = victim.Bucket
	_, err := objectstore.Open(t.Context(), thief.URL(s3.Addr))
	wantOurs(t, err, objectstore.StoreDenied)

	wrong := victim
	wrong.Secret = strings.Repeat("0", 40)
	_, err = objectstore.Open(t.Context(), wrong.URL(s3.Addr))
	wantOurs(t, err, objectstore.StoreDenied)

	// A link signed with the thief's key for the victim's object.
	own := openStore(t, s3.URL("miner-2"))
	link, err := own.PresignGet(t.Context(), "secret", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, err = localFetcher(t, nil).Fetch(t.Context(), objectstore.Request{
		URL: strings.Replace(link, "/miner-2/", "/miner-1/", 1), Path: filepath.Join(t.TempDir(), "f"),
	})
	wantPeer(t, err, objectstore.Denied)
	_, err = objectstore.Open(t.Context(), server.Account{Bucket: "no-such-bucket", Key: victim.Key, Secret: victim.Secret}.URL(s3.Addr))
	wantOurs(t, err, objectstore.StoreDenied)
}

func TestPutLimits(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	if _, err := store.Put(t.Context(), "big", strings.NewReader("12345"), 4); !errors.Is(err, objectstore.ErrTooLarge) {
		t.Fatalf("got %v", err)
	}
	if _, err := store.Stat(t.Context(), "big"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Fatalf("a refused body was stored: %v", err)
	}
	if _, err := store.Put(t.Context(), "fits", strings.NewReader("1234"), 4); err != nil {
		t.Fatal(err)
	}
	if object := put(t, store, "empty", nil); object.Size != 0 || object.SHA256 != digest(nil) {
		t.Fatalf("empty object: %+v", object)
	}
	for _, key := range []string{"", "../x", "a/../b", "/a", "a//b", "a/", ".hidden", "meta/acl", "ä", "a b", strings.Repeat("k", 513)} {
		if _, err := store.Put(t.Context(), key, strings.NewReader("x"), 1); !errors.Is(err, objectstore.ErrKey) {
			t.Errorf("key %.20q: %v", key, err)
		}
		if _, err := store.PresignGet(t.Context(), key, time.Minute); !errors.Is(err, objectstore.ErrKey) {
			t.Errorf("presign of key %.20q: %v", key, err)
		}
	}
	for _, ttl := range []time.Duration{0, time.Millisecond, 8 * 24 * time.Hour} {
		if _, err := store.PresignGet(t.Context(), "fits", ttl); !errors.Is(err, objectstore.ErrTTL) {
			t.Errorf("ttl %s: %v", ttl, err)
		}
	}
}

// A body that changes between measuring and sending must not be stored under the wrong hash.
func TestPutRefusesAChangingBody(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	_, err := store.Put(t.Context(), "r", &changing{Reader: strings.NewReader("first")}, 100)
	var ours *objectstore.OurFault
	if !errors.As(err, &ours) {
		t.Fatalf("got %v", err)
	}
	if _, err := store.Stat(t.Context(), "r"); !errors.Is(err, objectstore.ErrNotFound) {
		t.Fatalf("stored: %v", err)
	}
}

type changing struct{ *strings.Reader }

func (c *changing) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		c.Reader = strings.NewReader("secnd")
	}
	return c.Reader.Seek(offset, whence)
}

func TestPresignPutBindsSizeAndHash(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	good := []byte("12345")
	upload, err := store.PresignPut(t.Context(), "in/up", int64(len(good)), digest(good), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	send := func(body []byte) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, upload.URL, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = upload.Header.Clone()
		response, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	for _, bad := range []string{"123456789", "1234", "54321"} {
		if code := send([]byte(bad)); code < 400 {
			t.Errorf("body %q was accepted with %d", bad, code)
		}
		if _, err := store.Stat(t.Context(), "in/up"); !errors.Is(err, objectstore.ErrNotFound) {
			t.Fatalf("body %q was stored: %v", bad, err)
		}
	}
	if code := send(good); code != http.StatusOK {
		t.Fatalf("the right body got %d", code)
	}
}

// The signature covers the host, so links for the outside are signed for the public name.
func TestPublicNameInLinks(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1")+"&public="+url.QueryEscape("https://videos.example.org"))
	link, err := store.PresignGet(t.Context(), "r", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(link, "https://videos.example.org/miner-1/r?") {
		t.Fatalf("link %s", link)
	}
}

func TestStoreDownIsOurFault(t *testing.T) {
	s3 := servertest.Start(t, "miner-1")
	store := openStore(t, s3.URL("miner-1"))
	put(t, store, "r", []byte("x"))
	link, err := store.PresignGet(t.Context(), "r", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	s3.Stop()
	_, err = store.Put(t.Context(), "s", strings.NewReader("x"), 1)
	wantOurs(t, err, objectstore.StoreDown)
	_, err = objectstore.Open(t.Context(), s3.URL("miner-1"))
	wantOurs(t, err, objectstore.StoreDown)
	for _, err := range store.List(t.Context(), "") {
		wantOurs(t, err, objectstore.StoreDown)
	}

	req := objectstore.Request{URL: link, Path: filepath.Join(t.TempDir(), "f")}
	own := localFetcher(t, func(o *objectstore.FetcherOptions) { o.Own = []string{s3.Addr.String()} })
	_, err = own.Fetch(t.Context(), req)
	wantOurs(t, err, objectstore.StoreDown)
	_, err = localFetcher(t, nil).Fetch(t.Context(), req) // somebody else's store
	wantPeer(t, err, objectstore.Unreachable)
	offline := localFetcher(t, func(o *objectstore.FetcherOptions) {
		o.Online = func(context.Context) error { return errors.New("no answer from anywhere") }
	})
	_, err = offline.Fetch(t.Context(), req)
	wantOurs(t, err, objectstore.Network)
}
