package dendrite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// Status numbers as the SDK gives them (wire §6.1).
const (
	StatusSuccess     = 200
	StatusTimeout     = 408
	StatusUnparsed    = 422
	StatusUnavailable = 503
)

var (
	// ErrAddress: the target's address is unusable or not allowed.
	ErrAddress = errors.New("target address")
	// ErrRefused: the axon answered with another status than 200.
	ErrRefused = errors.New("refused by the axon")
	// ErrAnswer: the answer is too large, does not parse, or its signature is wrong.
	ErrAnswer = errors.New("bad answer")
	// ErrTimeout: no whole answer within the timeout.
	ErrTimeout = errors.New("request timeout")
	// ErrUnavailable: nobody there, or the connection broke.
	ErrUnavailable = errors.New("service unavailable")
	// ErrLocal: the question was not sent, through this side's fault: other targets of a Query used
	// up its time (then ErrTimeout too), or this machine has no sockets or no network. Says nothing
	// about the target: do not score it. Nothing a target does leads here, or it could choose not
	// to be scored; that its own slots are taken is its slowness, and ErrTimeout alone.
	ErrLocal = errors.New("not sent, by this side's fault")
)

// OpenError is the refusal of an open circuit: the question was not sent, because the target failed
// Failures times in a row. It wraps ErrUnavailable.
type OpenError struct {
	Target   Target
	Failures int
	Until    time.Time // when a call is let through again
}

func (e *OpenError) Error() string {
	return fmt.Sprintf("%v at %s: %d calls in a row failed, the next one is sent after %s",
		ErrUnavailable, e.Target.Address, e.Failures, e.Until.UTC().Format(time.RFC3339))
}

// Unwrap is ErrUnavailable.
func (e *OpenError) Unwrap() error { return ErrUnavailable }

// refused is an answer with another status than 200.
type refused struct {
	status  int
	message string
}

func (r *refused) Error() string { return fmt.Sprintf("%v: %d %s", ErrRefused, r.status, r.message) }
func (r *refused) Unwrap() error { return ErrRefused }

// refusal reads why: from the body of an error, or from the header where a handler of the SDK chose
// the status and sent its whole message.
func refusal(response *http.Response, body []byte) error {
	r := &refused{status: response.StatusCode}
	if v, err := synapse.ParseJSON(body); err == nil {
		if d, ok := v.(*synapse.Dict); ok {
			text, _ := d.Get("message")
			r.message, _ = text.(string)
		}
	}
	if head, err := synapse.ParseHeaders(response.Header, true); err == nil && r.message == "" {
		r.message = head.Axon.StatusMessage
	}
	r.message = synapse.PrintableASCII(r.message)
	return r
}

// ourFault are the errors of a machine that has run out of sockets or has no network. ENETUNREACH and
// EADDRNOTAVAIL are none: a target gets them by publishing an address that leads nowhere from here.
var ourFault = []error{syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM, syscall.ENETDOWN}

// ended says whose end the end of a context was.
func ended(cause error) error {
	if errors.Is(cause, ErrTimeout) {
		return cause
	}
	return fmt.Errorf("the caller gave up: %w", cause)
}

func netError(ctx context.Context, target Target, name string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return ended(cause)
	}
	for _, ours := range ourFault {
		if errors.Is(err, ours) {
			return fmt.Errorf("%w: %w", ErrLocal, err)
		}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() && !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return fmt.Errorf("%w at %s/%s: %w", ErrUnavailable, target.Address, name, err)
}

// statusOf maps an error to the SDK's numbers and, as far as they say the same, to its words.
func statusOf(err error) (int, string) {
	var r *refused
	switch {
	case err == nil:
		return StatusSuccess, ""
	case errors.Is(err, ErrStopped):
		return StatusSuccess, err.Error()
	case errors.As(err, &r):
		return r.status, r.message
	case errors.Is(err, ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return StatusTimeout, sentence(err)
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrAddress), errors.Is(err, ErrLocal), errors.Is(err, context.Canceled):
		return StatusUnavailable, sentence(err)
	}
	return StatusUnparsed, sentence(err)
}

// sentence is an error's text as a message.
func sentence(err error) string {
	text := err.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// verdictOf says what a call that was sent tells about its target. A timeout that queueing had
// mostly used up tells nothing, nor does a caller who gave up.
func verdictOf(ctx context.Context, err error, t *timing) verdict {
	switch {
	case err == nil, t.heard, errors.Is(err, ErrRefused), errors.Is(err, ErrAnswer):
		return alive
	case errors.Is(context.Cause(ctx), ErrTimeout) && t.elapsed < t.waited:
		return unknown
	case errors.Is(err, ErrTimeout), errors.Is(err, ErrUnavailable):
		return failed
	}
	return unknown
}
