package axon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// exchange is one request on its way through the pipeline.
type exchange struct {
	axon    *Axon
	writer  http.ResponseWriter
	request *http.Request
	route   *route
	head    synapse.Envelope // what the headers say
	call    Call
	run     run
	answer  *synapse.Message
}

// serve is the pipeline (wire §5 with the strict order): each step refuses or hands on.
func (x *exchange) serve(name string) *Error {
	if err := x.find(name); err != nil {
		return err
	}
	if err := x.readHeaders(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(x.request.Context(), x.call.Timeout)
	defer cancel()
	steps := []func() *Error{x.admit, x.verify, x.blacklist, x.remember, x.readBody}
	if x.axon.options.Compat.BlacklistFirst {
		steps[1], steps[2] = steps[2], steps[1]
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return x.forward(ctx)
}

// serveGuarded is serve with a panic in a hook turned into a 500.
func (x *exchange) serveGuarded(name string) (refused *Error) {
	defer func() {
		if p := recover(); p != nil {
			refused = &Error{Status: 500, Err: fmt.Errorf("pipeline panics: %v\n%s", p, debug.Stack())}
		}
	}()
	return x.serve(name)
}

// readHeaders is step 2: the header-stage view, with the timeout clamped.
func (x *exchange) readHeaders() *Error {
	name := x.head.Name
	head, err := synapse.ParseHeaders(x.request.Header, x.axon.options.Compat.DuplicateHeaders)
	x.head = head
	x.head.Name = name
	if err != nil {
		return x.badRequest(err)
	}
	x.call = Call{
		Route: x.route.schema.Name, Hotkey: head.Dendrite.Hotkey, Remote: x.call.Remote, UUID: head.Dendrite.UUID,
		Nonce: head.Dendrite.Nonce, Version: head.Dendrite.Version, Started: x.call.Started, Timeout: x.axon.clamp(head.Timeout),
	}
	x.guardConnection(x.call.Timeout)
	if x.request.ContentLength > x.route.maxBody {
		return tooLarge(x.route.maxBody)
	}
	return nil
}

// clamp turns a stated timeout in seconds into the deadline; none (0) means the longest.
func (a *Axon) clamp(timeout float64) time.Duration {
	limit := a.options.MaxTimeout
	if a.options.Compat.UnclampedTimeouts {
		limit = time.Hour
	}
	if timeout <= 0 || timeout > limit.Seconds() {
		return limit
	}
	return time.Duration(timeout * float64(time.Second))
}

func (x *exchange) badRequest(err error) *Error {
	if x.axon.options.Compat.UpstreamStatus {
		return &Error{Status: 500, Err: err}
	}
	return &Error{Status: 400, Message: err.Error()}
}

func tooLarge(limit int64) *Error {
	return &Error{Status: 413, Message: fmt.Sprintf("Request body is larger than %d bytes", limit)}
}

func (x *exchange) admit() *Error {
	if x.axon.options.Admit == nil {
		return nil
	}
	if err := x.axon.options.Admit(x.call.Remote, x.head.Dendrite.Hotkey); err != nil {
		return forbidden(err)
	}
	return nil
}

func (x *exchange) blacklist() *Error {
	if x.route.blacklist == nil {
		return nil
	}
	if err := x.route.blacklist(x.call); err != nil {
		return forbidden(err)
	}
	return nil
}

func forbidden(reason error) *Error {
	return &Error{Status: 403, Message: fmt.Sprintf("Forbidden. Key is blacklisted: %s.", reason)}
}

// readBody is steps 7 and 8: a bounded body that fits the schema and hashes to what was signed.
func (x *exchange) readBody() *Error {
	body, err := io.ReadAll(http.MaxBytesReader(x.writer, x.request.Body, x.route.maxBody))
	if err != nil {
		if limit := new(http.MaxBytesError); errors.As(err, &limit) {
			return tooLarge(limit.Limit)
		}
		return &Error{Status: 408, Message: "Request body did not arrive in time", Err: err}
	}
	x.bodyRead()
	m, err := x.route.schema.Parse(body)
	if err != nil {
		return x.bodyError(err)
	}
	if m.HashBody() != x.head.BodyHash {
		return x.badRequest(errors.New("Body does not match the signed computed_body_hash"))
	}
	if x.run, err = x.route.prepare(m); err != nil {
		return x.bodyError(err)
	}
	if x.axon.options.Compat.BodyTerminals {
		hotkey := x.head.Dendrite.Hotkey
		x.head.Dendrite, x.head.Axon = m.Dendrite, m.Axon
		x.head.Dendrite.Hotkey = hotkey
	}
	return nil
}

func (x *exchange) bodyError(err error) *Error {
	var field *synapse.FieldError
	if !errors.As(err, &field) {
		return x.badRequest(err)
	}
	d := &fieldDetail{"missing", field.Path, "Field required"}
	if field.Kind != "missing" {
		d.kind, d.message = field.Kind, "Input should be a valid "+field.Want
	}
	return &Error{Status: 422, Message: field.Error(), detail: d}
}

// forward is steps 6 and 9: wait for a worker by priority, run the handler under the deadline.
func (x *exchange) forward(ctx context.Context) *Error {
	priority := 0.0
	if x.route.priority != nil {
		priority = x.route.priority(x.call)
	}
	if err := x.axon.gate.enter(ctx, priority); err != nil {
		if errors.Is(err, errFull) {
			return &Error{Status: 503, Message: "Too many requests are waiting; try later"}
		}
		return x.late()
	}
	type result struct {
		answer *synapse.Message
		err    error
	}
	done := make(chan result, 1)
	run, call, a := x.run, x.call, x.axon // the handler may outlive the exchange
	a.running.Add(1)
	a.metrics.running.Inc()
	go func() {
		defer func() {
			a.metrics.running.Dec()
			a.gate.leave()
			a.running.Done()
		}()
		answer, err := guard(ctx, run, call)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		if r.err != nil && ctx.Err() != nil {
			return x.late()
		}
		if r.err != nil {
			return asError(r.err)
		}
		x.answer = r.answer
		return nil
	case <-ctx.Done():
		return x.late()
	}
}

// guard turns a handler's panic into an error.
func guard(ctx context.Context, run run, call Call) (m *synapse.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panics: %v\n%s", p, debug.Stack())
		}
	}()
	return run(ctx, call)
}

func (x *exchange) late() *Error {
	return &Error{Status: 408, Message: fmt.Sprintf("Response timeout after: %vs", x.call.Timeout.Seconds())}
}

func remote(r *http.Request) netip.AddrPort {
	a, _ := netip.ParseAddrPort(r.RemoteAddr)
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
