package synapse

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// reference reads JSON with encoding/json: what ParseJSON must agree with, bounds aside.
func reference(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value func() (any, error)
	value = func() (any, error) {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch token {
		case json.Delim('['):
			list := []any{}
			for dec.More() {
				v, err := value()
				if err != nil {
					return nil, err
				}
				list = append(list, v)
			}
			_, err = dec.Token()
			return list, err
		case json.Delim('{'):
			dict := &Dict{}
			for dec.More() {
				key, err := dec.Token()
				if err != nil {
					return nil, err
				}
				v, err := value()
				if err != nil {
					return nil, err
				}
				dict.Set(key.(string), v)
			}
			_, err = dec.Token()
			return dict, err
		}
		if n, ok := token.(json.Number); ok {
			return parseNumber(n.String(), strings.ContainsAny(n.String(), ".eE"))
		}
		return token, nil
	}
	v, err := value()
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			err = nil
		} else if err == nil {
			err = errors.New("trailing")
		}
	}
	return v, err
}

func agree(t interface{ Fatalf(string, ...any) }, raw []byte) {
	got, err := ParseJSON(raw)
	if !json.Valid(raw) {
		if err == nil {
			t.Fatalf("%q is not JSON but was read", raw)
		}
		return
	}
	value, wantErr := reference(raw)
	if err != nil {
		for _, bound := range []string{"not UTF-8", "nested deeper", "out of range", "digits", "too many values"} {
			if errors.Is(err, ErrSyntax) && strings.Contains(err.Error(), bound) {
				return
			}
		}
	}
	if err != nil || wantErr != nil {
		t.Fatalf("%q: %v, the reference says %v", raw, err, wantErr)
	}
	if PyRepr(got) != PyRepr(value) {
		t.Fatalf("%q is %s, the reference says %s", raw, PyRepr(got), PyRepr(value))
	}
}

// FuzzParse holds ParseJSON against encoding/json.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,"\u00e9\ud83d\ude00\ud800x",null,true,false,{}]}`, `[01]`, `[1,]`, `{,}`, `"\ud83d\u0041"`, `-`, `1.`, `"` + "\x00" + `"`, ` [ ] `, `{"a" :1 , "a": 2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { agree(t, raw) })
}

// Texts that are nearly JSON, made of its own pieces.
func TestParserAgreesWithTheLibrary(t *testing.T) {
	pieces := []string{
		"{", "}", "[", "]", ",", ":", `"a"`, `"`, `\`, `\u`, "00e9", `"\ud83d\ude00"`, `"\ud83d"`, "0", "1", "-", ".", "e", "E+", "5",
		"null", "true", "false", "nul", " ", "\n", "ü", "\x01", "\xff", "NaN", `\n`, `"\/\b\f"`,
	}
	rapid.Check(t, func(t *rapid.T) {
		agree(t, []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 12).Draw(t, "pieces"), "")))
	})
	for _, text := range []string{`{"a":1}`, `[[],{},""]`, `-0`, `-0.0`, `1e5`, ` "x" `, `{"a":{"b":[1,2,{"c":null}]}}`, `"\u0000"`} {
		if _, err := ParseJSON([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		agree(t, []byte(text))
	}
}

// What a hostile body of 1 MiB makes of memory stays within 24 times its size; most are refused.
func TestSmallBodiesStaySmall(t *testing.T) {
	const size = 1 << 20
	for name, item := range map[string]string{
		"zeros": "0,", "lists": "[],", "objects": "{},", "keys": `{"a":0},`, "strings": `"",`, "big": strings.Repeat("9", maxDigits) + ",", "pairs": `{"a":0,"b":{}},`,
	} {
		raw := []byte("[" + strings.Repeat(item, size/len(item)) + "0]")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseJSON(raw)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 24*size {
			t.Errorf("%s: %d bytes for %d", name, grown, len(raw))
		}
		if err != nil && !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseJSON([]byte("[" + strings.Repeat("1,", 100_000) + "1]")); err != nil {
		t.Errorf("an honest row of numbers: %v", err)
	}
}

// What Python writes for floats without a JSON form is read on demand only, and hashed as Python does.
func TestNaNOnDemand(t *testing.T) {
	type msg struct {
		F []float64 `wire:"f"`
	}
	s := schemaOf[msg](t)
	body := []byte(`{"f":[NaN, -Infinity,Infinity , -1]}`)
	if _, err := s.Parse(body); !errors.Is(err, ErrSyntax) {
		t.Errorf("by default: %v", err)
	}
	m, err := s.ParseWithNaN(body)
	if err != nil {
		t.Fatal(err)
	}
	if got := PyStr(m.Fields); got != "{'f': [nan, -inf, inf, -1.0]}" {
		t.Errorf("%s", got)
	}
	var out msg
	if err := m.Load(&out); err != nil || !(out.F[0] != out.F[0]) {
		t.Errorf("%v, %v", out, err)
	}
	for _, bad := range []string{`{"f":[Nan]}`, `{"f":[-NaN]}`, `{"f":[+Infinity]}`, `{"f":[NaNN]}`, `{NaN:[]}`} {
		if _, err := s.ParseWithNaN([]byte(bad)); !errors.Is(err, ErrSyntax) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
