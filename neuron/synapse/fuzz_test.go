package synapse

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzParseHeaders(f *testing.F) {
	for _, c := range loadVectors(f)["testdata/wire.json"].Requests {
		for name, value := range c.Headers {
			f.Add(name, value, value)
		}
	}
	f.Fuzz(func(t *testing.T, name, one, two string) {
		h := http.Header{name: {one}, strings.ToUpper(name): {two}, "Timeout": {two}}
		for _, lenient := range []bool{false, true} {
			e, err := ParseHeaders(h, lenient)
			if err != nil {
				if !errors.Is(err, ErrHeader) && !errors.Is(err, ErrDuplicate) {
					t.Fatalf("unclassified error %v", err)
				}
				continue
			}
			if !(e.Timeout >= 0) {
				t.Fatalf("timeout %v", e.Timeout)
			}
			out := http.Header{}
			e.SetHeaders(out)
			for k, values := range out {
				if strings.ContainsAny(values[0], "\r\n") || k != strings.ToLower(k) {
					t.Fatalf("header %q: %q", k, values[0])
				}
			}
		}
	})
}

func FuzzPyStr(f *testing.F) {
	for _, c := range loadVectors(f)["testdata/wire.json"].PyStr {
		if c.JSON != nil {
			f.Add([]byte(*c.JSON))
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := ParseJSON(raw)
		if err != nil {
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("%q is not JSON but was read", raw)
		}
		text := PyStr(v)
		if !utf8.ValidString(text) || strings.ContainsAny(PyRepr(v), "\n\r\t") {
			t.Fatalf("%q prints as %q", raw, text)
		}
		for _, style := range []Style{RequestStyle, ResponseStyle} {
			out, err := AppendJSON(nil, v, style)
			if err != nil {
				t.Fatal(err)
			}
			again, err := ParseJSON(out)
			if err != nil || PyStr(again) != text {
				t.Fatalf("%q became %q: %v", raw, out, err)
			}
		}
	})
}

func FuzzBody(f *testing.F) {
	for _, c := range loadVectors(f)["testdata/wire.json"].Requests {
		f.Add([]byte(c.Body))
	}
	f.Add([]byte(`{"i":1,"u":2,"f":3,"s":"","b":true,"l":[{"role":"r","weights":[1,null]}],"m":{"k":{"role":"","weights":[]}},"n":null,"a":{"x":[]}}`))
	s := schemaOf[rich](f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := s.Parse(raw)
		if err != nil {
			var field *FieldError
			if !errors.Is(err, ErrSyntax) && !errors.As(err, &field) {
				t.Fatalf("unclassified error %v", err)
			}
			return
		}
		body, err := m.Body(ResponseStyle)
		if err != nil {
			t.Fatal(err)
		}
		again, err := s.Parse(body)
		if err != nil || again.HashBody() != m.HashBody() {
			t.Fatalf("%s became %s: %v", raw, body, err)
		}
		var out rich
		_ = m.Load(&out)
	})
}
