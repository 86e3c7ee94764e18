package synapse

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// Style is how JSON is laid out.
type Style struct {
	comma, colon string
	ascii        bool
}

// The two layouts of the wire (wire §1, §3).
var (
	// RequestStyle has spaces after separators and escapes everything outside ASCII.
	RequestStyle = Style{", ", ": ", true}
	// ResponseStyle is compact UTF-8.
	ResponseStyle = Style{",", ":", false}
)

// AppendJSON writes a tree value. It fails on NaN, infinities and what is not a tree value.
func AppendJSON(dst []byte, v any, style Style) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return strconv.AppendBool(dst, x), nil
	case int64:
		return strconv.AppendInt(dst, x, 10), nil
	case *big.Int:
		return x.Append(dst, 10), nil
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%v has no JSON form", x)
		}
		return appendPyFloat(dst, x), nil
	case string:
		return appendJSONString(dst, x, style.ascii), nil
	case []any:
		return appendJSONList(dst, x, style)
	case *Dict:
		return appendJSONDict(dst, x, style)
	}
	return nil, fmt.Errorf("%T has no JSON form", v)
}

func appendJSONList(dst []byte, list []any, style Style) ([]byte, error) {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, style.comma...)
		}
		var err error
		if dst, err = AppendJSON(dst, e, style); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendJSONDict(dst []byte, d *Dict, style Style) ([]byte, error) {
	dst = append(dst, '{')
	for i, p := range d.pairs {
		if i > 0 {
			dst = append(dst, style.comma...)
		}
		dst = appendJSONString(dst, p.Key, style.ascii)
		dst = append(dst, style.colon...)
		var err error
		if dst, err = AppendJSON(dst, p.Value, style); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendJSONString(dst []byte, s string, ascii bool) []byte {
	dst = append(dst, '"')
	for s != "" {
		plain := 0
		for plain < len(s) && s[plain] >= ' ' && s[plain] < 0x7f && s[plain] != '"' && s[plain] != '\\' {
			plain++
		}
		if plain > 0 { // most of most texts
			dst, s = append(dst, s[:plain]...), s[plain:]
			continue
		}
		r, size := utf8.DecodeRuneInString(s)
		s = s[size:]
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case r == '\b':
			dst = append(dst, `\b`...)
		case r == '\f':
			dst = append(dst, `\f`...)
		case r < 0x20 || ascii && r > 0x7f && r < 0x10000:
			dst = appendEscape(dst, r)
		case ascii && r >= 0x10000:
			r -= 0x10000
			dst = appendEscape(dst, 0xd800+r>>10)
			dst = appendEscape(dst, 0xdc00+r&0x3ff)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

func appendEscape(dst []byte, r rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[r>>12&15], digits[r>>8&15], digits[r>>4&15], digits[r&15])
}
