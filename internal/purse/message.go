package purse

import (
	"bytes"
	"encoding/json"
	"unicode"
	"unicode/utf8"
)

// CheckMessage refuses to have a message signed that could be a transaction: whoever has a signature over
// one can send it. A transaction's bytes hold control characters, its JSON form has known fields, and
// the ledger takes a signature over <Bytes>…</Bytes> for one over what is within. Errors are ErrUsage.
func CheckMessage(message []byte) error {
	if len(message) == 0 {
		return Usage("there is nothing to sign")
	}
	if !utf8.Valid(message) || bytes.ContainsFunc(message, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return Usage("only text is signed, for other bytes could be a transaction; sign the hex of a digest of them")
	}
	inner, wrapped := bytes.CutPrefix(message, []byte("<Bytes>"))
	if wrapped {
		message = bytes.TrimSuffix(inner, []byte("</Bytes>"))
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(message, &fields) == nil && (fields["chain_id"] != nil || fields["msgs"] != nil) {
		return Usage("this text could be a transaction in JSON, which nobody should sign as a message")
	}
	return nil
}
