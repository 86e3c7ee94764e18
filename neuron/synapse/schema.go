package synapse

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Kind is the wire type of a value.
type Kind int

// The kinds of values a field can have (wire §7).
const (
	Int Kind = iota + 1
	Float
	Bool
	String
	List
	DictOf
	Object
	Any
)

func (k Kind) String() string {
	return [...]string{"?", "int", "float", "bool", "str", "list", "dict", "object", "any"}[k]
}

// Type is a field's type. Elem is set for List and DictOf, Fields for Object.
type Type struct {
	Kind     Kind
	Optional bool // null is a value
	Elem     *Type
	Fields   []Field

	text bool // a list that may also come as the text of one: a tensor's shape (wire §7)
}

// Field is one declared field.
type Field struct {
	Name     string
	Type     Type
	Required bool // must be present
	Default  any  // tree value when absent
	Output   bool // filled by the one who answers
	Frozen   bool // an answer may not change it

	index int // position in the Go struct
}

// Schema describes one message. It is immutable and safe for concurrent use.
type Schema struct {
	Name       string
	Fields     []Field
	HashFields []string // in hashing order; may name name, timeout, total_size, header_size

	goType reflect.Type
}

// Echo is the message without fields of its own that every axon answers: the ping.
type Echo struct{}

// SynapseName is the base class's name.
func (Echo) SynapseName() string { return "Synapse" }

// baseFields are what every message has before its own fields (wire §3).
var baseFields = []string{"name", "timeout", "total_size", "header_size", "dendrite", "axon", "computed_body_hash"}

const maxFields = 256

// For derives the schema of T from its wire tags; see the package comment. Do it once and keep it.
func For[T any]() (*Schema, error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("synapse %v: a message is a struct", t)
	}
	s := &Schema{Name: t.Name(), goType: t}
	var zero T
	if n, ok := any(&zero).(interface{ SynapseName() string }); ok {
		s.Name = n.SynapseName()
	}
	if !isIdentifier(s.Name) {
		return nil, fmt.Errorf("synapse %v: %q cannot be a URL path segment and class name; add a method SynapseName() string", t, s.Name)
	}
	fields, err := structFields(t, 0)
	if err != nil {
		return nil, fmt.Errorf("synapse %s: %w", s.Name, err)
	}
	s.Fields = fields
	for _, f := range fields {
		if slices.Contains(baseFields, f.Name) {
			return nil, fmt.Errorf("synapse %s: field name %q belongs to the base message", s.Name, f.Name)
		}
		if !f.Output {
			s.HashFields = append(s.HashFields, f.Name)
		}
	}
	if h, ok := any(&zero).(interface{ HashFields() []string }); ok {
		s.HashFields = slices.Clone(h.HashFields())
	}
	return s, s.checkHashFields()
}

func (s *Schema) checkHashFields() error {
	for _, name := range s.HashFields {
		known := slices.Contains(baseFields[:4], name) || s.field(name) != nil
		if !known {
			return fmt.Errorf("synapse %s: hash field %q is not a field", s.Name, name)
		}
	}
	return nil
}

func (s *Schema) field(name string) *Field {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i]
		}
	}
	return nil
}

func isIdentifier(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != "" && len(name) <= 128
}

func structFields(t reflect.Type, depth int) ([]Field, error) {
	if t.NumField() > maxFields {
		return nil, fmt.Errorf("%v has more than %d fields", t, maxFields)
	}
	var fields []Field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("wire")
		if tag == "-" || !sf.IsExported() && !tagged {
			continue
		}
		if !tagged || !sf.IsExported() {
			return nil, fmt.Errorf("field %s of %v: export it and tag it `wire:\"name\"`, or `wire:\"-\"` to leave it out", sf.Name, t)
		}
		f, err := parseField(sf, tag, depth)
		if err != nil {
			return nil, fmt.Errorf("field %s of %v: %w", sf.Name, t, err)
		}
		if slices.ContainsFunc(fields, func(g Field) bool { return g.Name == f.Name }) {
			return nil, fmt.Errorf("field %s of %v: wire name %q is used twice", sf.Name, t, f.Name)
		}
		f.index = i
		fields = append(fields, f)
	}
	return fields, nil
}

func parseField(sf reflect.StructField, tag string, depth int) (Field, error) {
	var f Field
	tag, def, hasDefault := strings.Cut(tag, ",default=")
	parts := strings.Split(tag, ",")
	f.Name = parts[0]
	if !isIdentifier(f.Name) || f.Name != strings.ToLower(f.Name) {
		return f, fmt.Errorf("wire name %q: use lower-case letters, digits and '_'", f.Name)
	}
	typ, err := typeOf(sf.Type, depth+1)
	if err != nil {
		return f, err
	}
	f.Type = typ
	f.Required = !hasDefault && (!typ.Optional || typ.Kind == Any)
	for _, option := range parts[1:] {
		switch option {
		case "output":
			f.Output, f.Required, f.Type.Optional = true, false, true
		case "optional":
			f.Required, f.Type.Optional = false, true
			if k := sf.Type.Kind(); k != reflect.Pointer && k != reflect.Slice && k != reflect.Map && k != reflect.Interface {
				return f, fmt.Errorf("an optional %v must be a pointer, or null and zero look alike", sf.Type)
			}
		case "frozen":
			f.Frozen = true
		default:
			return f, fmt.Errorf("unknown option %q", option)
		}
	}
	if hasDefault {
		raw, err := ParseJSON([]byte(def))
		if err == nil {
			f.Default, err = coerce(&f.Type, raw, f.Name)
		}
		if err != nil {
			return f, fmt.Errorf("default: %w", err)
		}
	}
	return f, nil
}

func typeOf(t reflect.Type, depth int) (Type, error) {
	if depth > maxDepth {
		return Type{}, fmt.Errorf("%v is nested too deeply or contains itself", t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		inner, err := typeOf(t.Elem(), depth+1)
		if err == nil && inner.Optional {
			err = fmt.Errorf("%v: a pointer to what may be null already", t)
		}
		inner.Optional = true
		return inner, err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Type{Kind: Int}, nil
	case reflect.Float32, reflect.Float64:
		return Type{Kind: Float}, nil
	case reflect.Bool:
		return Type{Kind: Bool}, nil
	case reflect.String:
		return Type{Kind: String}, nil
	case reflect.Slice:
		elem, err := typeOf(t.Elem(), depth+1)
		if t.Elem().Kind() == reflect.Uint8 {
			return Type{}, fmt.Errorf("%v: bytes have no wire form; use base64 text", t)
		}
		return Type{Kind: List, Elem: &elem}, err
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			return Type{}, fmt.Errorf("%v: keys must be text", t)
		}
		elem, err := typeOf(t.Elem(), depth+1)
		return Type{Kind: DictOf, Elem: &elem}, err
	case reflect.Struct:
		fields, err := structFields(t, depth+1)
		if t == reflect.TypeFor[Tensor]() {
			fields[len(fields)-1].Type.text = true
		}
		return Type{Kind: Object, Fields: fields}, err
	case reflect.Interface:
		if t.NumMethod() == 0 { // null is a value, absence is not
			return Type{Kind: Any, Optional: true}, nil
		}
	}
	return Type{}, fmt.Errorf("%v has no wire form", t)
}
