package objectstore

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// DefaultRegion is used when the URL names none; the embedded server uses it too.
const DefaultRegion = "us-east-1"

// maxURL bounds the store URL and the URLs to fetch, in bytes. Presigned URLs of the large
// providers stay under 2 KiB.
const maxURL = 4096

// ErrStoreURL is wrapped by every complaint about a store URL. It never holds the secret.
var ErrStoreURL = errors.New("not a store URL; write s3://KEY:SECRET@HOST:PORT/BUCKET?region=us-east-1&tls=0")

// Location is what a store URL says.
type Location struct {
	Endpoint string // host or host:port
	TLS      bool   // default true; tls=0 turns it off
	Bucket   string
	Key      string // access key
	Secret   string
	Region   string

	// Public, when set (public=https://videos.example.org), is the scheme and host others reach
	// the store under, for instance a TLS proxy before the embedded server. A signature covers
	// the host, so presigned URLs must be made for it.
	Public string
}

// ParseURL reads s3://KEY:SECRET@HOST[:PORT]/BUCKET[?region=R&tls=0|1&public=URL].
func ParseURL(text string) (Location, error) {
	if len(text) > maxURL {
		return Location{}, fmt.Errorf("%w: %d bytes, want at most %d", ErrStoreURL, len(text), maxURL)
	}
	u, err := url.Parse(text)
	if err != nil {
		// url.Error repeats the text, which holds the secret.
		return Location{}, fmt.Errorf("%w: it does not parse; percent-encode special characters of the secret", ErrStoreURL)
	}
	loc := Location{Endpoint: u.Host, TLS: true, Bucket: strings.Trim(u.Path, "/"), Region: DefaultRegion}
	if u.User != nil {
		loc.Key = u.User.Username()
		loc.Secret, _ = u.User.Password()
	}
	if err := loc.readQuery(u.RawQuery); err != nil {
		return Location{}, err
	}
	if u.Scheme != "s3" || u.Fragment != "" || u.Opaque != "" {
		return Location{}, fmt.Errorf("%w: scheme %q", ErrStoreURL, u.Scheme)
	}
	return loc, loc.check()
}

func (l *Location) readQuery(raw string) error {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return fmt.Errorf("%w: its query does not parse", ErrStoreURL)
	}
	for name := range query {
		value := query.Get(name)
		switch name {
		case "region":
			l.Region = value
		case "tls":
			if l.TLS, err = strconv.ParseBool(value); err != nil {
				return fmt.Errorf("%w: tls=%q, want 0 or 1", ErrStoreURL, value)
			}
		case "public":
			l.Public = strings.TrimSuffix(value, "/")
		default:
			return fmt.Errorf("%w: unknown option %q", ErrStoreURL, name)
		}
	}
	return nil
}

func (l Location) check() error {
	switch {
	case l.Endpoint == "" || strings.HasPrefix(l.Endpoint, ":"):
		return fmt.Errorf("%w: the host is missing", ErrStoreURL)
	case l.Key == "" || l.Secret == "":
		return fmt.Errorf("%w: the access key or the secret is missing", ErrStoreURL)
	case l.Region == "":
		return fmt.Errorf("%w: the region is empty", ErrStoreURL)
	}
	if err := CheckBucket(l.Bucket); err != nil {
		return fmt.Errorf("%w: %w", ErrStoreURL, err)
	}
	if l.Public == "" {
		return nil
	}
	u, err := url.Parse(l.Public)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil ||
		(u.Scheme != "https" && u.Scheme != "http") {
		return fmt.Errorf("%w: public=%q, want https://HOST[:PORT]", ErrStoreURL, l.Public)
	}
	return nil
}

// CheckBucket accepts the bucket names every S3 accepts: 3 to 63 lower-case letters, digits
// and hyphens, with a letter or digit at both ends.
func CheckBucket(name string) error {
	if len(name) < 3 || len(name) > 63 {
		return fmt.Errorf("bucket %.70q has %d characters, want 3..63", name, len(name))
	}
	for i := range len(name) {
		c := name[i]
		if alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'; alnum {
			continue
		}
		if c != '-' || i == 0 || i == len(name)-1 {
			return fmt.Errorf("bucket %q: use lower-case letters, digits and inner hyphens", name)
		}
	}
	return nil
}

// String shows the location without its secret.
func (l Location) String() string {
	return fmt.Sprintf("s3://%s/%s", l.Endpoint, l.Bucket)
}

// GoString keeps the secret out of %#v.
func (l Location) GoString() string { return l.String() }
