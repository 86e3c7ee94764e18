package objectstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// Limits of a Store.
const (
	MaxPut    = 5 << 30            // bytes; S3 takes no more in one signed request
	MinTTL    = time.Second        // of a presigned URL
	MaxTTL    = 7 * 24 * time.Hour // of a presigned URL, a limit of SigV4 (video §8)
	attempts  = 3                  // per request; the library's ten take a minute to admit defeat
	answerCap = time.Minute        // a store that has the request and says nothing is down
)

// ErrTooLarge is returned by Put for a body over the caller's limit; nothing was sent.
var ErrTooLarge = errors.New("body is larger than the limit")

// ErrNotFound is returned by Stat and Delete for a key that is not there.
var ErrNotFound = errors.New("no such object")

// ErrTTL is returned for a lifetime outside MinTTL..MaxTTL.
var ErrTTL = errors.New("lifetime of a presigned URL must be 1 s to 7 days")

// Object is what a store keeps under a key.
type Object struct {
	Key      string
	Size     int64     // bytes
	SHA256   string    // lower-case hex; empty in listings and for objects of another writer
	Modified time.Time // by the server's clock
}

// Store is one bucket. It is safe for concurrent use.
type Store struct {
	bucket string
	client *minio.Client
	public *minio.Client // signs the URLs that others get
}

// Open connects to the bucket a store URL names (see ParseURL) and makes sure that it exists and
// answers to the key. Errors: ErrStoreURL for the text, *OurFault for the store.
func Open(ctx context.Context, storeURL string) (*Store, error) {
	loc, err := ParseURL(storeURL)
	if err != nil {
		return nil, err
	}
	s := &Store{bucket: loc.Bucket}
	if s.client, err = newClient(loc.Endpoint, loc.TLS, loc); err != nil {
		return nil, err
	}
	s.public = s.client
	if loc.Public != "" {
		u, _ := url.Parse(loc.Public) // checked by ParseURL
		if s.public, err = newClient(u.Host, u.Scheme == "https", loc); err != nil {
			return nil, err
		}
	}
	exists, err := s.client.BucketExists(ctx, loc.Bucket)
	if err != nil {
		return nil, storeFault(ctx, "open "+loc.String(), err)
	}
	if !exists {
		return nil, &OurFault{StoreDenied, "open " + loc.String(), errors.New("no such bucket; create it first")}
	}
	return s, nil
}

func newClient(endpoint string, tls bool, loc Location) (*minio.Client, error) {
	transport, err := minio.DefaultTransport(tls)
	if err != nil {
		return nil, &OurFault{Misuse, "prepare " + loc.String(), err}
	}
	transport.ResponseHeaderTimeout = answerCap
	c, err := minio.New(endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(loc.Key, loc.Secret, ""),
		Secure:     tls,
		Region:     loc.Region,
		Transport:  transport,
		MaxRetries: attempts,
	})
	if err != nil {
		return nil, &OurFault{Misuse, "prepare " + loc.String(), err}
	}
	return c, nil
}

// Put stores what is left of body under key, at most limit bytes (and at most MaxPut). The body
// is read twice: once to measure it, once to send it under a signature over its SHA-256, so a
// body that changes in between is refused by the server.
// Errors: ErrKey, ErrTooLarge, *OurFault.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker, limit int64) (Object, error) {
	if err := CheckKey(key); err != nil {
		return Object{}, err
	}
	object, err := measure(body, min(limit, MaxPut))
	if err != nil {
		return Object{}, fmt.Errorf("put %s: %w", key, err)
	}
	object.Key = key
	core := minio.Core{Client: s.client}
	info, err := core.PutObject(ctx, s.bucket, key, body, object.Size, "", object.SHA256, minio.PutObjectOptions{
		ContentType:          "application/octet-stream",
		DisableContentSha256: true, // the library's own streaming form; ours signs the whole body
		UserMetadata:         map[string]string{"Sha256": object.SHA256},
	})
	if err != nil {
		return Object{}, storeFault(ctx, "put "+key, err)
	}
	object.Modified = info.LastModified
	return object, nil
}

// PutFile is Put of the file at path.
func (s *Store) PutFile(ctx context.Context, key, path string, limit int64) (Object, error) {
	f, err := os.Open(path)
	if err != nil {
		return Object{}, &OurFault{Disk, "put " + key, err}
	}
	defer f.Close()
	return s.Put(ctx, key, f, limit)
}

// measure hashes what is left of body and seeks back to where it was.
func measure(body io.ReadSeeker, limit int64) (Object, error) {
	start, err := body.Seek(0, io.SeekCurrent)
	if err != nil {
		return Object{}, &OurFault{Disk, "measure body", err}
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(body, limit+1))
	if err != nil {
		return Object{}, &OurFault{Disk, "read body", err}
	}
	if n > limit {
		return Object{}, fmt.Errorf("%w of %d bytes", ErrTooLarge, limit)
	}
	if _, err := body.Seek(start, io.SeekStart); err != nil {
		return Object{}, &OurFault{Disk, "rewind body", err}
	}
	return Object{Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// PresignGet makes a URL that anybody may read the object with until ttl is over.
// Errors: ErrKey, ErrTTL, *OurFault.
func (s *Store) PresignGet(ctx context.Context, key string, ttl time.Duration) (string, error) {
	if err := checkPresign(key, ttl); err != nil {
		return "", err
	}
	u, err := s.public.PresignedGetObject(ctx, s.bucket, key, ttl, nil)
	if err != nil {
		return "", storeFault(ctx, "presign "+key, err)
	}
	return u.String(), nil
}

// Upload is the right to PUT one body to URL with exactly these headers.
type Upload struct {
	URL    string
	Header http.Header
}

// PresignPut makes the right to upload one object of exactly size bytes with this SHA-256
// (lower-case hex). Both are under the signature, so another length or another body is refused.
// Errors: ErrKey, ErrTTL, *OurFault.
func (s *Store) PresignPut(ctx context.Context, key string, size int64, sha256Hex string, ttl time.Duration) (Upload, error) {
	if err := checkPresign(key, ttl); err != nil {
		return Upload{}, err
	}
	digest, err := hex.DecodeString(sha256Hex)
	if err != nil || len(digest) != sha256.Size || size < 0 || size > MaxPut {
		return Upload{}, &OurFault{Misuse, "presign " + key, fmt.Errorf("size %d, sha256 %.80q", size, sha256Hex)}
	}
	header := http.Header{
		"Content-Length":        {strconv.FormatInt(size, 10)},
		"X-Amz-Checksum-Sha256": {base64.StdEncoding.EncodeToString(digest)},
	}
	u, err := s.public.PresignHeader(ctx, http.MethodPut, s.bucket, key, ttl, nil, header)
	if err != nil {
		return Upload{}, storeFault(ctx, "presign "+key, err)
	}
	return Upload{URL: u.String(), Header: header}, nil
}

func checkPresign(key string, ttl time.Duration) error {
	if ttl < MinTTL || ttl > MaxTTL {
		return fmt.Errorf("presign %s for %s: %w", key, ttl, ErrTTL)
	}
	return CheckKey(key)
}

// Stat asks for one object. Errors: ErrKey, ErrNotFound, *OurFault.
func (s *Store) Stat(ctx context.Context, key string) (Object, error) {
	if err := CheckKey(key); err != nil {
		return Object{}, err
	}
	info, err := s.client.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
	if err != nil {
		return Object{}, storeFault(ctx, "stat "+key, err)
	}
	return Object{Key: key, Size: info.Size, SHA256: info.UserMetadata["Sha256"], Modified: info.LastModified}, nil
}

// Delete removes an object; one that is not there is no error.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	err := s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	if err = storeFault(ctx, "delete "+key, err); errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// List walks the objects under prefix ("" for all) in key order. It ends at the first error.
// Keys that CheckKey would refuse, put there by another tool, are listed as they are.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if err := checkPrefix(prefix); err != nil {
			yield(Object{}, err)
			return
		}
		ctx, stop := context.WithCancel(ctx)
		defer stop() // ends the library's goroutine when the caller breaks off
		for info := range s.client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
			if info.Err != nil {
				yield(Object{}, storeFault(ctx, "list "+prefix, info.Err))
				return
			}
			if strings.HasSuffix(info.Key, "/") {
				continue // a folder marker of the posix server, not an object
			}
			if !yield(Object{Key: info.Key, Size: info.Size, Modified: info.LastModified}, nil) {
				return
			}
		}
	}
}

// Expire deletes the objects under prefix last modified before olderThan, by the server's
// clock, and returns how many went. A miner calls it with now minus the lifetime of its URLs
// plus a margin (video §8). It stops at the first error; calling again goes on.
func (s *Store) Expire(ctx context.Context, prefix string, olderThan time.Time) (int, error) {
	var old []string
	for object, err := range s.List(ctx, prefix) {
		if err != nil {
			return 0, err
		}
		if object.Modified.Before(olderThan) {
			old = append(old, object.Key)
		}
	}
	for i, key := range old {
		if err := s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}); err != nil {
			return i, storeFault(ctx, "expire "+key, err)
		}
	}
	return len(old), nil
}

// storeFault says what an error of our own store means; nil stays nil.
func storeFault(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return &OurFault{Cancelled, op, ctx.Err()}
	}
	response := minio.ToErrorResponse(err)
	if response.Code == minio.NoSuchBucket {
		return &OurFault{StoreDenied, op, err}
	}
	switch response.StatusCode {
	case http.StatusNotFound:
		return fmt.Errorf("%s: %w", op, ErrNotFound)
	case http.StatusUnauthorized, http.StatusForbidden:
		return &OurFault{StoreDenied, op, err}
	case http.StatusInsufficientStorage:
		return &OurFault{Disk, op, err}
	}
	return &OurFault{StoreDown, op, err}
}
