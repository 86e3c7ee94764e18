package synapse

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// dump turns a Go value into a tree of the declared type. Map keys come out sorted.
func dump(t *Type, v reflect.Value, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, nil
		}
		v = v.Elem()
	}
	switch t.Kind {
	case Any:
		return normalise(v.Interface(), depth)
	case Int:
		if v.CanInt() {
			return v.Int(), nil
		}
		if u := v.Uint(); u > math.MaxInt64 {
			return new(big.Int).SetUint64(u), nil
		}
		return int64(v.Uint()), nil
	case Float:
		return normalise(v.Float(), depth)
	case Bool:
		return v.Bool(), nil
	case String:
		if !utf8.ValidString(v.String()) {
			return nil, fmt.Errorf("text is not valid UTF-8")
		}
		return v.String(), nil
	case List:
		return dumpList(t, v, depth)
	case DictOf:
		return dumpMap(t, v, depth)
	}
	return dumpFields(t.Fields, v, depth)
}

func dumpList(t *Type, v reflect.Value, depth int) (any, error) {
	if v.IsNil() && t.Optional {
		return nil, nil
	}
	out := make([]any, v.Len())
	for i := range out {
		var err error
		if out[i], err = dump(t.Elem, v.Index(i), depth+1); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return out, nil
}

func dumpMap(t *Type, v reflect.Value, depth int) (any, error) {
	if v.IsNil() && t.Optional {
		return nil, nil
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	out := &Dict{pairs: make([]Pair, 0, len(keys))}
	for _, k := range keys {
		if !utf8.ValidString(k.String()) {
			return nil, fmt.Errorf("a key is not valid UTF-8")
		}
		e, err := dump(t.Elem, v.MapIndex(k), depth+1)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", clip(k.String()), err)
		}
		out.Set(k.String(), e)
	}
	return out, nil
}

func dumpFields(fields []Field, v reflect.Value, depth int) (*Dict, error) {
	out := &Dict{pairs: make([]Pair, 0, len(fields))}
	for i := range fields {
		f := &fields[i]
		e, err := dump(&f.Type, v.Field(f.index), depth+1)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", f.Name, err)
		}
		out.Set(f.Name, e)
	}
	return out, nil
}

// assign stores a coerced tree value in a Go value, failing where it does not fit its width.
func assign(t *Type, v any, into reflect.Value, path string) error {
	if v == nil {
		into.SetZero()
		return nil
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	switch t.Kind {
	case Any:
		into.Set(reflect.ValueOf(v))
	case Int:
		return assignInt(v, into, path)
	case Float:
		into.SetFloat(v.(float64))
	case Bool:
		into.SetBool(v.(bool))
	case String:
		into.SetString(v.(string))
	case List:
		list := v.([]any)
		into.Set(reflect.MakeSlice(into.Type(), len(list), len(list)))
		for i, e := range list {
			if err := assign(t.Elem, e, into.Index(i), path); err != nil {
				return err
			}
		}
	case DictOf:
		return assignMap(t, v.(*Dict), into, path)
	case Object:
		return assignFields(t.Fields, v.(*Dict), into, path)
	}
	return nil
}

func assignInt(v any, into reflect.Value, path string) error {
	n, small := v.(int64)
	if into.CanInt() {
		if !small || into.OverflowInt(n) {
			return typeError(path, into.Type().String())
		}
		into.SetInt(n)
		return nil
	}
	u := uint64(n)
	if b, ok := v.(*big.Int); ok {
		u, small = b.Uint64(), b.IsUint64()
	} else {
		small = n >= 0
	}
	if !small || into.OverflowUint(u) {
		return typeError(path, into.Type().String())
	}
	into.SetUint(u)
	return nil
}

func assignMap(t *Type, d *Dict, into reflect.Value, path string) error {
	into.Set(reflect.MakeMapWithSize(into.Type(), d.Len()))
	for _, p := range d.pairs {
		e := reflect.New(into.Type().Elem()).Elem()
		if err := assign(t.Elem, p.Value, e, path); err != nil {
			return err
		}
		into.SetMapIndex(reflect.ValueOf(p.Key).Convert(into.Type().Key()), e)
	}
	return nil
}

func assignFields(fields []Field, d *Dict, into reflect.Value, path string) error {
	for i := range fields {
		f := &fields[i]
		v, _ := d.Get(f.Name)
		if err := assign(&f.Type, v, into.Field(f.index), path+f.Name); err != nil {
			return err
		}
	}
	return nil
}
