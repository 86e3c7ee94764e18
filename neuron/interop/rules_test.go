package interop

import (
	"slices"
	"strings"
	"testing"
)

// rule is a difference that is meant. A case whose two outcomes differ needs one, and a rule that
// explains nothing fails the test, so this list is what differs and no more. Outcomes begin with the
// stated text: the status and the message a client sees, with what varies replaced.
type rule struct {
	fault  string
	sdk    string // only this SDK version, by prefix; "" all
	theirs string
	ours   string
	flag   string // the switch of axon.Compat that removes the difference; "" there is none
	compat string // what ours says with all switches off, where that is neither theirs nor ours
	why    string
}

// serverRules: what a client sees of our axon and not of theirs.
var serverRules = []rule{
	{
		fault: "blacklisted and forged", flag: "BlacklistFirst",
		theirs: "403 Forbidden. Key is blacklisted: unlucky.", ours: "401 Not Verified with error: Signature mismatch with ",
		why: "the blacklist sees authenticated keys only",
	}, {
		fault: "clock a minute ahead", flag: "FutureNonces",
		theirs: "200 Success", ours: "401 Not Verified with error: Nonce is too new: ",
		why: "a nonce from the future stays fresh for as long as it is ahead",
	}, {
		fault: "older nonce after a newer one", flag: "MonotonicNonces",
		theirs: "401 Not Verified with error: Nonce is too old, a newer one was last processed", ours: "200 Success",
		why: "parallel questions arrive out of order; a set of nonces tells them from replays",
	}, {
		fault: "replayed", flag: "MonotonicNonces",
		theirs: "401 Not Verified with error: Nonce is too old, a newer one was last processed", ours: "401 Not Verified with error: Nonce was used before",
		why: "the same refusal, by the set of nonces",
	}, {
		fault: "version of 2023 and a stale nonce", flag: "OldVersions",
		theirs: "200 Success", ours: "401 Not Verified with error: Nonce is too old: ",
		why: "the stated version is not signed, so anybody could skip the check",
	}, {
		fault: "timeout of a day and a stale nonce", flag: "UnclampedTimeouts",
		theirs: "200 Success", ours: "401 Not Verified with error: Nonce is too old: acceptable delta is 64.00 seconds",
		why: "the stated timeout is not signed, so anybody could widen the window",
	}, {
		fault: "duplicate nonce", flag: "DuplicateHeaders",
		theirs: "200 Success", ours: "400 duplicate header bt_header_dendrite_nonce",
		why: "two readers of the same request might see two requests",
	}, {
		fault: "no signature", sdk: "9.", flag: "Unsigned",
		theirs: "200 Success", ours: "401 Not Verified with error: Missing ",
		why: "this SDK takes the absence of a signature for a valid one",
	},
	{fault: "nonce is text", flag: "UpstreamStatus", theirs: "500 Internal Server Error #UUID", ours: "400 bad header: ", why: whose},
	{fault: "timeout None", flag: "UpstreamStatus", theirs: "500 Internal Server Error #UUID", ours: "400 bad header: ", why: whose},
	{fault: "another value", flag: "UpstreamStatus", theirs: "500 Internal Server Error #UUID", ours: "400 Body does not match the signed computed_body_hash", why: whose},
	{fault: "body is empty", flag: "UpstreamStatus", theirs: "500 Internal Server Error #UUID", ours: "400 not acceptable JSON: ", why: whose},
	{fault: "body has NaN", flag: "UpstreamStatus", theirs: "500 Internal Server Error #UUID", ours: "400 not acceptable JSON: ", why: whose},
	{fault: "body is no JSON", theirs: "422 ", ours: "400 not acceptable JSON: ", compat: "500 Internal Server Error #UUID", why: whose},
	{fault: "value of another type", theirs: "500 Internal Server Error #UUID", ours: "422 field value is not ", why: whose},
	{fault: "no value", theirs: "500 Internal Server Error #UUID", ours: "422 field value is missing", why: whose},
	{fault: "no value", flag: "UpstreamStatus", theirs: "500 Internal Server Error #UUID", ours: "400 Body does not match the signed computed_body_hash", why: whose},
	{fault: "body is a list", theirs: "500 Internal Server Error #UUID", ours: "422 field body is not object", why: whose},
	{
		fault: "negative timeout", theirs: "200 Success", ours: "400 bad header: timeout", compat: "500 Internal Server Error #UUID",
		why: "nobody can answer in less than no time",
	}, {
		fault: "body of 2 MiB", theirs: "200 Success", ours: "413 Request body is larger than ",
		why: "bodies are bounded: Options.MaxBody, WithMaxBody",
	}, {
		fault: "nonce 0", theirs: "401 Not Verified with error: Nonce is too old: ", ours: "401 Not Verified with error: Missing Nonce",
		why: "the year 1970 is taken for a missing value",
	}, {
		fault: "signature of another length", theirs: "401 Not Verified with error: ", ours: "401 Not Verified with error: Signature mismatch with ",
		why: "theirs says what its library says",
	}, {
		fault: "signature is no hex", theirs: "401 Not Verified with error: ", ours: "401 Not Verified with error: Signature mismatch with ",
		why: "theirs says what its library says",
	}, {
		fault: "hotkey is no address", theirs: "401 Not Verified with error: ", ours: "401 Not Verified with error: not an SS58 address: ",
		why: "theirs says what its library says",
	}, {
		fault: "no uuid", theirs: "401 Not Verified with error: Signature mismatch with ", ours: "401 Not Verified with error: Signature mismatch with ",
		why: "theirs shows the missing part of the signed text as None",
	}, {
		fault: "no body hash", theirs: "401 Not Verified with error: Signature mismatch with ", ours: "401 Not Verified with error: Signature mismatch with ",
		why: "theirs shows the missing part of the signed text as None",
	},
	{fault: "no placeholder", theirs: "500 Internal Server Error #UUID", ours: "200 Success", why: placeholders},
	{fault: "placeholder is rubbish", theirs: "500 Internal Server Error #UUID", ours: "200 Success", why: placeholders},
	{fault: "longer path", theirs: "404 ", ours: "200 Success", why: "the first segment of the path names the route, the rest is ignored"},
	{
		fault: "stream breaks", sdk: "10.", theirs: "200 Success", ours: "400 Payload error: ",
		why: "the connection breaks, so that nobody takes the part for the whole; as their client says it",
	}, {
		fault: "stream breaks", sdk: "10.", theirs: "200 Success", ours: "503 Service unavailable at ",
		why: "the connection breaks, so that nobody takes the part for the whole; as our client says it",
	},
	{fault: "method PUT", theirs: "405 ", ours: "405 Method Not Allowed", why: "theirs is an answer of its framework, without a message"},
}

const (
	whose        = "the caller's fault has a status that says so, and a text that says what"
	placeholders = "nothing is read out of the placeholders of required fields"
)

// clientRules: what our dendrite says of an axon and theirs does not.
var clientRules = []rule{
	{fault: "nobody there", theirs: "503 Service unavailable at ADDRESS/", ours: "503 Service unavailable at ADDRESS/", why: ownWords},
	{fault: "answer is no JSON", theirs: "422 Failed to parse response: ", ours: "422 Bad answer: ", why: ownWords},
	{fault: "answer is a list", theirs: "422 Failed to parse response: ", ours: "422 Bad answer: ", why: ownWords},
	{fault: "answer of another type", theirs: "422 Failed to parse response: ", ours: "422 Bad answer: ", why: ownWords},
	{fault: "answer is a page", theirs: "422 Failed to parse response: ", ours: "422 Bad answer: ", why: ownWords},
	{fault: "hung up", theirs: "503 Service disconnected: ", ours: "503 Service unavailable at ", why: ownWords},
	{fault: "error of a gateway", theirs: "422 Failed to parse response: 502, ", ours: "502 ", why: "the status of an answer without a message is the answer's"},
	{fault: "redirected", theirs: "503 Service unavailable at ", ours: "307 ", why: "redirects are not followed: an address on the ledger must not lead elsewhere"},
	{fault: "cut short", theirs: "400 Payload error: ", ours: "503 Service unavailable at ", why: "a connection that breaks is one kind of failure, wherever it breaks"},
	{fault: "stream breaks", theirs: "400 Payload error: ", ours: "503 Service unavailable at ", why: "a connection that breaks is one kind of failure, wherever it breaks"},
	{fault: "another value", theirs: "200 Success", ours: "200 Success", why: "an answer does not change what was asked"},
}

const ownWords = "the same status, in the words of the client's own libraries"

// covers tells whether the rule explains that one outcome is a and the other b.
func (r *rule) covers(fault, version, a, b string) bool {
	return r.fault == fault && strings.HasPrefix(version, r.sdk) && strings.HasPrefix(a, r.theirs) && strings.HasPrefix(b, r.ours)
}

// errorHeaders are the headers of errors that only one of the two sends, and why.
var errorHeaders = map[string]string{
	"computed_body_hash":           "nothing in an error is hashed",
	"bt_header_input_obj_value":    "an error has no fields",
	"bt_header_axon_signature":     "ours signs for verified callers only",
	"bt_header_axon_hotkey":        "theirs leaves it out of a 404",
	"bt_header_axon_ip":            "theirs leaves it out of a 404",
	"bt_header_axon_port":          "theirs leaves it out of a 404",
	"bt_header_axon_nonce":         "theirs leaves it out of a 404 and where the handler chose the status",
	"bt_header_axon_uuid":          "theirs leaves it out of a 404 and where the handler chose the status",
	"bt_header_axon_version":       "theirs leaves it out of a 404 and where the handler chose the status",
	"bt_header_dendrite_port":      "theirs leaves it out of a 404 and where the handler chose the status",
	"bt_header_dendrite_ip":        "theirs leaves it out of a 404",
	"bt_header_dendrite_hotkey":    "one of the two leaves it out where it does not parse",
	"bt_header_dendrite_nonce":     "one of the two leaves it out where it does not parse",
	"bt_header_dendrite_signature": "one of the two leaves it out where it does not parse",
	"bt_header_dendrite_uuid":      "one of the two leaves it out where it does not parse",
	"bt_header_dendrite_version":   "one of the two leaves it out where it does not parse",
}

// headerRules: cases in which the headers of an answer may differ beyond that, by the prefix of their
// names.
var headerRules = []headerRule{
	{"wrong target", "bt_header_axon_hotkey", "ours names itself in an error, theirs the hotkey it was mistaken for"},
	{"no version", "bt_header_dendrite_version", "ours echoes what the headers say, theirs what the body says"},
	{"no timeout", "timeout", "ours echoes what the headers say, theirs what the body says"},
	{"another dendrite in the body", "bt_header_dendrite_", "ours echoes the caller that signed, theirs whom the body names"},
	{"stream is slow", "", "a client that has gone sees no answer"},
	{"handler is slow", "", "a client that has gone sees no answer"},
}

type headerRule struct{ fault, header, why string }

// verdict collects what a matrix found.
type verdict struct {
	t       *testing.T
	version string
	used    map[*rule]bool
}

// servers compares what one client saw of their axon and of ours.
func (v *verdict) servers(q question, who string, got map[string]sight) {
	theirs, strict, compat := got[who+">sdk"], got[who+">ergon"], got[who+">compat"]
	for i := range serverRules {
		r := &serverRules[i]
		if !r.covers(q.fault.name, v.version, theirs.text, strict.text) || theirs.text == strict.text {
			continue
		}
		v.used[r] = true
		switch want := r.compat; {
		case r.flag != "" && compat.text != theirs.text:
			v.t.Errorf("%s: with %s off %s sees\n  %s\nof our axon, and of theirs\n  %s", q.name(), r.flag, who, compat.text, theirs.text)
		case r.flag == "" && want == "" && compat.text != strict.text, want != "" && !strings.HasPrefix(compat.text, want):
			v.t.Errorf("%s: with all rules off %s sees\n  %s\nof our axon, which no rule says", q.name(), who, compat.text)
		}
		return
	}
	for _, ours := range []sight{strict, compat} {
		if ours.text != theirs.text {
			v.t.Errorf("%s: %s sees of our axon\n  %s\nand of theirs\n  %s", q.name(), who, ours.text, theirs.text)
		} else {
			v.wire(q, theirs, ours)
		}
	}
}

// wire compares two answers of the same meaning as they went over the wire.
func (v *verdict) wire(q question, theirs, ours sight) {
	for name := range merged(theirs.headers, ours.headers) {
		a, b := theirs.headers[name], ours.headers[name]
		if _, known := errorHeaders[name]; a == b || known && theirs.status != 200 && (a == "" || b == "") {
			continue
		}
		if slices.ContainsFunc(headerRules, func(r headerRule) bool {
			return r.fault == q.fault.name && strings.HasPrefix(name, r.header)
		}) {
			continue
		}
		v.t.Errorf("%s: header %s is %q in theirs, %q in ours", q.name(), name, a, b)
	}
	if theirs.status == 0 { // it hung up, or its client did
		return
	}
	if theirs.status != ours.status || theirs.status == 200 && theirs.fields != ours.fields {
		v.t.Errorf("%s: HTTP status %d with %s, ours %d with %s", q.name(), theirs.status, theirs.fields, ours.status, ours.fields)
	}
}

// clients compares what the two clients say of one axon.
func (v *verdict) clients(q question, server string, got map[string]sight) {
	theirs, ours := got["sdk>"+server].text, got["ergon>"+server].text
	if theirs == ours {
		return
	}
	for i := range clientRules {
		if r := &clientRules[i]; r.covers(q.fault.name, v.version, theirs, ours) {
			v.used[r] = true
			return
		}
	}
	v.t.Errorf("%s: of the %s axon our client says\n  %s\nand theirs\n  %s", q.name(), server, ours, theirs)
}

// finish lists the differences and reports rules that explained none.
func (v *verdict) finish() {
	for _, rules := range [][]rule{serverRules, clientRules} {
		for i := range rules {
			switch r := &rules[i]; {
			case v.used[r]:
				v.t.Logf("%s: theirs %q, ours %q: %s %s", r.fault, r.theirs, r.ours, r.why, r.flag)
			case strings.HasPrefix(v.version, r.sdk):
				v.t.Errorf("the rule about %q explains no difference: take it out", r.fault)
			}
		}
	}
}

func merged(a, b map[string]string) map[string]bool {
	out := map[string]bool{}
	for name := range a {
		out[name] = true
	}
	for name := range b {
		out[name] = true
	}
	return out
}
