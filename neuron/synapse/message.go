package synapse

import (
	"encoding/base64"
	"fmt"
	"reflect"
)

// Message is one synapse as a tree: the base part and the schema's own fields, in order.
type Message struct {
	Envelope
	Fields *Dict

	schema *Schema
}

// Schema is the schema the message was built with.
func (m *Message) Schema() *Schema { return m.schema }

// Dump turns a struct of the schema's type, or a pointer to one, into a message. Its envelope has
// the name and the default timeout only.
func (s *Schema) Dump(v any) (*Message, error) {
	value := reflect.Indirect(reflect.ValueOf(v))
	if !value.IsValid() || value.Type() != s.goType {
		return nil, fmt.Errorf("synapse %s is a %v, not a %T", s.Name, s.goType, v)
	}
	fields, err := dumpFields(s.Fields, value, 0)
	if err != nil {
		return nil, fmt.Errorf("synapse %s: %w", s.Name, err)
	}
	return &Message{Envelope{Name: s.Name, Timeout: DefaultTimeout}, fields, s}, nil
}

// Parse reads a body (wire §3): order and unknown keys do not matter, the name is the schema's. It
// fails with an error that wraps ErrSyntax or is a *FieldError. The caller bounds len(body).
func (s *Schema) Parse(body []byte) (*Message, error) { return s.parse(body, false) }

// ParseWithNaN is Parse that also reads NaN, Infinity and -Infinity, which Python writes and JSON does
// not have.
func (s *Schema) ParseWithNaN(body []byte) (*Message, error) { return s.parse(body, true) }

func (s *Schema) parse(body []byte, nan bool) (*Message, error) {
	v, err := parseJSON(body, nan)
	if err != nil {
		return nil, err
	}
	d, ok := v.(*Dict)
	if !ok {
		return nil, &FieldError{Path: "body", Kind: "type", Want: "object"}
	}
	fields, err := coerceFields(s.Fields, d, "")
	if err != nil {
		return nil, err
	}
	m := &Message{Envelope{Name: s.Name, Timeout: DefaultTimeout}, fields, s}
	if v, ok := d.Get("timeout"); ok {
		timeout, err := coerce(&Type{Kind: Float, Optional: true}, v, "timeout")
		if err != nil {
			return nil, err
		}
		m.Timeout, _ = timeout.(float64) // null counts as 0
	}
	m.TotalSize = sizeFrom(d, "total_size")
	m.HeaderSize = sizeFrom(d, "header_size")
	for name, terminal := range map[string]*Terminal{"dendrite": &m.Dendrite, "axon": &m.Axon} {
		v, _ := d.Get(name)
		*terminal = terminalFrom(v)
	}
	return m, nil
}

func sizeFrom(d *Dict, name string) int64 {
	v, _ := d.Get(name)
	n, _ := v.(int64)
	return n
}

// Load stores the message's fields in a struct of the schema's type. It fails with a *FieldError
// where a number does not fit.
func (m *Message) Load(into any) error {
	value := reflect.ValueOf(into)
	if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Type() != m.schema.goType {
		return fmt.Errorf("synapse %s loads into a *%v, not a %T", m.Name, m.schema.goType, into)
	}
	return assignFields(m.schema.Fields, m.Fields, value.Elem(), "")
}

// Answer makes the message that an answer turns a request into: the request's own fields, with the
// outputs taken from the answer. Whatever else the peer sent back is dropped, so no peer can change
// what it was asked (wire §3, STRICT).
func (m *Message) Answer(answer *Message) *Message {
	out := &Message{Envelope: answer.Envelope, Fields: NewDict(m.Fields.pairs...), schema: m.schema}
	for i := range m.schema.Fields {
		if f := &m.schema.Fields[i]; f.Output && !f.Frozen {
			v, _ := answer.Fields.Get(f.Name)
			out.Fields.Set(f.Name, v)
		}
	}
	return out
}

// ParseAnswer reads an answer's body for this request: only the outputs have to fit the schema.
func (m *Message) ParseAnswer(body []byte) (*Message, error) {
	outputs := &Schema{Name: m.schema.Name}
	for _, f := range m.schema.Fields {
		if f.Output {
			outputs.Fields = append(outputs.Fields, f)
		}
	}
	answer, err := outputs.Parse(body)
	if err != nil {
		return nil, err
	}
	return m.Answer(answer), nil
}

// Body writes the full form (wire §3): base fields, then own fields, nulls included. The body hash
// is left empty there, it travels in a header.
func (m *Message) Body(style Style) ([]byte, error) {
	d := &Dict{pairs: make([]Pair, 0, len(baseFields)+m.Fields.Len())}
	d.pairs = append(d.pairs,
		Pair{"name", m.Name}, Pair{"timeout", m.Timeout}, Pair{"total_size", m.TotalSize}, Pair{"header_size", m.HeaderSize},
		Pair{"dendrite", m.Dendrite.dict()}, Pair{"axon", m.Axon.dict()}, Pair{"computed_body_hash", ""})
	d.pairs = append(d.pairs, m.Fields.pairs...)
	body, err := AppendJSON(make([]byte, 0, 1024), d, style)
	if err != nil {
		return nil, fmt.Errorf("synapse %s: %w", m.Name, err)
	}
	return body, nil
}

// placeholder is the empty value that announces a required field in a header, as base64 of its JSON;
// "" for null, which is not announced (wire §2.1).
func placeholder(v any) string {
	var text string
	switch v.(type) {
	case nil:
		return ""
	case bool:
		text = "false"
	case float64:
		text = "0.0"
	case string:
		text = `""`
	case []any:
		text = "[]"
	case *Dict:
		text = "{}"
	default:
		text = "0"
	}
	return base64.StdEncoding.EncodeToString([]byte(text))
}
