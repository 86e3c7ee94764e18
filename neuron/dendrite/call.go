package dendrite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"reflect"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ergon-network/ergon/keys"
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
)

// Result is what became of one question.
type Result[T any] struct {
	Target  Target
	Status  int    // 200 on success, else as in the package comment
	Message string // what the axon said, or the error
	Err     error  // nil exactly on success
	// Answer holds the question's inputs and the axon's outputs; on failure the outputs are as
	// asked. Never nil unless the question itself could not be encoded.
	Answer *T
	// Elapsed is measured here, from sending to the last byte.
	Elapsed time.Duration
	// ProcessTime is what the axon claims.
	ProcessTime time.Duration
	// Signed tells whether the axon's hotkey signed this answer to this question.
	Signed bool
	// Proof lets others check that, when Signed.
	Proof *Proof
}

// OK tells whether there is an answer.
func (r *Result[T]) OK() bool { return r.Err == nil }

// Proof is what an axon signed: synapse.AnswerText of these values.
type Proof struct {
	Nonce     int64
	Dendrite  string // SS58
	Axon      string // SS58
	UUID      string
	Body      []byte
	Signature string
}

// Verify checks the proof without trusting whoever brings it.
func (p *Proof) Verify() error {
	public, err := keys.ParseSS58(p.Axon)
	if err != nil {
		return err
	}
	return synapse.CheckSignature(public, synapse.AnswerText(p.Nonce, p.Dendrite, p.Axon, p.UUID, p.Body), p.Signature)
}

// CallOption adjusts one Call or Query.
type CallOption func(*callOptions)

type callOptions struct{ timeout time.Duration }

// WithTimeout replaces Options.Timeout; the axon is told.
func WithTimeout(d time.Duration) CallOption { return func(o *callOptions) { o.timeout = d } }

// Query asks all targets the same question at once and returns their results in order.
func Query[T any](ctx context.Context, d *Dendrite, targets []Target, question *T, options ...CallOption) []Result[T] {
	results := make([]Result[T], len(targets))
	var group errgroup.Group
	group.SetLimit(d.options.Parallel)
	for i, target := range targets {
		group.Go(func() error {
			results[i] = Call(ctx, d, target, question, options...)
			return nil
		})
	}
	_ = group.Wait()
	return results
}

// Call asks one target. question is only read.
func Call[T any](ctx context.Context, d *Dendrite, target Target, question *T, options ...CallOption) Result[T] {
	o := callOptions{timeout: d.options.Timeout}
	for _, option := range options {
		option(&o)
	}
	r := Result[T]{Target: target}
	schema, err := schemaOf[T](d)
	var asked *synapse.Message
	if err == nil {
		asked, err = schema.Dump(question)
	}
	if err != nil {
		r.Status, r.Err, r.Message = StatusUnparsed, err, err.Error()
		return r
	}
	asked.Timeout = o.timeout.Seconds()
	began := time.Now()
	answer, err := d.exchange(ctx, target, asked, o.timeout)
	r.Elapsed = time.Since(began)
	r.Answer = new(T)
	message := asked
	if err == nil {
		message, r.ProcessTime, r.Signed, r.Proof = answer.message, answer.processTime, answer.proof != nil, answer.proof
	}
	if loadErr := message.Load(r.Answer); err == nil && loadErr != nil {
		err = fmt.Errorf("%w: %w", ErrAnswer, loadErr)
	}
	r.Status, r.Err = StatusSuccess, err
	if err != nil {
		r.Status, r.Message = statusOf(err)
	}
	d.metrics.calls.WithLabelValues(schema.Name, strconv.Itoa(r.Status)).Observe(r.Elapsed.Seconds())
	return r
}

func schemaOf[T any](d *Dendrite) (*synapse.Schema, error) {
	key := reflect.TypeFor[T]()
	if s, ok := d.schemas.Load(key); ok {
		return s.(*synapse.Schema), nil
	}
	s, err := synapse.For[T]()
	if err == nil {
		d.schemas.Store(key, s)
	}
	return s, err
}

type answer struct {
	message     *synapse.Message
	processTime time.Duration
	proof       *Proof
}

// exchange signs, sends and reads.
func (d *Dendrite) exchange(ctx context.Context, target Target, asked *synapse.Message, timeout time.Duration) (*answer, error) {
	if err := d.checkTarget(target); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("%w after %v seconds", ErrTimeout, timeout.Seconds()))
	defer cancel()
	request, err := d.sign(ctx, target, asked)
	if err != nil {
		return nil, err
	}
	response, err := d.client.Do(request)
	if err != nil {
		return nil, netError(ctx, target, asked.Name, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, d.options.MaxAnswer+1))
	if err != nil {
		return nil, netError(ctx, target, asked.Name, err)
	}
	if int64(len(body)) > d.options.MaxAnswer {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrAnswer, d.options.MaxAnswer)
	}
	if response.StatusCode != http.StatusOK {
		return nil, refusal(response.StatusCode, body)
	}
	return d.read(response.Header, body, target, asked)
}

// sign completes the message's envelope and makes the HTTP request (wire §2.1, §3).
func (d *Dendrite) sign(ctx context.Context, target Target, m *synapse.Message) (*http.Request, error) {
	address := netip.AddrPortFrom(target.Address.Addr().Unmap(), target.Address.Port())
	m.Axon = synapse.Terminal{IP: address.Addr().String(), Port: int(address.Port()), Hotkey: target.Hotkey}
	m.Dendrite = synapse.Terminal{
		IP: d.options.IP, Version: synapse.WireVersion, Nonce: d.nextNonce(), UUID: d.uuid, Hotkey: d.hotkey,
	}
	m.BodyHash = m.HashBody()
	var err error
	m.Dendrite.Signature, err = synapse.Sign(d.options.Key, synapse.SignedText(m.Dendrite.Nonce, d.hotkey, target.Hotkey, d.uuid, m.BodyHash))
	if err != nil {
		return nil, err
	}
	body, err := m.Body(synapse.RequestStyle)
	if err != nil {
		return nil, err
	}
	m.TotalSize = int64(len(body))
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address.String()+"/"+m.Name, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrAddress, target.Address, err)
	}
	request.Header.Set("Content-Type", "application/json")
	m.SetHeaders(request.Header)
	return request, nil
}

// read turns a 200 into an answer.
func (d *Dendrite) read(h http.Header, body []byte, target Target, asked *synapse.Message) (*answer, error) {
	m, err := asked.ParseAnswer(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	head, err := synapse.ParseHeaders(h, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	a := &answer{message: m, processTime: time.Duration(min(head.Axon.ProcessTime, 1e6) * float64(time.Second))}
	signature := h.Get(synapse.AnswerSignature)
	if signature == "" {
		if d.options.RequireSigned {
			return nil, fmt.Errorf("%w: it is not signed", ErrAnswer)
		}
		return a, nil
	}
	a.proof = &Proof{asked.Dendrite.Nonce, d.hotkey, target.Hotkey, d.uuid, body, signature}
	if err := a.proof.Verify(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return a, nil
}
