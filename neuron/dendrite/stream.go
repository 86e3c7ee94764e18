package dendrite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// maxChunk bounds one piece of a stream in bytes.
const maxChunk = 32 << 10

// StreamEnd is how a stream ended; see WithEnd.
type StreamEnd struct {
	Status  int    // 200 when it came to its end, or was left
	Message string // what the axon said, or the error
	Err     error  // nil when it came to its end, ErrStopped when it was left before
	Bytes   int64  // received
	Waited  time.Duration
	First   time.Duration // from sending to the first byte
	Elapsed time.Duration // from sending to the last one
	// Signed tells whether the axon's hotkey signed all that came as the answer to this question.
	Signed bool
	// Proof lets others check that, when Signed.
	Proof *Proof
}

// WithEnd has a Stream write to end when its iteration is over.
func WithEnd(end *StreamEnd) CallOption { return func(o *callOptions) { o.end = end } }

// ErrStopped is the StreamEnd.Err of a stream whose consumer left the loop before its end.
var ErrStopped = errors.New("the consumer stopped reading")

// Stream asks one target for an answer in pieces (wire §6.3). The question is sent when the
// iteration begins, and read only until its first piece. Each yield is a piece of at most 32 KiB,
// the consumer's to keep; the axon and the network may cut and join pieces as they like, so their
// borders mean nothing. A failure, before the first piece or after any, is the last yield, with an
// error as in Result.Err; a stream without one came to its end. All of it is bounded by the timeout,
// which counts from the iteration's beginning and includes the consumer's own time, and by
// Options.MaxAnswer. Leaving the loop closes the connection, which tells the axon to stop.
func Stream[T any](ctx context.Context, d *Dendrite, target Target, question *T, options ...CallOption) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		o := d.callOptions(options)
		ctx, cancel := o.deadline(ctx)
		defer cancel()
		asked, err := dump(d, question, o)
		s := &stream{dendrite: d, target: target, asked: asked, options: o, yield: yield}
		if err == nil {
			err = d.converse(ctx, target, asked, o, &s.timing, func(r *http.Response) error { return s.read(ctx, r) })
			status, _ := statusOf(err)
			d.metrics.done(asked.Name, status, &s.timing)
			d.metrics.streams.Add(float64(s.end.Bytes))
		}
		s.finish(err)
	}
}

// stream is one answer on its way.
type stream struct {
	dendrite *Dendrite
	target   Target
	asked    *synapse.Message
	options  *callOptions
	yield    func([]byte, error) bool
	timing   timing
	end      StreamEnd
	body     []byte // all that came, where the axon announced its signature
}

// read hands on what comes. The axon of this project announces its signature as a trailer.
func (s *stream) read(ctx context.Context, response *http.Response) error {
	if _, err := answerHead(response); err != nil {
		return err
	}
	if kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); kind != "text/event-stream" {
		return fmt.Errorf("%w: %q is no stream; ask with Call", ErrAnswer, synapse.PrintableASCII(kind))
	}
	_, signs := response.Trailer[http.CanonicalHeaderKey(synapse.AnswerSignature)]
	if !signs && s.dendrite.options.RequireSigned {
		return fmt.Errorf("%w: no signature is announced for this stream", ErrAnswer)
	}
	buffer := make([]byte, maxChunk)
	for {
		n, err := response.Body.Read(buffer)
		if n > 0 {
			if !s.timing.heard {
				s.timing.heard, s.end.First = true, time.Since(s.timing.sent)
			}
			if s.end.Bytes += int64(n); s.end.Bytes > s.options.maxAnswer {
				return tooLarge(s.options.maxAnswer)
			}
			if signs {
				s.body = append(s.body, buffer[:n]...)
			}
			if !s.yield(slices.Clone(buffer[:n]), nil) {
				return ErrStopped
			}
		}
		if errors.Is(err, io.EOF) {
			if !signs {
				return nil
			}
			return s.checkSignature(response.Trailer.Get(synapse.AnswerSignature))
		}
		if err != nil {
			return netError(ctx, s.target, s.asked.Name, err)
		}
	}
}

func (s *stream) checkSignature(signature string) error {
	proof := &Proof{s.asked.Dendrite.Nonce, s.dendrite.hotkey, s.target.Hotkey, s.dendrite.uuid, s.body, signature}
	if err := proof.Verify(); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	s.end.Signed, s.end.Proof = true, proof
	return nil
}

// finish tells the consumer, in both ways, how it ended.
func (s *stream) finish(err error) {
	s.end.Err, s.end.Waited, s.end.Elapsed = err, s.timing.waited, s.timing.elapsed
	s.end.Status, s.end.Message = statusOf(err)
	if s.options.end != nil {
		*s.options.end = s.end
	}
	if err != nil && !errors.Is(err, ErrStopped) {
		s.yield(nil, err)
	}
}
