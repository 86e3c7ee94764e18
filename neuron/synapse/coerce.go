package synapse

import (
	"fmt"
	"math"
	"math/big"
	"slices"
)

// FieldError says which field of a body does not fit the schema. Kind follows the receivers written
// in Python: "missing" or "type".
type FieldError struct {
	Path string // dotted
	Kind string
	Want string
}

func (e *FieldError) Error() string {
	if e.Kind == "missing" {
		return fmt.Sprintf("field %s is missing", e.Path)
	}
	return fmt.Sprintf("field %s is not %s", e.Path, e.Want)
}

func typeError(path, want string) error { return &FieldError{Path: path, Kind: "type", Want: want} }

// coerce fits a parsed value to its declared type, as a Python receiver would before hashing it: 1
// becomes 1.0 in a float field and 1.0 becomes 1 in an int field, objects take the declared field
// order, unknown keys go and defaults come in. Text is never turned into a number.
func coerce(t *Type, v any, path string) (any, error) {
	if v == nil {
		if !t.Optional {
			return nil, typeError(path, t.Kind.String())
		}
		return nil, nil
	}
	switch t.Kind {
	case Any:
		return v, nil
	case Int:
		return coerceInt(v, path)
	case Float:
		return coerceFloat(v, path)
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case String:
		if s, ok := v.(string); ok {
			return s, nil
		}
	case List:
		if text, ok := v.(string); ok && t.text {
			var err error
			if v, err = ParseJSON([]byte(text)); err != nil {
				break
			}
		}
		if l, ok := v.([]any); ok {
			return coerceList(t.Elem, l, path)
		}
	case DictOf:
		if d, ok := v.(*Dict); ok {
			return coerceDict(t.Elem, d, path)
		}
	case Object:
		if d, ok := v.(*Dict); ok {
			return coerceFields(t.Fields, d, path+".")
		}
	}
	return nil, typeError(path, t.Kind.String())
}

func coerceInt(v any, path string) (any, error) {
	switch x := v.(type) {
	case int64, *big.Int:
		return x, nil
	case float64:
		if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
			return int64(x), nil
		}
	}
	return nil, typeError(path, "int")
}

func coerceFloat(v any, path string) (any, error) {
	switch x := v.(type) {
	case float64:
		return x, nil
	case int64:
		return float64(x), nil
	case *big.Int:
		if f, _ := new(big.Float).SetInt(x).Float64(); !math.IsInf(f, 0) {
			return f, nil
		}
	}
	return nil, typeError(path, "float")
}

func coerceList(elem *Type, list []any, path string) (any, error) {
	out := make([]any, len(list))
	for i, e := range list {
		var err error
		if out[i], err = coerce(elem, e, fmt.Sprintf("%s.%d", path, i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func coerceDict(elem *Type, d *Dict, path string) (any, error) {
	out := &Dict{pairs: make([]Pair, 0, d.Len())}
	for _, p := range d.pairs {
		v, err := coerce(elem, p.Value, path+"."+clip(p.Key))
		if err != nil {
			return nil, err
		}
		out.Set(p.Key, v)
	}
	return out, nil
}

// coerceFields builds an object's declared fields, in order, out of what arrived.
func coerceFields(fields []Field, d *Dict, prefix string) (*Dict, error) {
	out := &Dict{pairs: make([]Pair, 0, len(fields))}
	for i := range fields {
		f := &fields[i]
		v, present := d.Get(f.Name)
		if !present {
			if f.Required {
				return nil, &FieldError{Path: prefix + f.Name, Kind: "missing"}
			}
			out.Set(f.Name, f.Default)
			continue
		}
		v, err := coerce(&f.Type, v, prefix+f.Name)
		if err != nil {
			return nil, err
		}
		out.Set(f.Name, v)
	}
	return out, nil
}

// clip keeps attacker-chosen text out of long errors.
func clip(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(slices.Concat(runes[:40], []rune("…")))
	}
	return s
}
