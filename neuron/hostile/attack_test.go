package hostile

import (
	"bytes"
	"compress/flate"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// attacks are all there are. allowed are the statuses the axon may answer with; 0 is hanging up.
var attacks = map[string]struct {
	act     func(*attacker)
	allowed []int
}{
	"slow loris":           {slowLoris, []int{0, 408}},
	"half bodies":          {halfBodies, []int{0, 401, 408, 503}},
	"idle connections":     {idleConnections, []int{0}},
	"header bombs":         {headerBombs, []int{0, 200, 400, 401, 431, 503}},
	"deflate bombs":        {deflateBombs, []int{0, 400, 415, 503}},
	"duplicate headers":    {duplicateHeaders, []int{0, 400}},
	"huge numbers":         {hugeNumbers, []int{0, 400, 422, 503}},
	"deep and wide JSON":   {deepJSON, []int{0, 400, 503}},
	"large honest bodies":  {largeBodies, []int{0, 200, 408, 413, 503}},
	"invalid UTF-8":        {invalidUTF8, []int{0, 400, 401, 404}},
	"path tricks":          {pathTricks, []int{0, 301, 400, 401, 404, 405, 408, 414, 431, 501, 505}},
	"replay":               {replay, []int{0, 401}},
	"clock skew":           {clockSkew, []int{0, 401}},
	"forged signatures":    {forgedSignatures, []int{0, 401}},
	"many keys":            {manyKeys, []int{0, 200, 503}},
	"answers nobody reads": {unreadAnswers, []int{0}},
	"a calm day":           {calmDay, []int{0, 200}},
}

// calmDay is what the figures of the others are to be held against: one caller like any.
func calmDay(a *attacker) {
	a.each(1, func(i int) {
		a.send(i, a.request(raw{body: `{"any":1}`}))
		time.Sleep(20 * time.Millisecond)
	})
}

// slowLoris sends headers a byte at a time.
func slowLoris(a *attacker) {
	a.crowd(func(i int) { a.hold(i, "POST /Question HTTP/1.1\r\nHost: axon\r\n", "x") })
}

// halfBodies promises a body and sends half of it; every other one is properly signed.
func halfBodies(a *attacker) {
	a.crowd(func(i int) {
		body := strings.Repeat(" ", 1000)
		a.hold(i, string(a.request(raw{body: body, length: 2 * len(body), unsigned: i%2 == 0})), "")
	})
}

// idleConnections opens connections and says nothing.
func idleConnections(a *attacker) {
	a.crowd(func(i int) { a.hold(i, "", "") })
}

// headerBombs sends as many headers as fit, as long ones as fit, and more than fit; some never end.
func headerBombs(a *attacker) {
	var many strings.Builder
	for n := 0; many.Len() < 30<<10; n++ {
		fmt.Fprintf(&many, "%x:\r\n", n)
	}
	bombs := []string{
		many.String(), "long: " + strings.Repeat("x", 30<<10) + "\r\n", "longer: " + strings.Repeat("x", 1<<20) + "\r\n",
		"bt_header_input_obj_" + strings.Repeat("x", 20<<10) + ": W10=\r\n", "bt_header_dendrite_uuid_: " + strings.Repeat("x", 9000) + "\r\n",
	}
	a.crowd(func(i int) {
		r := raw{headers: bombs[i%len(bombs)], body: `{"any":1}`, unsigned: i%3 == 0}
		if i%2 == 0 {
			r.open, r.body, r.length = true, "", 9
			a.hold(i, string(a.request(r)), "")
			return
		}
		a.send(i, a.request(r))
	})
}

// deflateBombs sends a little that unpacks to a lot.
func deflateBombs(a *attacker) {
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	for range 64 {
		_, _ = w.Write(make([]byte, 1<<20))
	}
	_ = w.Close()
	encodings := []string{"deflate", "gzip", "br", "deflate, deflate"}
	a.each(32, func(i int) {
		a.send(i, a.request(raw{body: packed.String(), headers: "Content-Encoding: " + encodings[i%len(encodings)] + "\r\n"}))
	})
}

// duplicateHeaders says things twice, in two cases.
func duplicateHeaders(a *attacker) {
	twice := []string{"bt_header_dendrite_nonce: 1\r\n", "Bt_Header_Dendrite_Hotkey: x\r\n", "TIMEOUT: 1e9\r\n", "computed_body_hash: \r\n", "name: Question\r\n", "Content-Length: 3\r\n"}
	a.each(32, func(i int) { a.send(i, a.request(raw{body: `{"any":1}`, headers: twice[i%len(twice)]})) })
}

// hugeNumbers sends numbers that take long to read or fit nowhere.
func hugeNumbers(a *attacker) {
	bodies := []string{
		`{"any":` + strings.Repeat("9", 1<<20-100) + `}`, `{"any":1e999999999}`, `{"any":0.` + strings.Repeat("1", 1<<19) + `e999999}`,
		`{"any":[` + strings.Repeat(strings.Repeat("9", 4301)+",", 200) + `1]}`, `{"any":NaN}`, `{"any":-Infinity}`, `{"any":0x10}`, `{"a":1e400}`, `{}`,
	}
	a.each(64, func(i int) { a.send(i, a.request(raw{body: bodies[rand.N(len(bodies))]})) })
}

// deepJSON nests without end and makes very many very small things.
func deepJSON(a *attacker) {
	const size = 1<<20 - 100
	bodies := []string{strings.Repeat("[", size), strings.Repeat(`{"a":`, size/5), `{"any":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "}"}
	for _, item := range []string{"0,", "[],", "{},", `{"a":0},`, `"",`} {
		bodies = append(bodies, `{"any":[`+strings.Repeat(item, (size-10)/len(item))+`0]}`)
	}
	a.each(64, func(i int) { a.send(i, a.request(raw{body: bodies[rand.N(len(bodies))]})) })
}

// largeBodies sends what is allowed, as much of it as possible.
func largeBodies(a *attacker) {
	body := `{"any":"` + strings.Repeat("x", 1<<20-100) + `"}`
	a.each(128, func(i int) { a.send(i, a.request(raw{body: body})) })
}

// invalidUTF8 puts bytes that are no text wherever text is expected.
func invalidUTF8(a *attacker) {
	const bad = "\xff\xfe\xc3\x28\xed\xa0\x80"
	requests := []raw{
		{body: `{"any":"` + bad + `"}`}, {body: bad}, {body: `{"` + bad + `":1,"any":1}`}, {path: "/" + bad}, {path: "/Loose" + bad},
		{body: `{"any":1}`, headers: "bt_header_dendrite_nonce: " + bad + "\r\n"}, {headers: bad + ": 1\r\n"}, {unsigned: true, headers: "bt_header_dendrite_signature: " + bad + "\r\n"},
	}
	a.each(32, func(i int) { a.send(i, a.request(requests[rand.N(len(requests))])) })
}

// pathTricks asks for what is not there in ways that confuse servers.
func pathTricks(a *attacker) {
	paths := []string{
		"//Loose", "/../Loose", "/./Loose", "/%2e%2e/etc/passwd", "/Loose%00", "/loose", "/Loose%2f", "/" + strings.Repeat("a", 30<<10),
		"http://other/../../x", "*", "/Loose?" + strings.Repeat("&a=b", 5000), "/%", "/\x00", "/Loose HTTP/1.0\r\n\r\nGET /Question", "/;/Loose", `/..\Loose`,
	}
	others := []string{
		"GET / HTTP/0.9\r\n\r\n", "CONNECT axon:1 HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /Loose HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "POST /Loose HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"POST /Loose HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "POST /Loose HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
	}
	a.each(32, func(i int) {
		if i%2 == 0 {
			a.send(i, a.request(raw{path: paths[rand.N(len(paths))], unsigned: true}))
			return
		}
		a.send(i, []byte(others[rand.N(len(others))]))
	})
}

// replay sends again what others have sent, once each; then with other words around what is signed.
func replay(a *attacker) {
	a.begin()
	for i, request := range a.Captured {
		a.send(i, request)
		a.send(i, bytes.Replace(request, []byte("timeout: 12.0"), []byte("timeout: 99999999.0"), 1))
		a.send(i, bytes.Replace(request, []byte("bt_header_dendrite_version: 10002000"), []byte("bt_header_dendrite_version: 722"), 1))
	}
}

// clockSkew signs with a clock that is an hour off, either way.
func clockSkew(a *attacker) {
	a.each(32, func(i int) {
		off := time.Hour
		if i%2 == 0 {
			off = -off
		}
		a.send(i, a.request(raw{nonce: time.Now().Add(off).UnixNano(), body: `{"any":1}`}))
	})
}

// forgedSignatures makes the axon verify for nothing.
func forgedSignatures(a *attacker) {
	a.each(64, func(i int) { a.send(i, a.request(raw{forged: true, body: `{"any":1}`})) })
}

// manyKeys is thousands of callers at once, each with a key of its own.
func manyKeys(a *attacker) {
	a.each(32, func(i int) {
		key, err := freshKey()
		if err != nil {
			return
		}
		a.send(i, a.request(raw{key: key, body: `{"any":1}`}))
	})
}

// unreadAnswers asks on and on and never reads.
func unreadAnswers(a *attacker) {
	a.each(64, func(i int) {
		conn := a.dial(i)
		if conn == nil {
			return
		}
		defer conn.Close()
		for !a.over() {
			if _, err := conn.Write(a.request(raw{unsigned: true, path: "/" + strings.Repeat("y", 60)})); err != nil {
				return
			}
		}
	})
}
