package synapse

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const (
	axonPrefix     = "bt_header_axon_"
	dendritePrefix = "bt_header_dendrite_"
	inputPrefix    = "bt_header_input_obj_"

	// AnswerSignature is our own header on answers; see AnswerText. Other peers ignore it.
	AnswerSignature = "ergon_answer_signature"

	maxHeaderValue = 8190 // bytes, what clients in Python accept
	maxStatusText  = 1024 // bytes of a status message
)

// Errors of ParseHeaders a server answers differently.
var (
	// ErrDuplicate: a header of the protocol came twice, so two readers might see two requests.
	ErrDuplicate = errors.New("duplicate header")
	// ErrHeader: a header does not parse.
	ErrHeader = errors.New("bad header")
)

// SetHeaders writes the message's headers (wire §2.1, §2.2). Names are stored in lower case, past
// http.Header's canonical form, because clients in Python compare case.
func (m *Message) SetHeaders(h http.Header) {
	put := func(name, value string) { h[name] = []string{value} }
	put("name", m.Name)
	put("timeout", PyStr(m.Timeout))
	putTerminal(put, axonPrefix, &m.Axon)
	putTerminal(put, dendritePrefix, &m.Dendrite)
	for i := range m.schema.Fields {
		if f := &m.schema.Fields[i]; f.Required {
			v, _ := m.Fields.Get(f.Name)
			if text := placeholder(v); text != "" {
				put(inputPrefix+f.Name, text)
			}
		}
	}
	put("header_size", strconv.FormatInt(m.HeaderSize, 10))
	put("total_size", strconv.FormatInt(m.TotalSize, 10))
	put("computed_body_hash", m.BodyHash)
}

// SetHeaders writes the headers of an answer that carries no message: an error (wire §2.3).
func (e *Envelope) SetHeaders(h http.Header) {
	put := func(name, value string) { h[name] = []string{value} }
	put("name", PrintableASCII(e.Name))
	put("timeout", PyStr(e.Timeout))
	putTerminal(put, axonPrefix, &e.Axon)
	putTerminal(put, dendritePrefix, &e.Dendrite)
}

func putTerminal(put func(name, value string), prefix string, t *Terminal) {
	for i, v := range t.values() {
		if v != nil {
			put(prefix+terminalFields[i], PrintableASCII(PyStr(v)))
		}
	}
}

// PrintableASCII makes text safe as a header value: no CR, LF or other control characters, nothing
// outside ASCII, at most 1 KiB.
func PrintableASCII(text string) string {
	clean := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return '?'
		}
		return r
	}, text)
	return clean[:min(len(clean), maxStatusText)]
}

// ParseHeaders reads the header-stage view of a message from either direction, names in any case.
// Placeholders and unknown names are ignored. Missing values are null; the timeout's default is
// 12 s. Errors wrap ErrDuplicate or ErrHeader. With lenient, the last of duplicates counts.
func ParseHeaders(h http.Header, lenient bool) (Envelope, error) {
	e := Envelope{Timeout: DefaultTimeout}
	seen := make(map[string]bool, len(h))
	for key, values := range h {
		name := strings.ToLower(key)
		if !ours(name) || len(values) == 0 {
			continue
		}
		if (len(values) > 1 || seen[name]) && !lenient {
			return e, fmt.Errorf("%w %s", ErrDuplicate, clip(name))
		}
		seen[name] = true
		value := values[len(values)-1]
		if len(value) > maxHeaderValue {
			return e, fmt.Errorf("%w: %s has %d bytes, at most %d", ErrHeader, clip(name), len(value), maxHeaderValue)
		}
		if err := e.set(name, value); err != nil {
			return e, fmt.Errorf("%w: %w", ErrHeader, err)
		}
	}
	return e, nil
}

func ours(name string) bool {
	switch name {
	case "name", "timeout", "computed_body_hash", "header_size", "total_size", AnswerSignature:
		return true
	}
	return strings.HasPrefix(name, "bt_header_")
}

func (e *Envelope) set(name, value string) (err error) {
	switch name {
	case "name":
		e.Name = value
	case "timeout":
		e.Timeout, err = parseSeconds(value)
	case "computed_body_hash":
		e.BodyHash = value
	case "header_size":
		e.HeaderSize, err = strconv.ParseInt(value, 10, 64)
	case "total_size":
		e.TotalSize, err = strconv.ParseInt(value, 10, 64)
	default:
		if field, ok := strings.CutPrefix(name, axonPrefix); ok {
			return e.Axon.set(field, value)
		}
		if field, ok := strings.CutPrefix(name, dendritePrefix); ok {
			return e.Dendrite.set(field, value)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
