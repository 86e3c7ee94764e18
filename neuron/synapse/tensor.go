package synapse

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Tensor is an array of numbers as peers written in Python send it (wire §7): use it as the type of a
// field. It stays packed until Elements or Floats open it, so the receiver says how large it may be.
//
//	type Embed struct {
//		Texts   []string        `wire:"texts"`
//		Vectors *synapse.Tensor `wire:"vectors,output"`
//	}
//
//	t, err := synapse.NewTensor([]float32{1, 2, 3, 4}, 2, 2)
//	numbers, err := synapse.Elements[float32](t, 1<<20)
//
// A required Tensor cannot be announced by a placeholder, so peers in Python need it to be optional or
// an output (wire §2.1).
type Tensor struct {
	Buffer string  `wire:"buffer"` // base64 of a msgpack map: see pack
	DType  string  `wire:"dtype"`  // float32 and so on, also in the form torch.float32
	Shape  []int64 `wire:"shape"`  // row-major; [0] may stand for a single number
}

// Element is what a tensor can hold in Go. Tensors of float16 are opened with Floats.
type Element interface {
	float32 | float64 | uint8 | int8 | int16 | int32 | int64 | bool
}

// ErrTensor is wrapped by errors about tensors that are not in the safe form.
var ErrTensor = errors.New("not an acceptable tensor")

// maxDims is the number of dimensions NumPy can have.
const maxDims = 32

// dtype is one type of numbers: its name, NumPy's description of it, and its size in bytes.
type dtype struct {
	name, descr string
	size        int64
}

// dtypes are those the wire allows.
var dtypes = []dtype{
	{"float16", "<f2", 2}, {"float32", "<f4", 4}, {"float64", "<f8", 8}, {"uint8", "|u1", 1},
	{"int8", "|i1", 1}, {"int16", "<i2", 2}, {"int32", "<i4", 4}, {"int64", "<i8", 8}, {"bool", "|b1", 1},
}

func dtypeBy(match func(dtype) bool) (dtype, bool) {
	i := slices.IndexFunc(dtypes, match)
	if i < 0 {
		return dtype{}, false
	}
	return dtypes[i], true
}

func dtypeOf[E Element]() dtype {
	var zero E
	d, _ := dtypeBy(func(d dtype) bool { return d.name == fmt.Sprintf("%T", zero) })
	return d
}

// NewTensor packs numbers in row-major order. Their count must be the product of the shape; no shape
// at all makes a row.
func NewTensor[E Element](data []E, shape ...int64) (Tensor, error) {
	if len(shape) == 0 {
		shape = []int64{int64(len(data))}
	}
	if n, err := count(shape); err != nil || n != int64(len(data)) {
		return Tensor{}, fmt.Errorf("%w: %d numbers do not have shape %v", ErrTensor, len(data), shape)
	}
	d := dtypeOf[E]()
	raw := make([]byte, 0, int64(len(data))*d.size)
	for _, v := range data {
		raw = appendElement(raw, any(v))
	}
	packed := pack(d.descr, shape, raw)
	return Tensor{base64.StdEncoding.EncodeToString(packed), d.name, slices.Clone(shape)}, nil
}

func appendElement(raw []byte, v any) []byte {
	le := binary.LittleEndian
	switch x := v.(type) {
	case float32:
		return le.AppendUint32(raw, math.Float32bits(x))
	case float64:
		return le.AppendUint64(raw, math.Float64bits(x))
	case uint8:
		return append(raw, x)
	case int8:
		return append(raw, byte(x))
	case int16:
		return le.AppendUint16(raw, uint16(x))
	case int32:
		return le.AppendUint32(raw, uint32(x))
	case int64:
		return le.AppendUint64(raw, uint64(x))
	case bool:
		if x {
			return append(raw, 1)
		}
	}
	return append(raw, 0)
}

// Elements opens a tensor whose numbers are of type E, in row-major order. maxBytes bounds their
// size; Tensor.Shape is then true of them. Errors wrap ErrTensor.
func Elements[E Element](t Tensor, maxBytes int64) ([]E, error) {
	d, want := t.dtype(), dtypeOf[E]()
	if d != want.name {
		return nil, fmt.Errorf("%w: it holds %s, not %s", ErrTensor, clip(t.DType), want.name)
	}
	packed, raw, err := t.open(maxBytes)
	if err != nil {
		return nil, err
	}
	if packed.name != d {
		return nil, fmt.Errorf("%w: it says %s and is packed as %s; open it with Floats", ErrTensor, d, packed.name)
	}
	out := make([]E, int64(len(raw))/packed.size)
	for i := range out {
		out[i] = element(packed.name, raw[int64(i)*packed.size:]).(E)
	}
	return out, nil
}

// Floats opens a tensor of any type, as numbers in row-major order; true is 1. maxBytes bounds the
// size of the packed numbers. Integers beyond 2^53 lose precision. Errors wrap ErrTensor.
func (t Tensor) Floats(maxBytes int64) ([]float64, error) {
	if t.dtype() == "" {
		return nil, fmt.Errorf("%w: type %q is unknown", ErrTensor, clip(t.DType))
	}
	packed, raw, err := t.open(maxBytes)
	if err != nil {
		return nil, err
	}
	out := make([]float64, int64(len(raw))/packed.size)
	for i := range out {
		out[i] = number(element(packed.name, raw[int64(i)*packed.size:]))
	}
	return out, nil
}

// element reads one number from the front of raw; float16 as float32.
func element(name string, raw []byte) any {
	le := binary.LittleEndian
	switch name {
	case "float16":
		return float16(le.Uint16(raw))
	case "float32":
		return math.Float32frombits(le.Uint32(raw))
	case "float64":
		return math.Float64frombits(le.Uint64(raw))
	case "uint8":
		return raw[0]
	case "int8":
		return int8(raw[0])
	case "int16":
		return int16(le.Uint16(raw))
	case "int32":
		return int32(le.Uint32(raw))
	case "int64":
		return int64(le.Uint64(raw))
	}
	return raw[0] != 0
}

func number(v any) float64 {
	switch x := v.(type) {
	case float32:
		return float64(x)
	case float64:
		return x
	case uint8:
		return float64(x)
	case int8:
		return float64(x)
	case int16:
		return float64(x)
	case int32:
		return float64(x)
	case int64:
		return float64(x)
	case bool:
		if x {
			return 1
		}
	}
	return 0
}

// float16 widens an IEEE 754 half: sign, 5 bits of exponent, 10 of fraction.
func float16(bits uint16) float32 {
	sign, exponent, fraction := float32(1), int(bits>>10&31), float32(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch {
	case exponent == 31 && fraction != 0:
		return float32(math.NaN())
	case exponent == 31:
		return sign * float32(math.Inf(1))
	case exponent == 0:
		return float32(math.Ldexp(float64(sign*fraction), -24))
	}
	return float32(math.Ldexp(float64(sign*(1024+fraction)), exponent-25))
}

// dtype is the stated type's plain name, "" when it is not one of the wire.
func (t Tensor) dtype() string {
	name := strings.TrimPrefix(t.DType, "torch.")
	d, _ := dtypeBy(func(d dtype) bool { return d.name == name })
	return d.name
}

// open checks everything about the packed form and returns the bytes of the numbers.
func (t Tensor) open(maxBytes int64) (dtype, []byte, error) {
	const slack = 1024 // for the map around the numbers
	if int64(base64.StdEncoding.DecodedLen(len(t.Buffer))) > maxBytes+slack {
		return dtype{}, nil, fmt.Errorf("%w: it is larger than %d bytes", ErrTensor, maxBytes)
	}
	raw, err := base64.StdEncoding.DecodeString(t.Buffer)
	if err != nil {
		return dtype{}, nil, fmt.Errorf("%w: its buffer is not base64", ErrTensor)
	}
	descr, shape, data, err := unpack(raw)
	if err != nil {
		return dtype{}, nil, fmt.Errorf("%w: %w", ErrTensor, err)
	}
	d, ok := dtypeBy(func(d dtype) bool { return d.descr == descr })
	if !ok {
		return dtype{}, nil, fmt.Errorf("%w: numbers of type %q", ErrTensor, clip(descr))
	}
	inner, err := count(shape)
	if err == nil && (inner > maxBytes/d.size || inner*d.size != int64(len(data))) {
		err = fmt.Errorf("%d bytes of %s do not have shape %v, or are more than %d", len(data), d.name, shape, maxBytes)
	}
	if err != nil {
		return dtype{}, nil, fmt.Errorf("%w: %w", ErrTensor, err)
	}
	single := len(shape) == 0 && slices.Equal(t.Shape, []int64{0})
	if outer, err := count(t.Shape); err != nil || outer != inner && !single {
		return dtype{}, nil, fmt.Errorf("%w: %d numbers do not have the stated shape", ErrTensor, inner)
	}
	return d, data, nil
}

// count is the product of a shape, checked.
func count(shape []int64) (int64, error) {
	if len(shape) > maxDims {
		return 0, fmt.Errorf("%d dimensions, at most %d", len(shape), maxDims)
	}
	n := int64(1)
	for _, d := range shape {
		if d < 0 || d > math.MaxInt32 || n > math.MaxInt32 {
			return 0, fmt.Errorf("a dimension of %d", d)
		}
		n *= d
	}
	return n, nil
}
