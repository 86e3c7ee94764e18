package synapse

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type tensorVector struct {
	Values        json.RawMessage
	Buffer, DType string
	Shape         []int64
}

func tensorVectors(t testing.TB) []tensorVector {
	t.Helper()
	var v struct{ Tensor []tensorVector }
	raw, err := os.ReadFile("testdata/wire.json")
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	if err != nil || len(v.Tensor) == 0 {
		t.Fatalf("%d tensors, %v", len(v.Tensor), err)
	}
	return v.Tensor
}

// numbersOf flattens nested JSON lists of numbers and booleans.
func numbersOf(v any) (out []float64) {
	switch x := v.(type) {
	case []any:
		for _, e := range x {
			out = append(out, numbersOf(e)...)
		}
		return out
	case bool:
		return []float64{number(x)}
	}
	return []float64{v.(float64)}
}

// repacked opens a tensor as what it says it is and packs it again.
func repacked(t *testing.T, in Tensor) Tensor {
	t.Helper()
	again := map[string]func() (Tensor, error){
		"float32": repack[float32](in), "float64": repack[float64](in), "uint8": repack[uint8](in), "int8": repack[int8](in),
		"int16": repack[int16](in), "int32": repack[int32](in), "int64": repack[int64](in), "bool": repack[bool](in),
	}
	out, err := again[in.DType]()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func repack[E Element](in Tensor) func() (Tensor, error) {
	return func() (Tensor, error) {
		data, err := Elements[E](in, 1<<20)
		if err != nil {
			return Tensor{}, err
		}
		return NewTensor(data, in.Shape...)
	}
}

// The recorded tensors are read right and written byte for byte.
func TestTensorVectors(t *testing.T) {
	for _, c := range tensorVectors(t) {
		in := Tensor{c.Buffer, c.DType, c.Shape}
		var values any
		if err := json.Unmarshal(c.Values, &values); err != nil {
			t.Fatal(err)
		}
		got, err := in.Floats(1 << 20)
		if err != nil || !slices.Equal(got, numbersOf(values)) {
			t.Errorf("%s %v: %v, %v, want %s", c.DType, c.Shape, got, err, c.Values)
		}
		if out := repacked(t, in); out.Buffer != c.Buffer || out.DType != c.DType {
			t.Errorf("%s %v is packed as %s, want %s", c.DType, c.Shape, out.Buffer, c.Buffer)
		}
	}
}

func TestTensorRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOf(rapid.Int64()).Draw(t, "data")
		in, err := NewTensor(data, int64(len(data)), 1)
		if err != nil {
			t.Fatal(err)
		}
		out, err := Elements[int64](in, int64(8*len(data)))
		if err != nil || !slices.Equal(in.Shape, []int64{int64(len(data)), 1}) || !slices.Equal(out, data) {
			t.Fatalf("%v, %v", out, err)
		}
	})
	wide, err := NewTensor(make([]float32, 1<<17), 2, 1, 1<<16, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Elements[float32](wide, 1<<19); err != nil {
		t.Error(err)
	}
}

func TestHalfFloats(t *testing.T) {
	for bits, want := range map[uint16]float64{
		0: 0, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0400: 0x1p-14, 0x0001: 0x1p-24, 0x03ff: 1023 * 0x1p-24, 0x7c00: math.Inf(1), 0xfc00: math.Inf(-1), 0x3555: 0.333251953125,
	} {
		raw := pack("<f2", []int64{1}, []byte{byte(bits), byte(bits >> 8)})
		got, err := Tensor{base64.StdEncoding.EncodeToString(raw), "torch.float16", []int64{1}}.Floats(2)
		if err != nil || got[0] != want {
			t.Errorf("%#x: %v, %v, want %v", bits, got, err, want)
		}
	}
	if !math.IsNaN(float64(float16(0x7e00))) || !math.Signbit(float64(float16(0x8000))) {
		t.Error("nan or negative zero")
	}
}

// Only the harmless form is opened, and nothing beyond the receiver's bound.
func TestTensorRefuses(t *testing.T) {
	packed := func(descr string, shape []int64, data string) string {
		return base64.StdEncoding.EncodeToString(pack(descr, shape, []byte(data)))
	}
	good := packed("<i4", []int64{1}, "1234")
	edit := func(old, changed string) string {
		raw, _ := base64.StdEncoding.DecodeString(good)
		out := strings.Replace(string(raw), old, changed, 1)
		if out == string(raw) {
			t.Fatalf("%q is not in the packed form", old)
		}
		return base64.StdEncoding.EncodeToString([]byte(out))
	}
	for name, c := range map[string]struct {
		tensor Tensor
		ok     bool
	}{
		"good":                    {Tensor{good, "int32", []int64{1}}, true},
		"text keys":               {Tensor{edit("\xc4\x04type", "\xa4type"), "int32", []int64{1}}, true},
		"signed dimension":        {Tensor{edit("\x91\x01", "\x91\xd0\x01"), "int32", []int64{1}}, true},
		"other shape, same count": {Tensor{good, "int32", []int64{1, 1}}, true},
		"cast":                    {Tensor{good, "float64", []int64{1}}, true},
		"single number":           {Tensor{packed("<i4", nil, "1234"), "int32", []int64{0}}, true},

		"objects":             {Tensor{edit("\xc4\x04kind\xc4\x00", "\xc4\x04kind\xc4\x01O"), "int32", []int64{1}}, false},
		"structure":           {Tensor{edit("\xc4\x04kind\xc4\x00", "\xc4\x04kind\xc4\x01V"), "int32", []int64{1}}, false},
		"not an array":        {Tensor{edit("\xc3", "\xc2"), "int32", []int64{1}}, false},
		"pickled type":        {Tensor{packed("|O", []int64{1}, "12345678"), "int64", []int64{1}}, false},
		"complex":             {Tensor{packed("<c8", []int64{1}, "12345678"), "int64", []int64{1}}, false},
		"big-endian":          {Tensor{packed(">i4", []int64{1}, "1234"), "int32", []int64{1}}, false},
		"unknown type":        {Tensor{good, "int33", []int64{1}}, false},
		"too few bytes":       {Tensor{packed("<i4", []int64{2}, "1234"), "int32", []int64{2}}, false},
		"too many bytes":      {Tensor{packed("<i4", []int64{1}, "12345"), "int32", []int64{1}}, false},
		"negative dimension":  {Tensor{edit("\x91\x01", "\x91\xd0\xff"), "int32", []int64{1}}, false},
		"endless dimension":   {Tensor{edit("\x91\x01", "\x91\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), "int32", []int64{1}}, false},
		"product wraps round": {Tensor{packed("<i4", []int64{1 << 31, 1 << 31, 4}, ""), "int32", []int64{0}}, false},
		"stated shape":        {Tensor{good, "int32", []int64{2}}, false},
		"stated negative":     {Tensor{good, "int32", []int64{-1}}, false},
		"many dimensions":     {Tensor{packed("<i4", slices.Repeat([]int64{1}, 33), "1234"), "int32", []int64{1}}, false},
		"bytes at the end":    {Tensor{base64.StdEncoding.EncodeToString(append(pack("<i4", []int64{1}, []byte("1234")), 0)), "int32", []int64{1}}, false},
		"key twice":           {Tensor{edit("\xc4\x04kind\xc4\x00", "\xc4\x04type\xc4\x00"), "int32", []int64{1}}, false},
		"key missing":         {Tensor{edit("\x85", "\x84"), "int32", []int64{1}}, false},
		"other map":           {Tensor{base64.StdEncoding.EncodeToString([]byte("\x81\xa1a\x01")), "int32", []int64{1}}, false},
		"endless data":        {Tensor{base64.StdEncoding.EncodeToString([]byte("\x85\xc4\x04data\xc6\xff\xff\xff\xff")), "int32", []int64{1}}, false},
		"not base64":          {Tensor{"%", "int32", []int64{1}}, false},
		"nothing":             {Tensor{}, false},
		"larger than allowed": {Tensor{packed("<i4", []int64{2}, "12345678"), "int32", []int64{2}}, false},
		"far larger":          {Tensor{packed("<i4", []int64{1024}, strings.Repeat("1234", 1024)), "int32", []int64{1024}}, false},
	} {
		_, err := c.tensor.Floats(4)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrTensor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Elements[float32](Tensor{good, "float32", []int64{1}}, 4); !errors.Is(err, ErrTensor) {
		t.Errorf("packed as another type: %v", err)
	}
	if _, err := Elements[int64](Tensor{good, "int32", []int64{1}}, 4); !errors.Is(err, ErrTensor) {
		t.Errorf("opened as another type: %v", err)
	}
	if _, err := NewTensor([]int8{1, 2, 3}, 2, 2); !errors.Is(err, ErrTensor) {
		t.Errorf("wrong shape: %v", err)
	}
}

// A field of a tensor travels as an object; its shape may come as text.
func TestTensorField(t *testing.T) {
	type msg struct {
		In  Tensor  `wire:"in_"`
		Out *Tensor `wire:"out,output"`
	}
	s := schemaOf[msg](t)
	in, err := NewTensor([]float32{1, 2}, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.Dump(msg{In: in})
	if err != nil {
		t.Fatal(err)
	}
	want := "{'in_': {'buffer': '" + in.Buffer + "', 'dtype': 'float32', 'shape': [1, 2]}, 'out': None}"
	if got := PyStr(m.Fields); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for shape, ok := range map[string]bool{`[1,2]`: true, `"[1, 2]"`: true, `"1,2"`: false, `"x"`: false, `"[true]"`: false, `7`: false} {
		back, err := s.Parse([]byte(`{"in_":{"buffer":"` + in.Buffer + `","dtype":"float32","shape":` + shape + `}}`))
		if (err == nil) != ok {
			t.Errorf("shape %s: %v", shape, err)
		}
		if err == nil && back.HashBody() != m.HashBody() {
			t.Errorf("shape %s: the hash changed", shape)
		}
	}
	if _, err := s.Parse([]byte(`{"in_":{"buffer":"[1]","dtype":"[1]","shape":[1],"more":1}}`)); err != nil {
		t.Errorf("other texts stay texts: %v", err)
	}
}

func FuzzTensor(f *testing.F) {
	for _, c := range tensorVectors(f) {
		raw, err := base64.StdEncoding.DecodeString(c.Buffer)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw, c.DType, c.Shape[0])
	}
	const limit = 4096
	f.Fuzz(func(t *testing.T, raw []byte, dtype string, dim int64) {
		in := Tensor{base64.StdEncoding.EncodeToString(raw), dtype, []int64{dim}}
		numbers, err := in.Floats(limit)
		if err != nil {
			if !errors.Is(err, ErrTensor) {
				t.Fatalf("unclassified error %v", err)
			}
			return
		}
		if len(numbers) > limit || int64(len(numbers)) != dim && !(dim == 0 && len(numbers) == 1) {
			t.Fatalf("%d numbers of shape [%d]", len(numbers), dim)
		}
	})
}
