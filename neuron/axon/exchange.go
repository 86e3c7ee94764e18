package axon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// maxHeaders bounds how many headers a request has; a question of the SDK has about 20 and one for
// each required field.
const maxHeaders = 512

// largeBody is the size in bytes from which a body waits for its turn to be parsed. Parsing takes some
// 10 ms per MiB.
const largeBody = 64 << 10

// exchange is one request on its way through the pipeline.
type exchange struct {
	axon       *Axon
	writer     http.ResponseWriter
	request    *http.Request
	connection *connection // nil where the axon is served by somebody else's listener
	route      *route
	head       synapse.Envelope // what the headers say
	call       Call
	cancel     context.CancelCauseFunc
	public     [32]byte // the claimed hotkey's key
	body       []byte
	held       *heldBody
	large      bool // has one of the places for large bodies
	bodyDone   bool
	writing    atomic.Bool // the answer is under way
	work       work
	answer     *synapse.Message // of a plain route
	payload    []byte           // it, in bytes
	aborted    bool             // a stream that broke

	// For logs and metrics.
	stage          string // where it is, or where it was refused
	reason         string // why
	waited         time.Duration
	received, sent int64 // bytes of the bodies
}

// step is one stage of the pipeline: it refuses or hands on.
type step struct {
	name string
	do   func(*exchange, context.Context) *Error
}

// headSteps is how many steps there are before the deadline is known.
const headSteps = 2

// The pipeline (wire §5 with the strict order), and its order in the original.
var (
	strictSteps = []step{
		{"route", (*exchange).find}, {"headers", (*exchange).readHeaders}, {"admit", (*exchange).admit},
		{"verify", (*exchange).verify}, {"blacklist", (*exchange).blacklist}, {"replay", (*exchange).remember},
		{"body", (*exchange).readBody}, {"wait", (*exchange).wait}, {"handler", (*exchange).forward},
		{"answer", (*exchange).compose},
	}
	blacklistFirst = []step{
		strictSteps[0], strictSteps[1], strictSteps[2],
		strictSteps[4], strictSteps[3], strictSteps[5],
		strictSteps[6], strictSteps[7], strictSteps[8], strictSteps[9],
	}
)

// serve runs the pipeline; a panic in a hook becomes a 500.
func (x *exchange) serve() (refused *Error) {
	defer func() {
		if p := recover(); p != nil {
			refused = &Error{Status: 500, Err: fmt.Errorf("pipeline panics: %v\n%s", p, debug.Stack())}
		}
		x.parsed()
	}()
	steps := strictSteps
	if x.axon.options.Compat.BlacklistFirst {
		steps = blacklistFirst
	}
	ctx, cancel := context.WithCancelCause(x.request.Context())
	defer cancel(nil)
	x.cancel = cancel
	if err := x.run(ctx, steps[:headSteps]); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, x.limit()) // as the headers have said
	defer stop()
	return x.run(ctx, steps[headSteps:])
}

// run takes the exchange through some steps, until one refuses.
func (x *exchange) run(ctx context.Context, steps []step) *Error {
	began := time.Now()
	for _, s := range steps {
		x.stage = s.name
		err := s.do(x, ctx)
		now := time.Now()
		x.axon.metrics.passed(s.name, now.Sub(began))
		began = now
		if err != nil {
			return err
		}
	}
	return nil
}

// readHeaders is step 2: the header-stage view, with the timeout clamped.
func (x *exchange) readHeaders(context.Context) *Error {
	if n := len(x.request.Header); n > maxHeaders {
		return &Error{Status: 431, Message: fmt.Sprintf("Request has %d headers, at most %d", n, maxHeaders)}
	}
	name := x.head.Name
	head, err := synapse.ParseHeaders(x.request.Header, x.axon.options.Compat.DuplicateHeaders)
	x.head = head
	x.head.Name = name
	if err != nil {
		return x.badRequest(err)
	}
	x.call = Call{
		Route: x.route.schema.Name, Hotkey: head.Dendrite.Hotkey, Remote: x.call.Remote, UUID: head.Dendrite.UUID,
		Nonce: head.Dendrite.Nonce, Version: head.Dendrite.Version, Started: x.call.Started, Timeout: x.clamp(head.Timeout),
	}
	x.guardConnection(x.limit())
	if x.request.ContentLength > x.route.maxBody {
		return tooLarge(x.route.maxBody)
	}
	return nil
}

// clamp turns a stated timeout in seconds into the deadline; none (0) means the longest.
func (x *exchange) clamp(timeout float64) time.Duration {
	limit := x.route.maxTimeout
	if x.axon.options.Compat.UnclampedTimeouts {
		limit = max(limit, time.Hour)
	}
	if timeout <= 0 || timeout > limit.Seconds() {
		return limit
	}
	return time.Duration(timeout * float64(time.Second))
}

// limit is how long the exchange may take.
func (x *exchange) limit() time.Duration {
	if x.axon.options.Compat.NoDeadline {
		return max(x.call.Timeout, time.Hour)
	}
	return x.call.Timeout
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

func (x *exchange) admit(context.Context) *Error {
	if x.axon.options.Admit == nil {
		return nil
	}
	if err := x.axon.options.Admit(x.call.Remote, x.head.Dendrite.Hotkey); err != nil {
		return forbidden(err)
	}
	return nil
}

func (x *exchange) blacklist(context.Context) *Error {
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

// readBody takes the body within its bounds, as bytes: what is made of it waits for a worker.
func (x *exchange) readBody(ctx context.Context) *Error {
	x.held = x.axon.bodies.hold(x.giveWay)
	body, err := x.held.read(http.MaxBytesReader(x.writer, x.request.Body, x.route.maxBody), x.request.ContentLength)
	x.received = int64(len(body))
	if err != nil {
		if limit := new(http.MaxBytesError); errors.As(err, &limit) {
			return tooLarge(limit.Limit)
		}
		if errors.Is(context.Cause(ctx), errCrowdedBodies) {
			return x.late(ctx)
		}
		return &Error{Status: 408, Message: "Request body did not arrive in time", Err: err}
	}
	x.bodyRead()
	x.body = body
	return nil
}

// giveWay ends the exchange because others need the room its bodies take.
func (x *exchange) giveWay() {
	x.cancel(errCrowdedBodies)
	control := http.NewResponseController(x.writer)
	_ = control.SetReadDeadline(time.Now())
	if x.writing.Load() {
		_ = control.SetWriteDeadline(time.Now())
	}
}

// wait is step 6: a worker, by priority. On nil the place is taken. A large body first waits for one
// of the few places in which such bodies are parsed, so that they leave workers and cores to others.
func (x *exchange) wait(ctx context.Context) *Error {
	t := ticket{who: x.public, at: x.axon.options.Now()}
	if x.route.priority != nil {
		t.priority = x.route.priority(x.call)
	}
	began := time.Now()
	defer func() { x.waited = time.Since(began) }()
	if len(x.body) > largeBody {
		if err := x.axon.large.enter(ctx, t); err != nil {
			return x.crowdedOut(ctx, err)
		}
		x.large = true
	}
	if err := x.axon.gate.enter(ctx, t); err != nil {
		return x.crowdedOut(ctx, err)
	}
	return nil
}

func (x *exchange) crowdedOut(ctx context.Context, err error) *Error {
	if errors.Is(err, errFull) {
		return &Error{Status: 503, Message: "Too many requests are waiting; try later"}
	}
	return x.late(ctx)
}

// parsed gives back what only the body's bytes took.
func (x *exchange) parsed() {
	x.body = nil
	if x.large {
		x.large = false
		x.axon.large.leave(x.public)
	}
}

// parse is steps 7 and 8: a body that fits the schema and hashes to what was signed.
func (x *exchange) parse() *Error {
	read := x.route.schema.Parse
	if x.axon.options.Compat.NotNumbers {
		read = x.route.schema.ParseWithNaN
	}
	m, err := read(x.body)
	x.parsed()
	if err != nil {
		return x.bodyError(err)
	}
	if m.HashBody() != x.head.BodyHash {
		return x.badRequest(errors.New("Body does not match the signed computed_body_hash"))
	}
	if x.work, err = x.route.prepare(m); err != nil {
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

// forward is steps 7 to 9 on the worker's place: parse, then run the handler under the deadline. The
// handler may outlive the exchange, and the place is its own until it returns.
func (x *exchange) forward(ctx context.Context) *Error {
	a := x.axon
	place := false
	defer func() {
		if !place {
			a.gate.leave(x.public)
		}
	}()
	x.stage = "parse"
	if err := x.parse(); err != nil {
		return err
	}
	x.stage = "handler"
	var s *stream
	var send func([]byte) error
	if x.route.stream {
		s = newStream(ctx, x)
		send = s.send
	}
	done, answer := make(chan error, 1), new(*synapse.Message)
	work, call, who := x.work, x.call, x.public
	place = true
	a.running.Add(1)
	a.metrics.running.Inc()
	go func() {
		defer func() {
			a.metrics.running.Dec()
			a.gate.leave(who)
			a.running.Done()
		}()
		err := guard(func() error { return work.forward(ctx, call, send) })
		if err == nil && s == nil {
			*answer, err = work.message()
		}
		done <- err
	}()
	if s != nil {
		return x.serveStream(ctx, s, done)
	}
	select {
	case err := <-done:
		if err != nil && ctx.Err() != nil {
			return x.late(ctx)
		}
		if err != nil {
			return asError(err)
		}
		x.answer = *answer
		return nil
	case <-ctx.Done():
		return x.late(ctx)
	}
}

// guard turns a handler's panic into an error.
func guard(handler func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panics: %v\n%s", p, debug.Stack())
		}
	}()
	return handler()
}

// late is the answer to an exchange whose context has ended.
func (x *exchange) late(ctx context.Context) *Error {
	if errors.Is(context.Cause(ctx), errCrowdedBodies) {
		return &Error{Status: 503, Message: "Too many large requests at once; send less or try later"}
	}
	return &Error{Status: 408, Message: fmt.Sprintf("Response timeout after: %vs", x.call.Timeout.Seconds())}
}

func remote(r *http.Request) netip.AddrPort {
	a, _ := netip.ParseAddrPort(r.RemoteAddr)
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
