package axon

import (
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
	_ = http.NewResponseController(x.writer).SetReadDeadline(time.Time{})
}

// reply writes the answer or the error, and returns the status.
func (x *exchange) reply(refused *Error) int {
	if refused == nil {
		if refused = x.success(); refused == nil {
			return http.StatusOK
		}
	}
	x.failure(refused)
	return refused.Status
}

// success is wire §2.2 and §3: the whole message, and our signature over it.
func (x *exchange) success() *Error {
	m := x.answer
	m.Envelope = x.head
	m.Axon.StatusCode, m.Axon.StatusMessage = http.StatusOK, "Success"
	m.Axon.ProcessTime = x.processTime()
	m.BodyHash = m.HashBody()
	body, err := m.Body(synapse.ResponseStyle)
	if err != nil {
		return &Error{Status: 500, Err: err}
	}
	h := x.writer.Header()
	m.SetHeaders(h)
	if x.call.Verified && !x.axon.options.Compat.UnsignedAnswers {
		signature, err := synapse.Sign(x.axon.key, synapse.AnswerText(x.call.Nonce, x.call.Hotkey, x.axon.hotkey, x.call.UUID, body))
		if err != nil {
			return &Error{Status: 500, Err: err}
		}
		h[synapse.AnswerSignature] = []string{signature}
	}
	x.send(http.StatusOK, body)
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
		x.axon.options.Log.Debug("request refused", "status", e.Status, "route", x.head.Name, "remote", x.call.Remote.String(), "reason", message)
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
	body := synapse.NewDict(synapse.Pair{Key: "message", Value: strings.ToValidUTF8(message, "?")})
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
	x.writer.WriteHeader(status)
	_, _ = x.writer.Write(body)
}
