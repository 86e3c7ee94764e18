package dendrite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// refused is an answer with another status than 200.
type refused struct {
	status  int
	message string
}

func (r *refused) Error() string { return fmt.Sprintf("%v: %d %s", ErrRefused, r.status, r.message) }
func (r *refused) Unwrap() error { return ErrRefused }

func refusal(status int, body []byte) error {
	r := &refused{status: status}
	if v, err := synapse.ParseJSON(body); err == nil {
		if d, ok := v.(*synapse.Dict); ok {
			text, _ := d.Get("message")
			r.message, _ = text.(string)
		}
	}
	r.message = synapse.PrintableASCII(r.message)
	return r
}

func netError(ctx context.Context, target Target, name string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() && !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("%w: %w", ErrTimeout, err)
	}
	return fmt.Errorf("%w at %s/%s: %w", ErrUnavailable, target.Address, name, err)
}

// statusOf maps an error to the SDK's numbers.
func statusOf(err error) (int, string) {
	var r *refused
	switch {
	case errors.As(err, &r):
		return r.status, r.message
	case errors.Is(err, ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return StatusTimeout, err.Error()
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrAddress), errors.Is(err, context.Canceled):
		return StatusUnavailable, err.Error()
	}
	return StatusUnparsed, err.Error()
}
