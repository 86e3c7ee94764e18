package axon

import (
	"context"
	"crypto/sha3"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// Stream answers a request piece by piece (wire §6.3). The first send fixes status 200 and the
// answer's headers with req as it is then; chunks go out as they are, without framing, each at once.
// An error before the first send is answered as that of any handler; later there is no status left to
// tell, so the connection breaks and no client takes the part for the whole. send fails when the
// caller is gone or the deadline, which covers the whole stream, has passed; the handler should then
// return. send may be called by several goroutines, but not after forward has returned.
type Stream[T any] func(ctx context.Context, call Call, req *T, send func(chunk []byte) error) error

// HandleStream attaches a handler whose answer is a stream, under T's message name.
//
// After the last chunk our own trailer ergon_answer_signature signs the answer: the same text as on
// plain answers, over the SHA3-256 of all chunks. Peers that do not know it ignore it.
func HandleStream[T any](a *Axon, forward Stream[T], options ...RouteOption) error {
	schema, err := a.schemaFor(synapse.For[T]())
	if err != nil {
		return err
	}
	return a.attach(&route{schema: schema, stream: true, prepare: func(m *synapse.Message) (work, error) {
		req := new(T)
		if err := m.Load(req); err != nil {
			return work{}, err
		}
		return work{
			forward: func(ctx context.Context, call Call, send func([]byte) error) error {
				return forward(ctx, call, req, send)
			},
			message: func() (*synapse.Message, error) { return schema.Dump(req) },
		}, nil
	}}, options...)
}

// errStreamOver is what send says once the stream has ended.
var errStreamOver = errors.New("the stream is over")

// stream is the answer of one exchange to a streaming route.
type stream struct {
	x     *exchange
	ctx   context.Context
	begun atomic.Bool // headers are out, or on their way

	mu     sync.Mutex
	over   bool
	digest *sha3.SHA3
}

func newStream(ctx context.Context, x *exchange) *stream {
	return &stream{x: x, ctx: ctx, digest: sha3.New256()}
}

func (s *stream) send(chunk []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return errStreamOver
	}
	if err := s.ctx.Err(); err != nil {
		return fmt.Errorf("stream to %s: %w", s.x.call.Remote, err)
	}
	if err := s.begin(); err != nil {
		return err
	}
	if len(chunk) == 0 {
		return nil // an empty chunk would end the answer
	}
	_, _ = s.digest.Write(chunk)
	n, err := s.x.writer.Write(chunk)
	s.x.sent += int64(n)
	if err == nil {
		err = http.NewResponseController(s.x.writer).Flush()
	}
	if err != nil {
		return fmt.Errorf("stream to %s: %w", s.x.call.Remote, err)
	}
	return nil
}

// begin sends the headers, once.
func (s *stream) begin() error {
	if s.begun.Load() {
		return nil
	}
	m, err := s.x.work.message()
	if err != nil {
		return err
	}
	s.begun.Store(true)
	s.x.writing.Store(true)
	h := s.x.writer.Header()
	s.x.succeed(m)
	m.SetHeaders(h)
	h.Set("Content-Type", "text/event-stream")
	if s.x.signs() {
		h.Set("Trailer", synapse.AnswerSignature)
	}
	s.x.writer.WriteHeader(http.StatusOK)
	return http.NewResponseController(s.x.writer).Flush()
}

// end closes the stream to its handler. It reports whether the answer has begun.
func (s *stream) end() bool {
	if s.begun.Load() { // a send may be stuck with a caller who does not read
		_ = http.NewResponseController(s.x.writer).SetWriteDeadline(time.Now())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	return s.begun.Load()
}

// finish completes the answer of a handler that has returned without error.
func (s *stream) finish() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	if err := s.begin(); err != nil {
		return err
	}
	if !s.x.signs() {
		return nil
	}
	signature, err := s.x.sign([32]byte(s.digest.Sum(nil)))
	if err == nil {
		s.x.writer.Header().Set(synapse.AnswerSignature, signature)
	}
	return err
}

// serveStream is the last step of a streaming route. done yields the handler's result.
func (x *exchange) serveStream(ctx context.Context, s *stream, done <-chan error) *Error {
	var err error
	select {
	case err = <-done:
		if err == nil {
			err = s.finish()
		}
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err == nil {
		return nil
	}
	refused := asError(err)
	if ctx.Err() != nil {
		refused = x.late(ctx)
	}
	x.aborted = s.end()
	return refused
}
