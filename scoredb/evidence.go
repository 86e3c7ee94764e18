package scoredb

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ergon-network/ergon/keys"
)

// digestDomain separates these digests from everything else a hotkey signs.
const digestDomain = "ergon/score/v1"

// Signer signs with a validator's hotkey; *keys.Pair is one.
type Signer interface {
	Address() string // SS58
	Sign(message []byte) ([]byte, error)
}

// Digest is the canonical SHA-256 of a row: every column but the id and the signature, in the
// order of the table, each as name, type and value with their lengths, so that two different
// rows never give the same bytes. Times count in microseconds.
func (s Score) Digest() [sha256.Size]byte {
	var buf bytes.Buffer
	text := func(t string) {
		buf.Write(binary.BigEndian.AppendUint32(nil, uint32(len(t))))
		buf.WriteString(t)
	}
	number := func(tag byte, bits uint64) {
		buf.WriteByte(tag)
		buf.Write(binary.BigEndian.AppendUint64(nil, bits))
	}
	putReal := func(f float64) {
		if f == 0 {
			f = 0 // SQL keeps no negative zero
		}
		number('f', math.Float64bits(f))
	}
	text(digestDomain)
	for _, c := range s.columns() {
		if c.name == "id" || c.name == "signature" {
			continue
		}
		text(c.name)
		switch v := c.at.(type) {
		case *string:
			buf.WriteByte('s')
			text(*v)
		case *int:
			number('i', uint64(*v))
		case *int64:
			number('i', uint64(*v))
		case *bool:
			bit := uint64(0)
			if *v {
				bit = 1
			}
			number('b', bit)
		case *float64:
			putReal(*v)
		case **float64:
			if *v == nil {
				buf.WriteByte('-')
			} else {
				putReal(**v)
			}
		case *stamp:
			if t := time.Time(*v); t.IsZero() {
				buf.WriteByte('-')
			} else {
				number('t', uint64(t.UnixMicro()))
			}
		}
	}
	return sha256.Sum256(buf.Bytes())
}

// message is what is signed: readable, and never the hash of a transaction.
func (s Score) message() []byte {
	sum := s.Digest()
	return []byte(digestDomain + " " + hex.EncodeToString(sum[:]))
}

// Sign sets Validator and Signature. Every other field must be final.
func (s *Score) Sign(by Signer) error {
	s.Validator = by.Address()
	sig, err := by.Sign(s.message())
	if err != nil {
		return fmt.Errorf("sign the score of uid %d, task %s: %w", s.UID, s.Task, err)
	}
	s.Signature = hex.EncodeToString(sig)
	return nil
}

// Verify checks the signature of Validator over the row. Errors: ErrInvalid for a malformed
// address or signature, keys.ErrSignature for one that does not fit.
func (s Score) Verify() error {
	public, err := keys.ParseSS58(s.Validator)
	if err != nil {
		return fmt.Errorf("%w: validator: %w", ErrInvalid, err)
	}
	sig, err := hex.DecodeString(s.Signature)
	if err != nil || len(sig) != keys.SignatureSize {
		return fmt.Errorf("%w: signature %.140q is not %d hex bytes", ErrInvalid, s.Signature, keys.SignatureSize)
	}
	if err := keys.Verify(public, s.message(), sig); err != nil {
		return fmt.Errorf("score of uid %d, task %s by %s: %w", s.UID, s.Task, s.Validator, err)
	}
	return nil
}

// check judges a row's form; what it means is the subnet's business.
func (s *Score) check() error {
	if err := checkRow(s); err != nil {
		return err
	}
	for name, sum := range map[string]string{
		"reference_sha256": s.ReferenceSHA256, "result_sha256": s.ResultSHA256, "frame_digest": s.FrameDigest,
	} {
		if raw, err := hex.DecodeString(sum); err != nil || sum != strings.ToLower(sum) || (len(raw) != 0 && len(raw) != sha256.Size) {
			return fmt.Errorf("%w: %s %.80q is not 64 lower-case hex digits", ErrInvalid, name, sum)
		}
	}
	if s.ScoredAt.IsZero() || s.ReferenceBytes < 0 || s.ResultBytes < 0 || s.Frames < 0 {
		return fmt.Errorf("%w: uid %d, task %s: scored_at is missing or a count is negative", ErrInvalid, s.UID, s.Task)
	}
	return checkResponse(s.Round, s.UID, s.Hotkey, s.Task, s.Kind)
}

// checkResponse judges what names a response.
func checkResponse(round int64, uid int, hotkey, task, kind string) error {
	if round <= 0 || uid < 0 || uid > maxUID || task == "" || kind == "" {
		return fmt.Errorf("%w: round %d, uid %d, task %q, kind %q", ErrInvalid, round, uid, task, kind)
	}
	if _, err := keys.ParseSS58(hotkey); err != nil {
		return fmt.Errorf("%w: hotkey of uid %d: %w", ErrInvalid, uid, err)
	}
	return nil
}

// checkRow bounds every text and refuses numbers that are none.
func checkRow(r row) error {
	for _, c := range r.columns() {
		var err error
		switch v := c.at.(type) {
		case *string:
			err = checkText(c.name, *v)
		case *[]byte:
			if len(*v) > MaxPayload {
				err = fmt.Errorf("%d bytes, want at most %d", len(*v), MaxPayload)
			}
		case *float64:
			err = checkFinite(*v)
		case **float64:
			if *v != nil {
				err = checkFinite(**v)
			}
		}
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrInvalid, c.name, err)
		}
	}
	return nil
}

func checkText(name, text string) error {
	most := maxText
	if name == "error" {
		most = maxError
	}
	if len(text) > most {
		return fmt.Errorf("%d bytes, want at most %d", len(text), most)
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return errors.New("not clean UTF-8")
	}
	return nil
}

func checkFinite(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("%v is no number to store", f)
	}
	return nil
}

// Clip cuts an error text to what a row holds, at a character's border and with bytes that are
// no text replaced. Call it before Sign, since the text is under the signature.
func Clip(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if len(text) <= maxError {
		return text
	}
	cut := maxError
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
