package interop

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ergon-network/ergon/neuron/axon"
	"github.com/ergon-network/ergon/neuron/dendrite"
	"github.com/ergon-network/ergon/neuron/synapse"
)

// kind is one message that both sides know: a field `value` of some type and a text that the one who
// answers fills with the hash it computed over what arrived, so that a value which changes on the
// way shows.
type kind struct {
	name   string
	python string // the annotation of value in testdata/peer.py
	stream bool   // answered by a stream
	hashed bool   // value is a hash field, so that the signature covers it
	draw   func(r *rand.Rand) any
	attach func(a *axon.Axon) error
	ask    func(ctx context.Context, d *dendrite.Dendrite, targets []dendrite.Target, value any, timeout time.Duration) ([]outcome, error)
}

// The messages. Each mirrors a class that peer.py makes of the same name and annotation.
type (
	HashInt struct {
		Value  int64   `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashFloat struct {
		Value  float64 `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashBool struct {
		Value  bool    `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashText struct {
		Value  string  `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashInts struct {
		Value  []int64 `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashFloats struct {
		Value  []float64 `wire:"value"`
		Answer *string   `wire:"answer,output"`
	}
	HashTexts struct {
		Value  []string `wire:"value"`
		Answer *string  `wire:"answer,output"`
	}
	HashList struct {
		Value  []any   `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashTable struct {
		Value  map[string]int64 `wire:"value"`
		Answer *string          `wire:"answer,output"`
	}
	HashDict struct {
		Value  any     `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashAny struct {
		Value  any     `wire:"value,optional"`
		Answer *string `wire:"answer,output"`
	}
	HashMaybe struct {
		Value  *string `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashNumber struct {
		Value  *float64 `wire:"value"`
		Answer *string  `wire:"answer,output"`
	}
	Inner struct {
		A int64    `wire:"a,default=0"`
		B []string `wire:"b,default=[]"`
		C *float64 `wire:"c"`
	}
	HashObject struct {
		Value  Inner   `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashObjects struct {
		Value  []Inner `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	HashTensor struct {
		Value  *synapse.Tensor `wire:"value"`
		Answer *string         `wire:"answer,output"`
	}
	// Plain has the SDK's default, no hash fields: only its sender is authenticated.
	Plain struct {
		Value  string  `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	// Act asks for a behaviour: see actions.
	Act struct {
		Value  string  `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
	// Barred is refused to everybody by its blacklist.
	Barred struct {
		Value  string  `wire:"value"`
		Answer *string `wire:"answer,output"`
	}
)

// HashFields is the SDK's default.
func (Plain) HashFields() []string { return nil }

// kinds are all messages, in the order of their names, which is the order in which our axon lists
// its routes.
func kinds() []kind {
	out := []kind{
		newKind("int", drawInt, func(m *HashInt) **string { return &m.Answer }),
		newKind("float", drawFloat, func(m *HashFloat) **string { return &m.Answer }),
		newKind("bool", func(r *rand.Rand) any { return r.IntN(2) == 1 }, func(m *HashBool) **string { return &m.Answer }),
		newKind("str", drawText, func(m *HashText) **string { return &m.Answer }),
		newKind("List[int]", list(drawInt), func(m *HashInts) **string { return &m.Answer }),
		newKind("List[float]", list(drawFloat), func(m *HashFloats) **string { return &m.Answer }),
		newKind("List[str]", list(drawText), func(m *HashTexts) **string { return &m.Answer }),
		newKind("list", list(drawAny(2)), func(m *HashList) **string { return &m.Answer }),
		newKind("Dict[str, int]", drawTable, func(m *HashTable) **string { return &m.Answer }),
		newKind("dict", drawDict(2), func(m *HashDict) **string { return &m.Answer }),
		newKind("Any", drawAny(3), func(m *HashAny) **string { return &m.Answer }),
		newKind("Optional[str]", maybe(drawText), func(m *HashMaybe) **string { return &m.Answer }),
		newKind("Optional[float]", maybe(drawFloat), func(m *HashNumber) **string { return &m.Answer }),
		newKind("Inner", drawInner, func(m *HashObject) **string { return &m.Answer }),
		newKind("List[Inner]", list(drawInner), func(m *HashObjects) **string { return &m.Answer }),
		newKind("str", drawText, func(m *Plain) **string { return &m.Answer }),
		newKind("str", drawText, func(m *Barred) **string { return &m.Answer }, axon.WithBlacklist(func(axon.Call) error { return errUnlucky })),
		newActs(),
		newFlow(),
		newTensors(),
	}
	slices.SortFunc(out, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return out
}

func kindNamed(name string) kind {
	all := kinds()
	return all[slices.IndexFunc(all, func(k kind) bool { return k.name == name })]
}

func newKind[T any](python string, draw func(*rand.Rand) any, answer func(*T) **string, options ...axon.RouteOption) kind {
	schema, err := synapse.For[T]()
	if err != nil {
		panic(err)
	}
	return kind{
		name: schema.Name, python: python, hashed: len(schema.HashFields) > 0, draw: draw,
		attach: func(a *axon.Axon) error {
			return axon.Handle(a, func(_ context.Context, _ axon.Call, m *T) error {
				arrived, err := schema.Dump(m)
				if err != nil {
					return err
				}
				hash := arrived.HashBody()
				*answer(m) = &hash
				return nil
			}, options...)
		},
		ask: func(ctx context.Context, d *dendrite.Dendrite, targets []dendrite.Target, value any, timeout time.Duration) ([]outcome, error) {
			return query(ctx, d, schema, targets, value, timeout, answer)
		},
	}
}

// query asks with our dendrite, building the question from a tree as a reader of JSON would.
func query[T any](ctx context.Context, d *dendrite.Dendrite, schema *synapse.Schema, targets []dendrite.Target, value any, timeout time.Duration, answer func(*T) **string) ([]outcome, error) {
	body, err := synapse.AppendJSON(nil, synapse.NewDict(synapse.Pair{Key: "value", Value: value}), synapse.RequestStyle)
	if err != nil {
		return nil, err
	}
	m, err := schema.Parse(body)
	question := new(T)
	if err == nil {
		err = m.Load(question)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", schema.Name, body, err)
	}
	var out []outcome
	for _, r := range dendrite.Query(ctx, d, targets, question, dendrite.WithTimeout(timeout)) {
		o := outcome{Status: r.Status, Message: r.Message}
		if r.OK() {
			o.Message = "Success"
		}
		got, err := schema.Dump(r.Answer)
		if err != nil {
			return nil, err
		}
		v, _ := got.Fields.Get("value")
		o.Value = synapse.PyRepr(v)
		if a := *answer(r.Answer); a != nil {
			o.Answer = *a
		}
		out = append(out, o)
	}
	return out, nil
}

func list(item func(*rand.Rand) any) func(*rand.Rand) any {
	return func(r *rand.Rand) any {
		out := make([]any, r.IntN(5))
		for i := range out {
			out[i] = item(r)
		}
		return out
	}
}

func maybe(item func(*rand.Rand) any) func(*rand.Rand) any {
	return func(r *rand.Rand) any {
		if r.IntN(3) == 0 {
			return nil
		}
		return item(r)
	}
}

// drawInt covers what is lost in a float64, and both ends.
func drawInt(r *rand.Rand) any {
	edges := []int64{0, -1, 1 << 53, 1<<53 + 1, math.MaxInt64, math.MinInt64}
	if i := r.IntN(2 * len(edges)); i < len(edges) {
		return edges[i]
	}
	return r.Int64() >> r.IntN(64)
}

// drawFloat covers both sides of the thresholds of Python's exponent form, integral values, and the
// signs of zero.
func drawFloat(r *rand.Rand) any {
	edges := []float64{0, math.Copysign(0, -1), 1, 1e15, 9999999999999998, 1e16, 1e-4, 1e-5, 1e22, 5e-324, math.MaxFloat64, 0.1}
	if i := r.IntN(2 * len(edges)); i < len(edges) {
		return edges[i]
	}
	return (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(60)-30))
}

// drawText mixes what Python quotes, escapes and prints.
func drawText(r *rand.Rand) any {
	pieces := []string{
		"a", "Z9", " ", "it's", `"`, `\`, "\n\r\t", "\x00", "\x7f", "\u00a0", "ü", "ß", "λόγος", "日本", "e\u0301", "\u200b", "\ufeff", "🙂", "\u2028",
		"\ue000", "\U0010ffff", "</Bytes>", "%s", "None", "0x",
	}
	var b strings.Builder
	for range r.IntN(6) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

// drawTable has its keys in order: our struct holds a Go map, which has no order of its own.
func drawTable(r *rand.Rand) any {
	d := synapse.NewDict()
	for i := range r.IntN(4) {
		d.Set(fmt.Sprintf("%c%v", 'a'+i, drawText(r)), drawInt(r))
	}
	return d
}

// drawDict has its keys in any order.
func drawDict(depth int) func(*rand.Rand) any {
	return func(r *rand.Rand) any {
		d := synapse.NewDict()
		for range r.IntN(4) {
			d.Set(drawText(r).(string), drawAny(depth-1)(r))
		}
		return d
	}
}

func drawAny(depth int) func(*rand.Rand) any {
	return func(r *rand.Rand) any {
		scalars := []func(*rand.Rand) any{
			drawInt, drawFloat, drawText, func(*rand.Rand) any { return nil }, func(*rand.Rand) any { return true },
			func(*rand.Rand) any { return new(big.Int).Lsh(big.NewInt(-3), 80) },
		}
		n := len(scalars)
		if depth > 0 {
			n += 2
		}
		switch i := r.IntN(n); i - len(scalars) {
		case 0:
			return list(drawAny(depth - 1))(r)
		case 1:
			return drawDict(depth)(r)
		default:
			return scalars[i](r)
		}
	}
}

// drawTensor packs numbers of several types and shapes.
func drawTensor(r *rand.Rand) any {
	rows, columns := int64(1+r.IntN(3)), int64(1+r.IntN(3))
	pack := []func() (synapse.Tensor, error){
		func() (synapse.Tensor, error) {
			return packed(rows, columns, func() float32 { return float32(r.NormFloat64()) })
		},
		func() (synapse.Tensor, error) { return packed(rows, columns, r.NormFloat64) },
		func() (synapse.Tensor, error) { return packed(rows, columns, func() int64 { return r.Int64() >> 12 }) },
		func() (synapse.Tensor, error) {
			return packed(rows, columns, func() uint8 { return uint8(r.Uint32()) })
		},
		func() (synapse.Tensor, error) { return packed(rows, columns, func() bool { return r.IntN(2) == 1 }) },
	}
	t, err := pack[r.IntN(len(pack))]()
	if err != nil {
		panic(err)
	}
	shape := make([]any, len(t.Shape))
	for i, n := range t.Shape {
		shape[i] = n
	}
	return synapse.NewDict(synapse.Pair{Key: "buffer", Value: t.Buffer}, synapse.Pair{Key: "dtype", Value: t.DType}, synapse.Pair{Key: "shape", Value: shape})
}

func packed[E synapse.Element](rows, columns int64, next func() E) (synapse.Tensor, error) {
	data := make([]E, rows*columns)
	for i := range data {
		data[i] = next()
	}
	return synapse.NewTensor(data, rows, columns)
}

// newTensors is the message whose answer also says what is in the tensor, so that both sides have to
// open what the other one packed.
func newTensors() kind {
	k := newKind("Optional[Tensor]", drawTensor, func(m *HashTensor) **string { return &m.Answer })
	k.attach = func(a *axon.Axon) error {
		return axon.Handle(a, func(_ context.Context, _ axon.Call, m *HashTensor) error {
			if m.Value == nil {
				return axon.Errorf(422, "no tensor")
			}
			numbers, err := m.Value.Floats(1 << 10)
			if err != nil {
				return err
			}
			open := make([]any, len(numbers))
			for i, n := range numbers {
				open[i] = n
			}
			text := synapse.PyStr(open)
			m.Answer = &text
			return nil
		})
	}
	return k
}

func drawInner(r *rand.Rand) any {
	return synapse.NewDict(synapse.Pair{Key: "a", Value: drawInt(r)}, synapse.Pair{Key: "b", Value: list(drawText)(r)}, synapse.Pair{Key: "c", Value: maybe(drawFloat)(r)})
}
