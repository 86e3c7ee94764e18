package objectstore

import "fmt"

// Reason is a short stable code for a fault, fit for a database column or a metric label.
type Reason string

// Reasons of a PeerFault: the one who gave the URL is to blame.
const (
	BadURL      Reason = "bad_url"      // not a URL we fetch: scheme, length, user info, no host
	BadDigest   Reason = "bad_digest"   // the announced size or SHA-256 is malformed
	RefusedHost Reason = "refused_host" // private, loopback, link-local, metadata, or not on the list
	Unreachable Reason = "unreachable"  // no such name, connection refused, failed TLS
	Redirected  Reason = "redirected"   // a redirect to another host, or too many
	Denied      Reason = "denied"       // 401 or 403: expired, tampered or never valid
	NotFound    Reason = "not_found"    // 404 or 410
	Unavailable Reason = "unavailable"  // 429 or 5xx
	BadStatus   Reason = "bad_status"   // any other answer than 200
	TooBig      Reason = "too_big"      // more bytes than the limit
	TooSlow     Reason = "too_slow"     // past the total time, or below the least speed
	Truncated   Reason = "truncated"    // the body ended before its announced length
	WrongSize   Reason = "wrong_size"   // not the announced size
	WrongHash   Reason = "wrong_hash"   // not the announced SHA-256
)

// Reasons of an OurFault: nobody's score may suffer.
const (
	Disk        Reason = "disk"         // the file could not be written
	Network     Reason = "network"      // our own network has no way out
	StoreDown   Reason = "store_down"   // our own object store does not answer
	StoreDenied Reason = "store_denied" // our own object store refuses our key
	Cancelled   Reason = "cancelled"    // the caller gave up
	Misuse      Reason = "misuse"       // a local option or path is wrong
)

// PeerFault is an error for which the one who gave the URL is to blame: a validator scores it 0.
type PeerFault struct {
	Reason Reason
	URL    string // without its query: a presigned URL is a secret
	Err    error
}

func (f *PeerFault) Error() string {
	return fmt.Sprintf("fetch %s: %s: %v", f.URL, f.Reason, f.Err)
}

func (f *PeerFault) Unwrap() error { return f.Err }

// OurFault is an error on this side of the wire: a validator skips the response.
type OurFault struct {
	Reason Reason
	Op     string // what was being done
	Err    error
}

func (f *OurFault) Error() string { return fmt.Sprintf("%s: %s: %v", f.Op, f.Reason, f.Err) }

func (f *OurFault) Unwrap() error { return f.Err }
