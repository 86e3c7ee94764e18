package synapse

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

// Tuple prints as a Python tuple. It cannot arrive through JSON; with []byte, which prints as
// Python bytes, it completes PyStr.
type Tuple []any

// PyStr is Python's str() of a tree value: text stays raw, everything else is its repr (wire §4.2).
// Inside containers, characters assigned after Unicode 14 print differently from one Python build to
// the next (we follow Unicode 15, Python 3.12): hash a digest of free text instead of lists of it.
func PyStr(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(appendRepr(nil, v))
}

// PyRepr is Python's repr() of a tree value.
func PyRepr(v any) string { return string(appendRepr(nil, v)) }

func appendRepr(dst []byte, v any) []byte {
	switch x := v.(type) {
	case nil:
		return append(dst, "None"...)
	case bool:
		if x {
			return append(dst, "True"...)
		}
		return append(dst, "False"...)
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case *big.Int:
		return x.Append(dst, 10)
	case float64:
		return appendPyFloat(dst, x)
	case string:
		return appendPyString(dst, x)
	case []byte:
		return appendPyBytes(dst, x)
	case []any:
		return append(appendItems(append(dst, '['), x), ']')
	case Tuple:
		dst = appendItems(append(dst, '('), x)
		if len(x) == 1 {
			dst = append(dst, ',')
		}
		return append(dst, ')')
	case *Dict:
		return appendPyDict(dst, x)
	}
	// Not a tree value: normalise and the JSON reader never produce one.
	return fmt.Appendf(dst, "<%T>", v)
}

func appendItems(dst []byte, items []any) []byte {
	for i, e := range items {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendRepr(dst, e)
	}
	return dst
}

func appendPyDict(dst []byte, d *Dict) []byte {
	dst = append(dst, '{')
	for i, p := range d.pairs {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = appendPyString(dst, p.Key)
		dst = append(dst, ": "...)
		dst = appendRepr(dst, p.Value)
	}
	return append(dst, '}')
}

// appendPyFloat lays out the shortest digits that read back as f: plain between 1e-4 and 1e16, else
// with an exponent of a sign and at least two digits.
func appendPyFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	}
	var buf [32]byte
	digits := strconv.AppendFloat(buf[:0], f, 'e', -1, 64)
	mark := len(digits) - 1
	for digits[mark] != 'e' {
		mark--
	}
	exponent, _ := strconv.Atoi(string(digits[mark+1:]))
	if exponent < -4 || exponent >= 16 {
		return append(dst, digits...)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

func appendPyString(dst []byte, s string) []byte {
	quote := byte('\'')
	if strings.IndexByte(s, '\'') >= 0 && strings.IndexByte(s, '"') < 0 {
		quote = '"'
	}
	dst = append(dst, quote)
	for _, r := range s {
		switch {
		case r == rune(quote) || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, `\n`...)
		case r == '\r':
			dst = append(dst, `\r`...)
		case r == '\t':
			dst = append(dst, `\t`...)
		case unicode.IsPrint(r):
			dst = append(dst, string(r)...)
		case r < 0x100:
			dst = fmt.Appendf(dst, `\x%02x`, r)
		case r < 0x10000:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		default:
			dst = fmt.Appendf(dst, `\U%08x`, r)
		}
	}
	return append(dst, quote)
}

func appendPyBytes(dst []byte, raw []byte) []byte {
	quote := byte('\'')
	if strings.IndexByte(string(raw), '\'') >= 0 && strings.IndexByte(string(raw), '"') < 0 {
		quote = '"'
	}
	dst = append(dst, 'b', quote)
	for _, c := range raw {
		switch {
		case c == quote || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < 0x20 || c >= 0x7f:
			dst = fmt.Appendf(dst, `\x%02x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, quote)
}
