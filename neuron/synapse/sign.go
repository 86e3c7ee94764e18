package synapse

import (
	"crypto/sha3"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"

	"github.com/ergon-network/ergon/keys"
)

// EmptyBodyHash is the hash of no fields: the SHA3-256 of nothing. A signature over it says nothing
// about the body (wire §0.3).
const EmptyBodyHash = "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"

// HashBody computes the hash over the schema's hash fields (wire §4.1): the SHA3-256 of the joined
// lower-case hex digests of each field's Python text.
func (m *Message) HashBody() string {
	if len(m.schema.HashFields) == 0 {
		return EmptyBodyHash
	}
	joined := make([]byte, 0, 64*len(m.schema.HashFields))
	for _, name := range m.schema.HashFields {
		digest := sha3.Sum256([]byte(PyStr(m.hashed(name))))
		joined = hex.AppendEncode(joined, digest[:])
	}
	digest := sha3.Sum256(joined)
	return hex.EncodeToString(digest[:])
}

func (m *Message) hashed(name string) any {
	switch name {
	case "name":
		return m.Name
	case "timeout":
		return m.Timeout
	case "total_size":
		return m.TotalSize
	case "header_size":
		return m.HeaderSize
	}
	v, _ := m.Fields.Get(name)
	return v
}

// SignedText is what a dendrite signs (wire §4.3). axonHotkey is the receiver's own.
func SignedText(nonce int64, dendriteHotkey, axonHotkey, uuid, bodyHash string) string {
	return strconv.FormatInt(nonce, 10) + "." + dendriteHotkey + "." + axonHotkey + "." + uuid + "." + bodyHash
}

// AnswerText is what our axons sign under AnswerSignature, so that an answer can be held against the
// hotkey that gave it, to the request it belongs to and to its content: the request's nonce, both
// hotkeys and uuid, then the SHA3-256 of the raw response body. The prefix keeps it apart from
// SignedText.
func AnswerText(nonce int64, dendriteHotkey, axonHotkey, uuid string, body []byte) string {
	return AnswerDigestText(nonce, dendriteHotkey, axonHotkey, uuid, sha3.Sum256(body))
}

// AnswerDigestText is AnswerText of an answer whose bytes have this SHA3-256: a streamed one, which
// carries the signature in a trailer of that name, over all its chunks.
func AnswerDigestText(nonce int64, dendriteHotkey, axonHotkey, uuid string, digest [32]byte) string {
	return "ergon-answer." + SignedText(nonce, dendriteHotkey, axonHotkey, uuid, hex.EncodeToString(digest[:]))
}

// ErrorText is what an axon signs in the headers of an error (wire §2.3).
func ErrorText(nonce int64, dendriteHotkey, axonHotkey, axonUUID string) string {
	return strconv.FormatInt(nonce, 10) + "." + dendriteHotkey + "." + axonHotkey + "." + axonUUID
}

// ErrSignature is wrapped by errors of CheckSignature.
var ErrSignature = errors.New("signature mismatch")

// Sign signs text and returns the header form, 0x and 128 hex digits.
func Sign(key *keys.Pair, text string) (string, error) {
	sig, err := key.Sign([]byte(text))
	if err != nil {
		return "", err
	}
	return "0x" + hex.EncodeToString(sig), nil
}

// CheckSignature verifies the header form of a signature of text by a public key.
func CheckSignature(public []byte, text, signature string) error {
	if len(signature) != 2+2*keys.SignatureSize || signature[:2] != "0x" {
		return fmt.Errorf("%w: a signature is 0x and %d hex digits", ErrSignature, 2*keys.SignatureSize)
	}
	raw, err := hex.DecodeString(signature[2:])
	if err != nil {
		return fmt.Errorf("%w: not hex", ErrSignature)
	}
	if err := keys.Verify(public, []byte(text), raw); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}
