package axon

import (
	"context"
	"crypto/sha3"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/ergon-network/ergon/neuron/synapse"
)

// writeGrace is what a client gets beyond the deadline to take its answer.
const writeGrace = 10 * time.Second

// guardConnection bounds how long this request's body and answer may hold the connection.
func (x *exchange) guardConnection(limit time.Duration) {
	control := http.NewResponseController(x.writer)
	now := time.Now()
	_ = control.SetReadDeadline(now.Add(limit)) // a recorder in tests has no deadlines
	_ = control.SetWriteDeadline(now.Add(limit + writeGrace))
}

// bodyRead lifts the read deadline: the server goes on reading to notice a lost client, and a
// deadline there would look like one.
func (x *exchange) bodyRead() {
	x.bodyDone = true
	_ = http.NewResponseController(x.writer).SetReadDeadline(time.Time{})
}

// refusedBodyGrace is how long a refused request's body may still take to arrive: the connection of
// an honest caller goes on being used, and one who sends half a body does not hold it for long.
const refusedBodyGrace = time.Second

// reply writes the answer or the error, and returns the status.
func (x *exchange) reply(refused *Error) int {
	if refused != nil {
		x.failure(refused)
		return refused.Status
	}
	if !x.route.stream {
		x.send(http.StatusOK, x.payload)
	}
	return http.StatusOK
}

// signs tells whether answers of this exchange are signed.
func (x *exchange) signs() bool { return x.call.Verified && !x.axon.options.Compat.UnsignedAnswers }

// sign signs an answer whose bytes have this digest.
func (x *exchange) sign(digest [32]byte) (string, error) {
	return synapse.Sign(x.axon.key, synapse.AnswerDigestText(x.call.Nonce, x.call.Hotkey, x.axon.hotkey, x.call.UUID, digest))
}

// succeed fills in the envelope of a good answer (wire §2.2).
func (x *exchange) succeed(m *synapse.Message) {
	m.Envelope = x.head
	m.Axon.StatusCode, m.Axon.StatusMessage = http.StatusOK, "Success"
	m.Axon.ProcessTime = x.processTime()
	m.BodyHash = m.HashBody()
}

// compose is wire §2.2 and §3: the whole message, and our signature over it. Answers to large
// requests take turns, as their parsing did: writing and hashing costs as much.
func (x *exchange) compose(ctx context.Context) *Error {
	m := x.answer
	if x.route.stream {
		return nil
	}
	if x.received > largeBody {
		if err := x.axon.large.enter(ctx, ticket{who: x.public, at: x.axon.options.Now()}); err != nil {
			return x.crowdedOut(ctx, err)
		}
		defer x.axon.large.leave(x.public)
	}
	x.succeed(m)
	body, err := m.Body(synapse.ResponseStyle)
	if err != nil {
		return &Error{Status: 500, Err: err}
	}
	h := x.writer.Header()
	if x.signs() {
		signature, err := x.sign(sha3.Sum256(body))
		if err != nil {
			return &Error{Status: 500, Err: err}
		}
		h[synapse.AnswerSignature] = []string{signature}
	}
	m.SetHeaders(h)
	x.payload = body
	return nil
}

func (x *exchange) processTime() float64 {
	return max(x.axon.options.Now().Sub(x.call.Started).Seconds(), 1e-9)
}

// failure is wire §2.3. Strangers get no signature: their text would be what is signed.
func (x *exchange) failure(e *Error) {
	message := e.Message
	if message == "" || e.Status == http.StatusInternalServerError {
		id := uuid.NewString()
		x.axon.options.Log.Error("request failed", "id", id, "route", x.head.Name, "hotkey", x.call.Hotkey, "error", e)
		message = "Internal Server Error #" + id
	} else {
		message = strings.ToValidUTF8(message, "?")
	}
	x.reason = message
	if x.aborted {
		return // status and headers of a stream are out
	}
	if !x.bodyDone {
		_ = http.NewResponseController(x.writer).SetReadDeadline(time.Now().Add(refusedBodyGrace))
	}
	head := x.head
	now := x.axon.options.Now().UnixNano()
	head.Axon.StatusCode, head.Axon.StatusMessage, head.Axon.ProcessTime = e.Status, message, x.processTime()
	head.Axon.Version, head.Axon.UUID, head.Axon.Nonce, head.Axon.Signature = synapse.WireVersion, x.axon.uuid, now, ""
	head.Axon.Hotkey = x.axon.hotkey
	head.Dendrite.IP, head.Dendrite.Port = x.call.Remote.Addr().String(), int(x.call.Remote.Port())
	if x.call.Verified {
		head.Axon.Signature, _ = synapse.Sign(x.axon.key, synapse.ErrorText(now, x.call.Hotkey, x.axon.hotkey, x.axon.uuid))
	}
	head.SetHeaders(x.writer.Header())
	body := synapse.NewDict(synapse.Pair{Key: "message", Value: message})
	if e.detail != nil {
		body.Set("detail", []any{synapse.NewDict(
			synapse.Pair{Key: "type", Value: e.detail.kind},
			synapse.Pair{Key: "loc", Value: []any{"body", e.detail.path}},
			synapse.Pair{Key: "msg", Value: e.detail.message},
		)})
	}
	raw, err := synapse.AppendJSON(nil, body, synapse.ResponseStyle)
	if err != nil {
		raw = []byte(`{"message":"Internal Server Error"}`)
	}
	x.send(e.Status, raw)
}

func (x *exchange) send(status int, body []byte) {
	h := x.writer.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.writing.Store(true)
	if x.held != nil {
		x.held.grow(int64(len(body)))
	}
	x.writer.WriteHeader(status)
	n, _ := x.writer.Write(body)
	x.sent = int64(n)
}

// release gives back the room that the exchange's bodies took. More than once is once.
func (x *exchange) release() {
	if x.held != nil {
		x.held.release()
	}
}
