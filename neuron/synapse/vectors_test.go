package synapse

import (
	"bytes"
	"compress/gzip"
	"crypto/sha3"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ergon-network/ergon/keys"
)

type vectors struct {
	Versions []struct {
		Semver string
		Int    int64
		Scheme string
	} `json:"version_int"`
	PyStr []struct {
		Name   string
		PyStr  string  `json:"python_str"`
		Digest string  `json:"sha3_256"`
		JSON   *string `json:"json"`
	} `json:"python_str"`
	BodyHash []struct {
		Desc    string
		Fields  []string                   `json:"required_hash_fields"`
		Values  map[string]json.RawMessage `json:"field_values_json"`
		Strings []string                   `json:"field_strings"`
		Hashes  []string                   `json:"field_hashes"`
		Hash    string                     `json:"body_hash"`
	} `json:"body_hash"`
	Legacy      json.RawMessage   `json:"legacy_required_hash_fields_body"`
	Placeholder map[string]string `json:"input_obj_headers"`
	Requests    []struct {
		Synapse, URL, Body string
		Signed             string `json:"signed_message"`
		Headers            map[string]string
	}
	ResponseOK struct {
		Body    string
		Headers map[string]string
	} `json:"response_ok"`
}

// loadVectors reads the package's own vectors and every file named by ERGON_VECTORS.
func loadVectors(t testing.TB) map[string]vectors {
	t.Helper()
	out := map[string]vectors{}
	for _, path := range append([]string{"testdata/wire.json"}, filepath.SplitList(os.Getenv("ERGON_VECTORS"))...) {
		raw, err := os.ReadFile(path)
		if err == nil && strings.HasSuffix(path, ".gz") {
			var z *gzip.Reader
			if z, err = gzip.NewReader(bytes.NewReader(raw)); err == nil {
				raw, err = io.ReadAll(z)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		var v vectors
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Logf("%s is of another schema: %v", path, err)
			continue
		}
		out[path] = v
	}
	return out
}

func TestVersionVectors(t *testing.T) {
	for path, v := range loadVectors(t) {
		for _, c := range v.Versions {
			if c.Scheme != "" {
				continue // the scheme before 7.2 is read, never written
			}
			var n [3]int
			for i, part := range strings.Split(c.Semver, ".") {
				n[i], _ = strconv.Atoi(part)
			}
			if got := Version(n[0], n[1], n[2]); got != c.Int {
				t.Errorf("%s: Version(%s) = %d, want %d", path, c.Semver, got, c.Int)
			}
		}
	}
}

func TestPyStrVectors(t *testing.T) {
	special := map[string]any{
		"tuple1": Tuple{int64(1)}, "tuple2": Tuple{int64(1), "a"}, "bytes": []byte("a\x00'"),
	}
	for path, v := range loadVectors(t) {
		for _, c := range v.PyStr {
			value := special[c.Name]
			known := true
			if c.JSON != nil {
				var err error
				if value, err = ParseJSON([]byte(*c.JSON)); err != nil {
					t.Errorf("%s %s: %v", path, c.Name, err)
					continue
				}
			} else if f, err := strconv.ParseFloat(c.PyStr, 64); err == nil {
				value = f // inf, nan
			} else if _, known = special[c.Name]; !known {
				continue
			}
			got := PyStr(value)
			digest := sha3.Sum256([]byte(got))
			if got != c.PyStr || hex.EncodeToString(digest[:]) != c.Digest {
				t.Errorf("%s %s: %q, want %q", path, c.Name, got, c.PyStr)
			}
		}
	}
}

func TestBodyHashVectors(t *testing.T) {
	for path, v := range loadVectors(t) {
		for _, c := range v.BodyHash {
			if c.Values == nil {
				continue // the legacy case, below
			}
			s := &Schema{Name: "T", HashFields: c.Fields}
			m := &Message{Envelope{Name: "T", Timeout: DefaultTimeout}, &Dict{}, s}
			for name, raw := range c.Values {
				value, err := ParseJSON(raw)
				if err != nil {
					t.Fatal(err)
				}
				m.Fields.Set(name, value)
			}
			for i, name := range c.Fields {
				if got := PyStr(m.hashed(name)); got != c.Strings[i] {
					t.Errorf("%s %s: field %s is %q, want %q", path, c.Desc, name, got, c.Strings[i])
				}
			}
			if got := m.HashBody(); got != c.Hash {
				t.Errorf("%s %s: hash %s, want %s", path, c.Desc, got, c.Hash)
			}
		}
	}
}

type hashedSynapse struct {
	A int      `wire:"a"`
	B int      `wire:"b"`
	C *int     `wire:"c,output"`
	D []string `wire:"d,optional"`
}

func (hashedSynapse) SynapseName() string  { return "HashedSynapse" }
func (hashedSynapse) HashFields() []string { return []string{"a", "b", "d"} }

type dummy struct {
	DummyInput  int  `wire:"dummy_input"`
	DummyOutput *int `wire:"dummy_output,output"`
}

func (dummy) SynapseName() string  { return "Dummy" }
func (dummy) HashFields() []string { return nil }

type legacy struct {
	RequiredHashFields []string `wire:"required_hash_fields"`
	A                  int      `wire:"a"`
	B                  int      `wire:"b"`
	D                  []string `wire:"d"`
}

func (legacy) SynapseName() string  { return "Leg" }
func (legacy) HashFields() []string { return []string{"a", "b", "d"} } // definition order

func schemaOf[T any](t testing.TB) *Schema {
	t.Helper()
	s, err := For[T]()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLegacyVector(t *testing.T) {
	raw := loadVectors(t)["testdata/wire.json"].Legacy
	m, err := schemaOf[legacy](t).Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.HashBody(); got != "ae06397d08f30f75c91395c59f05c62ac3b62b88250eb78b109213258e6ced0c" {
		t.Errorf("hash %s", got)
	}
	tree, err := ParseJSON(raw)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := AppendJSON(nil, tree, RequestStyle)
	body, err := m.Body(RequestStyle)
	if err != nil || string(body) != string(want) {
		t.Errorf("body %s\nwant %s, %v", body, want, err)
	}
}

func TestPlaceholderVectors(t *testing.T) {
	type all struct {
		I int            `wire:"i"`
		F float64        `wire:"f"`
		S string         `wire:"s"`
		B bool           `wire:"b"`
		L []int          `wire:"l"`
		D map[string]int `wire:"d"`
		O int            `wire:"o"`
		M struct {
			X int `wire:"x"`
		} `wire:"m"`
		Defaulted int  `wire:"z,default=3"`
		Nullable  *int `wire:"n"`
		Out       int  `wire:"out,output"`
	}
	m, err := schemaOf[all](t).Dump(all{})
	if err != nil {
		t.Fatal(err)
	}
	h := http.Header{}
	m.SetHeaders(h)
	got := map[string]string{}
	for name, values := range h {
		if strings.HasPrefix(name, inputPrefix) {
			got[name] = values[0]
		}
	}
	if want := loadVectors(t)["testdata/wire.json"].Placeholder; !maps.Equal(got, want) {
		t.Errorf("placeholders %v\nwant %v", got, want)
	}
}

// Each recorded request verifies as it is, and is reproduced byte for byte out of its values.
func TestRequestVectors(t *testing.T) {
	schemas := map[string]*Schema{"Dummy": schemaOf[dummy](t), "HashedSynapse": schemaOf[hashedSynapse](t), "Synapse": schemaOf[Echo](t)}
	for _, c := range loadVectors(t)["testdata/wire.json"].Requests {
		h := http.Header{}
		for name, value := range c.Headers {
			h.Set(name, value) // any case
		}
		e, err := ParseHeaders(h, false)
		if err != nil {
			t.Fatal(err)
		}
		text := SignedText(e.Dendrite.Nonce, e.Dendrite.Hotkey, e.Axon.Hotkey, e.Dendrite.UUID, e.BodyHash)
		if text != c.Signed {
			t.Errorf("%s: signed text %s, want %s", c.Synapse, text, c.Signed)
		}
		public, err := keys.ParseSS58(e.Dendrite.Hotkey)
		if err == nil {
			err = CheckSignature(public, text, e.Dendrite.Signature)
		}
		if err != nil {
			t.Errorf("%s: %v", c.Synapse, err)
		}
		m, err := schemas[c.Synapse].Parse([]byte(c.Body))
		if err != nil {
			t.Fatal(err)
		}
		if got := m.HashBody(); got != e.BodyHash {
			t.Errorf("%s: body hash %s, header says %s", c.Synapse, got, e.BodyHash)
		}
		body, err := m.Body(RequestStyle)
		if err != nil || string(body) != c.Body {
			t.Errorf("%s: body %s\nwant %s, %v", c.Synapse, body, c.Body, err)
		}
		m.BodyHash, m.HeaderSize = e.BodyHash, e.HeaderSize
		checkHeaders(t, c.Synapse, m, c.Headers)
	}
}

func checkHeaders(t *testing.T, what string, m *Message, want map[string]string) {
	t.Helper()
	h := http.Header{}
	m.SetHeaders(h)
	for name, values := range h {
		if name != strings.ToLower(name) {
			t.Errorf("%s: header name %s is not lower case", what, name)
		}
		if len(values) != 1 || values[0] != want[name] {
			t.Errorf("%s: header %s is %q, want %q", what, name, values, want[name])
		}
	}
	if got, want := slices.Sorted(maps.Keys(h)), slices.Sorted(maps.Keys(want)); !slices.Equal(got, want) {
		t.Errorf("%s: header set %v\nwant %v", what, got, want)
	}
}

func TestResponseVector(t *testing.T) {
	c := loadVectors(t)["testdata/wire.json"].ResponseOK
	m, err := schemaOf[dummy](t).Parse([]byte(c.Body))
	if err != nil {
		t.Fatal(err)
	}
	body, err := m.Body(ResponseStyle)
	if err != nil || string(body) != c.Body {
		t.Errorf("body %s\nwant %s, %v", body, c.Body, err)
	}
	m.BodyHash = EmptyBodyHash
	m.HeaderSize, m.TotalSize = 464, 3180
	checkHeaders(t, "response", m, c.Headers)
	var got dummy
	if err := m.Load(&got); err != nil || got.DummyInput != 7 || got.DummyOutput == nil || *got.DummyOutput != 14 {
		t.Errorf("loaded %+v, %v", got, err)
	}
}
