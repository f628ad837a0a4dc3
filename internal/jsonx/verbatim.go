package jsonx

import (
	"encoding/binary"
	"unicode/utf8"
)

// Verbatim reads what stands between the quotes of a string that may not have
// been checked. It is ok if AppendQuote would write the very same bytes for it,
// so that they can be copied as they are; other spellings, such as \u00e9 or
// \/, and what is no string are not. Said is raw itself, or put into buf where
// raw has escapes.
func Verbatim(raw, buf []byte) (said []byte, ok bool) {
	if !utf8.Valid(raw) {
		return nil, false
	}
	i := skipPlain(raw, 0)
	if i == len(raw) {
		return raw, true
	}
	said = buf[:0]
	for from := 0; ; {
		said = append(said, raw[from:i]...)
		if i == len(raw) {
			return said, true
		}
		c := shortEscape(raw[i:])
		if c == 0 {
			return nil, false
		}
		said = append(said, c)
		from = i + 2
		i = skipPlain(raw, from)
	}
}

// shortEscape is what an escape of AppendQuote's own making stands for, 0 for
// anything else.
func shortEscape(raw []byte) byte {
	if len(raw) < 2 || raw[0] != '\\' {
		return 0
	}
	switch raw[1] {
	case '"', '\\':
		return raw[1]
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// skipPlain returns the index of the first quote, backslash or control character
// at or after i.
func skipPlain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^ones*'"', w^ones*'\\'
		if ((quote-ones)&^quote|(slash-ones)&^slash|(w-ones*0x20)&^w)&highs != 0 {
			break
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}
