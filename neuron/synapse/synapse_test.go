package synapse

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type inner struct {
	Role    string   `wire:"role"`
	Weights []*int64 `wire:"weights"`
}

type rich struct {
	I   int32            `wire:"i"`
	U   uint64           `wire:"u"`
	F   float64          `wire:"f"`
	S   string           `wire:"s"`
	B   bool             `wire:"b"`
	L   []inner          `wire:"l"`
	M   map[string]inner `wire:"m"`
	N   *float64         `wire:"n"`
	A   any              `wire:"a"`
	Def string           `wire:"def,default=\"x\""`
	Out []string         `wire:"out,output"`
	Fix *int             `wire:"fix,output,frozen"`
}

// float draws finite floats.
func float(t *rapid.T, label string) float64 {
	return rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, label)
}

func drawInner(t *rapid.T, label string) inner {
	n := rapid.Int64().Draw(t, label+"n")
	return inner{rapid.String().Draw(t, label+"role"), []*int64{&n, nil}}
}

func drawRich(t *rapid.T) rich {
	r := rich{
		I: rapid.Int32().Draw(t, "i"), U: rapid.Uint64().Draw(t, "u"), F: float(t, "f"), S: rapid.String().Draw(t, "s"),
		B: rapid.Bool().Draw(t, "b"), Def: rapid.String().Draw(t, "def"), L: []inner{}, M: map[string]inner{},
		Out: []string{"no input"},
	}
	for range rapid.IntRange(0, 3).Draw(t, "len") {
		r.L = append(r.L, drawInner(t, "l"))
		r.M[rapid.String().Draw(t, "key")] = drawInner(t, "m")
	}
	if rapid.Bool().Draw(t, "has n") {
		n := float(t, "n")
		r.N = &n
	}
	r.A = rapid.SampledFrom([]any{nil, true, int64(7), 1e30, "ü'\"", []any{int64(1), "a"}, NewDict(Pair{"z", int64(1)}, Pair{"a", nil})}).Draw(t, "a")
	return r
}

// What one side hashes, writes and sends is what the other reads and hashes, in both layouts.
func TestRoundTrip(t *testing.T) {
	s := schemaOf[rich](t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawRich(t)
		m, err := s.Dump(&in)
		if err != nil {
			t.Fatal(err)
		}
		for _, style := range []Style{RequestStyle, ResponseStyle} {
			body, err := m.Body(style)
			if err != nil {
				t.Fatal(err)
			}
			if !json.Valid(body) {
				t.Fatalf("not JSON: %s", body)
			}
			back, err := s.Parse(body)
			if err != nil {
				t.Fatal(err)
			}
			if back.HashBody() != m.HashBody() {
				t.Fatalf("hash changed on the way: %s", body)
			}
			var out rich
			if err := back.Load(&out); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(in, out) {
				t.Fatalf("sent %+v\ngot  %+v", in, out)
			}
		}
	})
}

func TestDefaultHashFieldsAreTheInputs(t *testing.T) {
	want := []string{"i", "u", "f", "s", "b", "l", "m", "n", "a", "def"}
	if got := schemaOf[rich](t).HashFields; !slices.Equal(got, want) {
		t.Errorf("hash fields %v, want %v", got, want)
	}
}

func TestParseCoerces(t *testing.T) {
	type msg struct {
		F float64  `wire:"f"`
		I int      `wire:"i"`
		N *int     `wire:"n"`
		D int      `wire:"d,default=5"`
		O []string `wire:"o,output"`
	}
	s := schemaOf[msg](t)
	for _, c := range []struct {
		name, body string
		fault      string // path of the FieldError
		syntax     bool
	}{
		{name: "kinds follow the declaration", body: `{"f":1,"i":1.0,"n":null}`},
		{name: "duplicate key, last wins", body: `{"i":9,"f":1,"n":null,"i":1}`},
		{name: "unknown keys", body: `{"f":1,"i":1,"n":null,"zzz":[{}]}`},
		{name: "missing", body: `{"f":1,"n":null}`, fault: "i"},
		{name: "missing nullable input", body: `{"f":1,"i":1}`},
		{name: "null", body: `{"f":null,"i":1,"n":null}`, fault: "f"},
		{name: "text for number", body: `{"f":"1","i":1,"n":null}`, fault: "f"},
		{name: "bool for int", body: `{"f":1,"i":true,"n":null}`, fault: "i"},
		{name: "fraction for int", body: `{"f":1,"i":1.5,"n":null}`, fault: "i"},
		{name: "null output", body: `{"f":1,"i":1,"n":null,"o":null}`},
		{name: "bad output", body: `{"f":1,"i":1,"n":null,"o":[1]}`, fault: "o.0"},
		{name: "not an object", body: `[]`, fault: "body"},
		{name: "cut", body: `{"f":1,`, syntax: true},
		{name: "trailing", body: `{"f":1,"i":1,"n":null} x`, syntax: true},
		{name: "nan", body: `{"f":NaN,"i":1,"n":null}`, syntax: true},
		{name: "overflow", body: `{"f":1e999,"i":1,"n":null}`, syntax: true},
		{name: "utf8", body: "{\"f\":1,\"i\":1,\"n\":null,\"x\":\"\xff\"}", syntax: true},
		{name: "deep", body: strings.Repeat("[", 100) + strings.Repeat("]", 100), syntax: true},
		{name: "many digits", body: strings.Repeat("9", 5000), syntax: true},
		{name: "comma", body: `{"f":1,"i":1,"n":null,}`, syntax: true},
		{name: "empty", body: ``, syntax: true},
	} {
		m, err := s.Parse([]byte(c.body))
		var field *FieldError
		switch {
		case c.syntax:
			if !errors.Is(err, ErrSyntax) {
				t.Errorf("%s: %v, want ErrSyntax", c.name, err)
			}
		case c.fault != "":
			if !errors.As(err, &field) || field.Path != c.fault {
				t.Errorf("%s: %v, want a FieldError at %s", c.name, err, c.fault)
			}
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		default:
			want := "{'f': 1.0, 'i': 1, 'n': None, 'd': 5, 'o': None}"
			if got := PyStr(m.Fields); got != want {
				t.Errorf("%s: %s, want %s", c.name, got, want)
			}
		}
	}
}

func TestLoadRefusesWhatDoesNotFit(t *testing.T) {
	type msg struct {
		Small int8   `wire:"small"`
		U     uint32 `wire:"u"`
	}
	s := schemaOf[msg](t)
	for body, ok := range map[string]bool{
		`{"small":127,"u":4294967295}`:         true,
		`{"small":128,"u":0}`:                  false,
		`{"small":0,"u":-1}`:                   false,
		`{"small":0,"u":4294967296}`:           false,
		`{"small":99999999999999999999,"u":0}`: false,
	} {
		m, err := s.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		var field *FieldError
		if err := m.Load(&msg{}); (err == nil) != ok || err != nil && !errors.As(err, &field) {
			t.Errorf("%s: %v, want ok=%v", body, err, ok)
		}
	}
}

// A peer's answer fills outputs and nothing else.
func TestAnswerCannotChangeTheQuestion(t *testing.T) {
	s := schemaOf[rich](t)
	fixed := 3
	request, err := s.Dump(rich{I: 1, S: "asked", Fix: &fixed})
	if err != nil {
		t.Fatal(err)
	}
	before := PyStr(request.Fields)
	answer, err := request.ParseAnswer([]byte(`{"i":666,"s":"other","out":["done"],"fix":666,"extra":1,"dendrite":{"hotkey":"evil"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := PyStr(request.Fields); got != before {
		t.Errorf("the request became %s", got)
	}
	var out rich
	if err := answer.Load(&out); err != nil {
		t.Fatal(err)
	}
	if out.I != 1 || out.S != "asked" || *out.Fix != 3 || !slices.Equal(out.Out, []string{"done"}) {
		t.Errorf("the answer is %+v", out)
	}
}

func TestSchemaRefuses(t *testing.T) {
	type selfish struct {
		Next []selfish `wire:"next"`
	}
	for name, build := range map[string]func() (*Schema, error){
		"no tag":       func() (*Schema, error) { return For[struct{ A int }]() },
		"unnamed":      func() (*Schema, error) { return For[struct{}]() },
		"not a struct": func() (*Schema, error) { return For[int]() },
		"recursive":    func() (*Schema, error) { return For[selfish]() },
		"upper case": func() (*Schema, error) {
			type T struct {
				A int `wire:"A"`
			}
			return For[T]()
		},
		"base name": func() (*Schema, error) {
			type T struct {
				A int `wire:"axon"`
			}
			return For[T]()
		},
		"twice": func() (*Schema, error) {
			type T struct {
				A, B int `wire:"a"`
			}
			return For[T]()
		},
		"bytes": func() (*Schema, error) {
			type T struct {
				A []byte `wire:"a"`
			}
			return For[T]()
		},
		"func": func() (*Schema, error) {
			type T struct {
				A func() `wire:"a"`
			}
			return For[T]()
		},
		"int keys": func() (*Schema, error) {
			type T struct {
				A map[int]int `wire:"a"`
			}
			return For[T]()
		},
		"bad option": func() (*Schema, error) {
			type T struct {
				A int `wire:"a,outptu"`
			}
			return For[T]()
		},
		"optional value": func() (*Schema, error) {
			type T struct {
				A int `wire:"a,optional"`
			}
			return For[T]()
		},
		"bad default": func() (*Schema, error) {
			type T struct {
				A int `wire:"a,default=x"`
			}
			return For[T]()
		},
		"wrong default": func() (*Schema, error) {
			type T struct {
				A int `wire:"a,default=\"x\""`
			}
			return For[T]()
		},
		"hash field": For[hashesNothing],
	} {
		if _, err := build(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type hashesNothing struct{}

func (hashesNothing) HashFields() []string { return []string{"nothing"} }

func TestDumpRefuses(t *testing.T) {
	s := schemaOf[rich](t)
	for name, v := range map[string]any{
		"other type": dummy{}, "nil": (*rich)(nil), "nan": rich{F: math.NaN()}, "utf8": rich{S: "\xff"},
		"chan in any": rich{A: make(chan int)}, "key": rich{M: map[string]inner{"\xff": {}}},
	} {
		if _, err := s.Dump(v); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestParseHeadersRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		h    http.Header
		want error
	}{
		{"twice", http.Header{"Bt_header_dendrite_nonce": {"1", "2"}}, ErrDuplicate},
		{"twice in two cases", http.Header{"Bt_header_dendrite_nonce": {"1"}, "bt_header_dendrite_nonce": {"1"}}, ErrDuplicate},
		{"name twice", http.Header{"Name": {"a", "b"}}, ErrDuplicate},
		{"placeholder twice", http.Header{"Bt_header_input_obj_x": {"a", "b"}}, ErrDuplicate},
		{"nonce is text", http.Header{"Bt_header_dendrite_nonce": {"x"}}, ErrHeader},
		{"nonce is float", http.Header{"Bt_header_dendrite_nonce": {"1.7e18"}}, ErrHeader},
		{"nonce too long", http.Header{"Bt_header_dendrite_nonce": {"99999999999999999999"}}, ErrHeader},
		{"timeout None", http.Header{"Timeout": {"None"}}, ErrHeader},
		{"timeout nan", http.Header{"Timeout": {"nan"}}, ErrHeader},
		{"timeout inf", http.Header{"Timeout": {"inf"}}, ErrHeader},
		{"timeout negative", http.Header{"Timeout": {"-1"}}, ErrHeader},
		{"long", http.Header{"Bt_header_dendrite_uuid": {strings.Repeat("x", 9000)}}, ErrHeader},
		{"others twice", http.Header{"Accept": {"a", "b"}}, nil},
		{"lenient", http.Header{"Timeout": {"5"}}, nil},
	} {
		if _, err := ParseHeaders(c.h, false); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	e, err := ParseHeaders(http.Header{"Bt_header_dendrite_nonce": {"1", "1700000000123456789"}}, true)
	if err != nil || e.Dendrite.Nonce != 1700000000123456789 || e.Timeout != DefaultTimeout {
		t.Errorf("lenient: %+v, %v", e, err)
	}
}

func TestHeaderValuesAreClean(t *testing.T) {
	e := Envelope{Axon: Terminal{StatusMessage: "a\r\nSet-Cookie: x\x00é" + strings.Repeat("y", 5000)}}
	h := http.Header{}
	e.SetHeaders(h)
	got := h["bt_header_axon_status_message"][0]
	if strings.ContainsAny(got, "\r\n\x00") || len(got) > maxStatusText || !strings.HasPrefix(got, "a??Set-Cookie: x??") {
		t.Errorf("%.60q", got)
	}
}

func TestDictMatchesPython(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, order, values := &Dict{}, []string{}, map[string]any{}
		for range rapid.IntRange(0, 60).Draw(t, "n") {
			k := fmt.Sprint(rapid.IntRange(0, 30).Draw(t, "k"))
			v := rapid.Int64().Draw(t, "v")
			if _, ok := values[k]; !ok {
				order = append(order, k)
			}
			values[k] = v
			d.Set(k, v)
		}
		for i, p := range d.Pairs() {
			if v, ok := d.Get(p.Key); p.Key != order[i] || p.Value != values[p.Key] || !ok || v != p.Value {
				t.Fatalf("entry %d is %v", i, p)
			}
		}
		if d.Len() != len(order) {
			t.Fatalf("%d entries, want %d", d.Len(), len(order))
		}
	})
}

func TestUUIDNamesNoMachine(t *testing.T) {
	a, err := NewUUID()
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewUUID()
	if err != nil {
		t.Fatal(err)
	}
	if a[24:] == b[24:] || a[14] != '1' || !strings.ContainsRune("13579bdf", rune(a[25])) {
		t.Errorf("%s and %s: want version 1 and random nodes marked as such", a, b)
	}
}
