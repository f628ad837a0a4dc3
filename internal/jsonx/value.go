package jsonx

import (
	"bytes"
	"cmp"
	"iter"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
	"unsafe"
)

// Kind is the type of a value.
type Kind byte

// The kinds of JSON values. Absent is an empty Value.
const (
	Absent Kind = iota
	Null
	Bool
	Number
	String
	Array
	Composite // an object
)

var kindNames = [...]string{"nothing", "null", "boolean", "number", "string", "array", "object"}

func (k Kind) String() string { return kindNames[k] }

// KindOf looks at the first byte of a valid value.
func KindOf(v Value) Kind {
	if len(v) == 0 {
		return Absent
	}
	switch v[0] {
	case 'n':
		return Null
	case 't', 'f':
		return Bool
	case '"':
		return String
	case '[':
		return Array
	case '{':
		return Composite
	}
	return Number
}

// Text decodes a string value; ok is false for any other kind.
func Text(v Value) (s string, ok bool) {
	if len(v) < 2 || v[0] != '"' {
		return "", false
	}
	return textOrWord(unquote(v[1 : len(v)-1])), true
}

// textOrWord is a text in memory of its own, for which words that requests and
// answers are full of need none.
func textOrWord(text []byte) string {
	if len(text) <= longestWord {
		if word, known := words[string(text)]; known {
			return word
		}
	}
	return string(text)
}

const longestWord = 32

var words = func() map[string]string {
	m := map[string]string{}
	for _, word := range []string{
		"user", "assistant", "system", "message", "text", "tool", "function", "stop", "end_turn", "tool_use", "image_url",
		"input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens",
		"prompt_tokens", "completion_tokens", "total_tokens", "service_tier",
	} {
		m[word] = word
	}
	return m
}()

// Int decodes a whole number that fits; ok is false for anything else.
func Int(v Value) (n int64, ok bool) {
	if KindOf(v) != Number {
		return 0, false
	}
	if n, ok := count(v); ok {
		return n, true
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(string(v), 64)
	if err != nil || f != float64(int64(f)) {
		return 0, false
	}
	return int64(f), true
}

// count decodes a number of few digits and nothing else, as most are.
func count(v Value) (n int64, ok bool) {
	for _, c := range v {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return n, len(v) <= 18
}

// Float decodes a number that fits; ok is false for anything else.
func Float(v Value) (f float64, ok bool) {
	if KindOf(v) != Number {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(v), 64)
	return f, err == nil
}

// IsTrue reports whether v is the literal true.
func IsTrue(v Value) bool { return string(v) == "true" }

// Quote encodes a string. Bytes that are not UTF-8 become U+FFFD.
func Quote(s string) Value { return AppendQuote(make(Value, 0, len(s)+2), s) }

const hex = "0123456789abcdef"

// AppendQuote is Quote onto the end of dst.
func AppendQuote(dst []byte, s string) []byte {
	dst = append(dst, '"')
	copied, i := 0, 0
	if len(s) >= 2*shortText {
		if n, met := skim(unsafe.Slice(unsafe.StringData(s), len(s))); met == 0 { //nolint:gosec // skim does not write
			i = n
		}
	}
	for i = plainASCII(s, i); i < len(s); i = plainASCII(s, i) {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if i += n; r != utf8.RuneError {
				continue
			}
			dst = utf8.AppendRune(append(dst, s[copied:i-n]...), r)
		} else {
			dst = appendEscape(append(dst, s[copied:i]...), c)
			i++
		}
		copied = i
	}
	return append(append(dst, s[copied:]...), '"')
}

// plainASCII returns the index of the first byte at or after i that is not ASCII
// or is written in another way in a JSON string.
func plainASCII(s string, i int) int {
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		if (w|specials(w))&highs != 0 {
			break
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf && s[i] >= 0x20 && s[i] != '"' && s[i] != '\\' {
		i++
	}
	return i
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// unquote resolves the escapes of a checked string; without any it returns raw
// itself. A lone surrogate becomes U+FFFD.
func unquote(raw []byte) []byte {
	i := bytes.IndexByte(raw, '\\')
	if i < 0 {
		return raw
	}
	out := append(make([]byte, 0, len(raw)), raw[:i]...)
	for i < len(raw) {
		if raw[i] != '\\' {
			n := bytes.IndexByte(raw[i:], '\\')
			if n < 0 {
				n = len(raw) - i
			}
			out = append(out, raw[i:i+n]...)
			i += n
			continue
		}
		c := raw[i+1]
		i += 2
		if c != 'u' {
			out = append(out, cmp.Or(meant[c], c))
			continue
		}
		r := hexRune(raw[i:])
		i += 4
		if utf16.IsSurrogate(r) && i+6 <= len(raw) && raw[i] == '\\' && raw[i+1] == 'u' {
			if pair := utf16.DecodeRune(r, hexRune(raw[i+2:])); pair != utf8.RuneError {
				r = pair
				i += 6
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// meant are the escapes that stand for another character.
var meant = [256]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func hexRune(b []byte) (r rune) {
	for _, c := range b[:4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

// Elements yields the elements of a checked array; nothing for other kinds.
func Elements(v Value) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if KindOf(v) != Array {
			return
		}
		for i := space(v, 1); i < len(v) && v[i] != ']'; {
			end := value(v, i)
			if end < 0 || !yield(v[i:end]) {
				return
			}
			i = following(v, end)
		}
	}
}

// following is where the next element or member begins, or the closing bracket.
func following(v Value, i int) int {
	if i = space(v, i); i < len(v) && v[i] == ',' {
		i = space(v, i+1)
	}
	return i
}

// At follows member names, and positions in arrays, down from a checked value;
// nil where there is nothing.
func At(v Value, path ...string) Value {
	if len(path) == 0 {
		return v
	}
	for _, step := range path { // v begins with the value; where that ends is found out last
		switch KindOf(v) {
		case Composite:
			v = memberOf(v, step)
		case Array:
			v = elementOf(v, step)
		default:
			return nil
		}
	}
	end := -1
	if len(v) > 0 {
		end = value(v, 0)
	}
	if end < 0 {
		return nil
	}
	return v[:end]
}

// memberOf returns what begins with the value of a member.
func memberOf(v Value, wanted string) Value {
	for i := space(v, 1); i < len(v) && v[i] == '"'; {
		stop, met := textOf(v, i+1)
		start := colon(v, stop)
		if start < 0 {
			return nil
		}
		key := v[i+1 : stop-1]
		if met&escaped != 0 {
			key = unquote(key)
		}
		if string(key) == wanted {
			return v[start:]
		}
		end := value(v, start)
		if end < 0 {
			return nil
		}
		i = following(v, end)
	}
	return nil
}

// elementOf returns what begins with an element.
func elementOf(v Value, position string) Value {
	want, err := strconv.Atoi(position)
	if err != nil || want < 0 {
		return nil
	}
	i := space(v, 1)
	for ; want > 0 && i < len(v) && v[i] != ']'; want-- {
		end := value(v, i)
		if end < 0 {
			return nil
		}
		i = following(v, end)
	}
	if i >= len(v) || v[i] == ']' {
		return nil
	}
	return v[i:]
}
