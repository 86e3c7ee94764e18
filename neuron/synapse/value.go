package synapse

import (
	"fmt"
	"math"
	"math/big"
	"unicode/utf8"
)

// Pair is one entry of a Dict.
type Pair struct {
	Key   string
	Value any
}

// Dict is a JSON object that keeps insertion order; a repeated key keeps its first position and its
// last value, as in Python. The zero value is empty and ready. Not safe for concurrent writes.
type Dict struct {
	pairs []Pair
	index map[string]int // built once the dict outgrows a linear scan
}

// linearDict is the size up to which a scan beats a map.
const linearDict = 16

// NewDict makes a dict of the given pairs.
func NewDict(pairs ...Pair) *Dict {
	d := &Dict{}
	for _, p := range pairs {
		d.Set(p.Key, p.Value)
	}
	return d
}

func (d *Dict) find(key string) int {
	if d.index != nil {
		if i, ok := d.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range d.pairs {
		if d.pairs[i].Key == key {
			return i
		}
	}
	return -1
}

// Set adds or replaces the value of key.
func (d *Dict) Set(key string, value any) {
	if i := d.find(key); i >= 0 {
		d.pairs[i].Value = value
		return
	}
	d.pairs = append(d.pairs, Pair{key, value})
	if d.index != nil {
		d.index[key] = len(d.pairs) - 1
	} else if len(d.pairs) > linearDict {
		d.index = make(map[string]int, 2*len(d.pairs))
		for i, p := range d.pairs {
			d.index[p.Key] = i
		}
	}
}

// Get returns the value of key, and whether there is one.
func (d *Dict) Get(key string) (any, bool) {
	if i := d.find(key); i >= 0 {
		return d.pairs[i].Value, true
	}
	return nil, false
}

// Len is the number of entries.
func (d *Dict) Len() int { return len(d.pairs) }

// Pairs are the entries in order; the caller must not change them.
func (d *Dict) Pairs() []Pair { return d.pairs }

// maxDepth bounds nesting of bodies and schemas.
const maxDepth = 64

// normalise turns what Go code may put into a field of type any into a tree.
func normalise(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("value nested deeper than %d levels", maxDepth)
	}
	switch x := v.(type) {
	case nil, bool, int64, *big.Int:
		return x, nil
	case int:
		return int64(x), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%v cannot travel as JSON", x)
		}
		return x, nil
	case string:
		if !utf8.ValidString(x) {
			return nil, fmt.Errorf("text is not valid UTF-8")
		}
		return x, nil
	case []any:
		out := make([]any, len(x))
		for i, e := range x {
			var err error
			if out[i], err = normalise(e, depth+1); err != nil {
				return nil, err
			}
		}
		return out, nil
	case *Dict:
		out := &Dict{}
		for _, p := range x.pairs {
			e, err := normalise(p.Value, depth+1)
			if err != nil {
				return nil, err
			}
			out.Set(p.Key, e)
		}
		return out, nil
	}
	return nil, fmt.Errorf("a field of type any cannot hold %T; use int, float64, bool, string, []any or *synapse.Dict", v)
}
