package dendrite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"time"

	"github.com/ergon-network/ergon/keys"
	"github.com/ergon-network/ergon/neuron/synapse"
)

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

// converse waits for a slot of the target, signs, sends, and hands a 200 to read, whose error is
// the exchange's. It keeps the slot meanwhile and tells the circuit how it went.
func (d *Dendrite) converse(ctx context.Context, target Target, asked *synapse.Message, o *callOptions, t *timing, read func(*http.Response) error) (err error) {
	if err := d.checkTarget(target); err != nil {
		return err
	}
	began := time.Now()
	one, err := d.peers.enter(ctx, target)
	t.waited = time.Since(began)
	if err != nil {
		if open := new(OpenError); errors.As(err, &open) {
			d.metrics.refused.Inc()
		}
		return err
	}
	defer func() { d.peers.leave(target, one, verdictOf(ctx, err, t)) }()
	request, err := d.sign(ctx, target, asked)
	if err != nil {
		return err
	}
	t.sent = time.Now()
	defer func() { t.elapsed = time.Since(t.sent) }()
	response, err := d.client.Do(request)
	if err != nil {
		return netError(ctx, target, asked.Name, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return read(response)
	}
	body, err := d.readBody(ctx, response, target, asked, o.maxAnswer)
	if err != nil {
		return err
	}
	return refusal(response, body)
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
	scheme := "http://"
	if d.options.TLS != nil {
		scheme = "https://"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, scheme+address.String()+"/"+m.Name, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrAddress, target.Address, err)
	}
	request.Header.Set("Content-Type", "application/json")
	m.SetHeaders(request.Header)
	// An empty value is not sent. It lets the transport send the same bytes again where a pooled
	// connection turns out to be closed: an axon that had read them after all refuses the repeated
	// nonce, so the question is never answered twice.
	request.Header["Idempotency-Key"] = nil
	return request, nil
}

// readBody reads at most limit bytes.
func (d *Dendrite) readBody(ctx context.Context, response *http.Response, target Target, asked *synapse.Message, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, netError(ctx, target, asked.Name, err)
	}
	if int64(len(body)) > limit {
		return nil, tooLarge(limit)
	}
	return body, nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("%w: more than %d bytes; raise Options.MaxAnswer or give WithMaxAnswer if that is right", ErrAnswer, limit)
}

type answer struct {
	message     *synapse.Message
	processTime time.Duration
	proof       *Proof
}

// readAnswer turns a 200 into an answer.
func (d *Dendrite) readAnswer(ctx context.Context, response *http.Response, target Target, asked *synapse.Message, o *callOptions) (*answer, error) {
	body, err := d.readBody(ctx, response, target, asked, o.maxAnswer)
	if err != nil {
		return nil, err
	}
	head, err := answerHead(response)
	if err != nil {
		return nil, err
	}
	m, err := asked.ParseAnswer(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	a := &answer{message: m, processTime: time.Duration(min(head.Axon.ProcessTime, 1e6) * float64(time.Second))}
	signature := response.Header.Get(synapse.AnswerSignature)
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

// answerHead reads the headers of a 200. As in the SDK, the status the axon states there counts
// (wire §3): a stream is a 200 whatever became of it.
func answerHead(response *http.Response) (*synapse.Envelope, error) {
	head, err := synapse.ParseHeaders(response.Header, true)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if status := head.Axon.StatusCode; status >= http.StatusBadRequest && status <= 599 {
		return nil, &refused{status, synapse.PrintableASCII(head.Axon.StatusMessage)}
	}
	return &head, nil
}
