package axon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/mr-tron/base58"
	"golang.org/x/crypto/blake2b"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

const maxUUID = 64 // characters; a UUID has 36

// nonceRule is the freshness check (wire §4.4). All times are Unix nanoseconds.
type nonceRule struct {
	skew       int64
	maxTimeout int64
	floor      int64 // nonces below it may be from an earlier process whose memory is lost
	compat     Compat
}

// window is how old a nonce may be for a request with this timeout in seconds.
func (n *nonceRule) window(timeout float64) int64 {
	t := int64(min(timeout, 1e9) * float64(time.Second))
	if !n.compat.UnclampedTimeouts {
		t = min(t, n.maxTimeout)
	}
	return n.skew + t
}

// check tells why a nonce is not fresh. stored is the last nonce of this dendrite under
// Compat.MonotonicNonces, else nil.
func (n *nonceRule) check(nonce int64, timeout float64, version, now int64, stored *int64) error {
	if nonce <= 0 {
		return errors.New("Missing Nonce")
	}
	if ahead := nonce - now; ahead > n.skew && !n.compat.FutureNonces {
		return fmt.Errorf("Nonce is too new: the sender's clock is %.2f seconds ahead and at most %.2f are accepted; set the clock", seconds(ahead), seconds(n.skew))
	}
	if stored != nil {
		if nonce <= *stored {
			return errors.New("Nonce is too old, a newer one was last processed")
		}
		return nil
	}
	if n.compat.OldVersions && version < synapse.FreshVersion {
		return nil
	}
	if w := n.window(timeout); nonce <= now-w {
		return fmt.Errorf("Nonce is too old: acceptable delta is %.2f seconds but request was %.2f seconds old", seconds(w), seconds(now-nonce))
	}
	if nonce < n.floor && !n.compat.NoncesBeforeStart {
		return errors.New("Nonce is too old: it is from before this server started; send the request anew")
	}
	return nil
}

func seconds(ns int64) float64 { return float64(ns) / float64(time.Second) }

// verify checks that the claimed hotkey signed this request for this axon just now. It changes no
// state.
func (x *exchange) verify(context.Context) *Error {
	err := x.checkIdentity()
	if err == nil && x.route.verify != nil {
		err = x.route.verify(x.call)
	}
	if err != nil {
		return &Error{Status: 401, Message: "Not Verified with error: " + err.Error()}
	}
	return nil
}

func (x *exchange) checkIdentity() error {
	d, compat := &x.head.Dendrite, &x.axon.options.Compat
	if d.Hotkey == "" {
		return errors.New("No SS58 formatted address or public key provided.")
	}
	public, err := parseAddress(d.Hotkey, compat.ForeignAddresses)
	if err != nil {
		return err
	}
	x.public = [32]byte(public)
	if len(d.UUID) > maxUUID {
		return fmt.Errorf("uuid has %d characters, at most %d", len(d.UUID), maxUUID)
	}
	now := x.call.Started.UnixNano()
	x.axon.metrics.skew(seconds(now - d.Nonce))
	var stored *int64
	if compat.MonotonicNonces {
		if last, ok := x.axon.last.get(d.Hotkey, d.UUID); ok {
			stored = &last
		}
	}
	if err := x.axon.nonces.check(d.Nonce, x.head.Timeout, d.Version, now, stored); err != nil {
		return err
	}
	if d.Signature == "" {
		if compat.Unsigned {
			return nil
		}
		return errors.New("Missing Signature")
	}
	text := synapse.SignedText(d.Nonce, d.Hotkey, x.axon.hotkey, d.UUID, x.head.BodyHash)
	if err := synapse.CheckSignature(public, text, d.Signature); err != nil {
		return fmt.Errorf("Signature mismatch with %s and %s", synapse.PrintableASCII(text), synapse.PrintableASCII(d.Signature))
	}
	x.call.Verified = true
	return nil
}

// remember makes this request the only one of its nonce.
func (x *exchange) remember(context.Context) *Error {
	d := &x.head.Dendrite
	var err error
	if x.axon.options.Compat.MonotonicNonces {
		err = x.axon.last.advance(d.Hotkey, d.UUID, d.Nonce)
	} else {
		err = x.axon.replay.add(x.public, d.UUID, d.Nonce, x.call.Started.UnixNano())
	}
	switch {
	case errors.Is(err, errReplay), errors.Is(err, errForgotten):
		return &Error{Status: 401, Message: "Not Verified with error: " + err.Error()}
	case err != nil:
		return &Error{Status: 503, Message: err.Error()}
	}
	if x.call.Verified {
		x.connection.proven(x.public)
	}
	return nil
}

// parseAddress reads a hotkey. The text itself is signed and is the replay key, so only its
// canonical form counts.
func parseAddress(text string, foreign bool) ([]byte, error) {
	id, err := keys.ParseSS58(text)
	if err == nil || !foreign || len(text) > 64 {
		return id, err
	}
	raw, decodeErr := base58.Decode(text)
	if decodeErr != nil || len(raw) < 35 || len(raw) > 36 || base58.Encode(raw) != text {
		return nil, err
	}
	body := raw[:len(raw)-2]
	sum := blake2b.Sum512(append([]byte("SS58PRE"), body...))
	if !bytes.Equal(sum[:2], raw[len(raw)-2:]) {
		return nil, err
	}
	return body[len(body)-keys.PublicSize:], nil
}
