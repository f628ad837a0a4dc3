package jsonx

import (
	"fmt"
	"unicode/utf8"
)

// What a body may hold at most (reliability rules, section 1).
const (
	MaxDepth   = 128     // nested arrays and objects
	MaxMembers = 100_000 // of one object
	MaxDigits  = 1_024   // characters of one number
)

// fewKeys is up to how many names of an object are compared one by one; an
// object with more gets a set.
const fewKeys = 16

// SyntaxError says why a text is not the JSON we accept, and where.
type SyntaxError struct {
	Offset int // bytes from the start
	What   string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%s at byte %d", e.What, e.Offset) }

// Check reports whether b is exactly one JSON value: strict UTF-8, no
// duplicate names at any level, within the limits above. Numbers may have any
// size in value; they are never converted. Time is linear in len(b).
func Check(b []byte) error {
	s := scanner{b: b}
	s.end(s.value(space(b, 0)))
	return s.err
}

// scanner walks a text once, without recursion. Its methods take the index of
// what they read and return the index behind it, -1 once err is set: a position
// that is handed on costs less than one that is kept.
type scanner struct {
	b     []byte
	err   error
	depth int
	first [MaxDepth]int32 // of each open object's names among all; array: it is none
	count int             // of the names seen in the open objects
	few   [fewKeys][]byte // those names, unescaped: most texts need no more room
	many  [][]byte        // or they are here, once they were more
	sets  map[int]names   // the names of open objects with more than fewKeys, by depth
}

type names map[string]struct{}

// array stands for an open array where the names of objects are counted.
const array = -1

// fail refuses the text. What is no UTF-8 comes first, wherever it stands.
func (s *scanner) fail(i int, what string) int {
	s.err = &SyntaxError{Offset: i, What: what}
	if !utf8.Valid(s.b) {
		s.err = &SyntaxError{Offset: firstInvalid(s.b), What: "invalid UTF-8"}
	}
	return -1
}

// end takes the -1 of a value that was refused, too.
func (s *scanner) end(i int) int {
	if i < 0 {
		return i
	}
	if i = space(s.b, i); i < len(s.b) {
		return s.fail(i, "unexpected text after the value")
	}
	return i
}

// value reads one value of any depth.
func (s *scanner) value(i int) int {
	floor := s.depth
	for {
		var opened bool
		if i, opened = s.start(i); i < 0 {
			return i
		}
		if opened {
			continue
		}
		for more := false; !more; {
			if s.depth == floor {
				return i
			}
			if i, more = s.next(i); i < 0 {
				return i
			}
		}
	}
}

// start reads a scalar or an empty container whole; opened means that a
// container began and that a value follows.
func (s *scanner) start(i int) (end int, opened bool) {
	if i >= len(s.b) {
		return s.fail(i, "unexpected end"), false
	}
	switch c := s.b[i]; {
	case c == '"':
		end, _ = s.text(i + 1)
	case c == '{' || c == '[':
		return s.push(i)
	case c == '-' || c >= '0' && c <= '9':
		end = s.number(i)
	case c == 't':
		end = s.literal(i, "true")
	case c == 'f':
		end = s.literal(i, "false")
	case c == 'n':
		end = s.literal(i, "null")
	default:
		end = s.fail(i, "invalid character")
	}
	return end, false
}

func (s *scanner) push(i int) (end int, opened bool) {
	if s.depth == MaxDepth {
		return s.fail(i, fmt.Sprintf("more than %d nested levels", MaxDepth)), false
	}
	object := s.b[i] == '{'
	i = space(s.b, i+1)
	if i < len(s.b) && (object && s.b[i] == '}' || !object && s.b[i] == ']') {
		return i + 1, false
	}
	s.depth++
	if !object {
		s.first[s.depth-1] = array
		return i, true
	}
	s.first[s.depth-1] = int32(s.count)
	return s.name(i), true
}

// next stands behind a value inside a container: more means that another
// value follows, otherwise the container was closed.
func (s *scanner) next(i int) (end int, more bool) {
	if i = space(s.b, i); i >= len(s.b) {
		return s.fail(i, "unexpected end"), false
	}
	first := s.first[s.depth-1]
	switch c := s.b[i]; {
	case c == ',':
		if i = space(s.b, i+1); first != array {
			i = s.name(i)
		}
		return i, true
	case c == '}' && first != array:
		if s.count-int(first) > fewKeys {
			delete(s.sets, s.depth)
		}
		s.count = int(first)
	case c == ']' && first == array:
	default:
		return s.fail(i, "expected a comma or the end of the container"), false
	}
	s.depth--
	return i + 1, false
}

// name reads a member name and its colon.
func (s *scanner) name(at int) int {
	if at >= len(s.b) || s.b[at] != '"' {
		return s.fail(at, "expected a member name")
	}
	i, met := s.text(at + 1)
	if i < 0 {
		return i
	}
	key := s.b[at+1 : i-1]
	if met&escaped != 0 {
		key = unquote(key)
	}
	if s.seen(key) {
		return s.fail(at, fmt.Sprintf("duplicate name %.40q", key))
	}
	if s.count-int(s.first[s.depth-1]) > MaxMembers {
		return s.fail(i, fmt.Sprintf("an object of more than %d members", MaxMembers))
	}
	if i = space(s.b, i); i >= len(s.b) || s.b[i] != ':' {
		return s.fail(i, "expected a colon")
	}
	return space(s.b, i+1)
}

// seen records a name of the innermost object and reports whether it was there.
func (s *scanner) seen(key []byte) bool {
	mine := s.keys()[s.first[s.depth-1]:]
	s.record(key)
	if len(mine) >= fewKeys {
		return s.seenAmongMany(mine, string(key))
	}
	for _, k := range mine {
		if string(k) == string(key) {
			return true
		}
	}
	return false
}

// keys are the names of all open objects.
func (s *scanner) keys() [][]byte {
	if s.many != nil {
		return s.many[:s.count]
	}
	return s.few[:s.count]
}

func (s *scanner) record(key []byte) {
	switch {
	case s.many != nil:
		s.many = append(s.many[:s.count], key)
	case s.count < fewKeys:
		s.few[s.count] = key
	default: // a copy, since what pointed into the scanner would keep it off the stack
		s.many = append(append(make([][]byte, 0, 4*fewKeys), s.few[:]...), key)
	}
	s.count++
}

// seenAmongMany is seen for an object with many names.
func (s *scanner) seenAmongMany(mine [][]byte, key string) bool {
	set := s.sets[s.depth]
	if set == nil {
		set = make(names, 4*fewKeys)
		for _, k := range mine {
			set[string(k)] = struct{}{}
		}
		if s.sets == nil {
			s.sets = map[int]names{}
		}
		s.sets[s.depth] = set
	}
	if _, twice := set[key]; twice {
		return true
	}
	set[key] = struct{}{}
	return false
}

// text stands behind an opening quote. Outside of strings nothing is accepted
// that is not ASCII, so that UTF-8 is checked here only.
func (s *scanner) text(i int) (end int, met uint64) {
	if end = word8(s.b, i); end > 0 {
		return end, 0
	}
	end, met = textOf(s.b, i)
	if end < 0 {
		return s.badText(i), met
	}
	if met&wide != 0 && !utf8.Valid(s.b[i:end]) {
		return s.fail(i, "invalid UTF-8"), met
	}
	return end, met
}

// badText says what is wrong with the string that begins at i, and where.
func (s *scanner) badText(i int) int {
	for i < len(s.b) {
		switch c := s.b[i]; {
		case c < 0x20:
			return s.fail(i, "control character in a string")
		case c != '\\':
			i++
		default:
			end := escape(s.b, i+1)
			if end < 0 {
				return s.fail(i, "invalid escape")
			}
			i = end
		}
	}
	return s.fail(i, "unterminated string")
}

func (s *scanner) number(start int) int {
	i := number(s.b, start)
	switch {
	case i < 0:
		return s.fail(start, "invalid number")
	case i-start > MaxDigits:
		return s.fail(i, fmt.Sprintf("a number of more than %d characters", MaxDigits))
	}
	return i
}

func (s *scanner) literal(i int, w string) int {
	end := word(s.b, i, w)
	if end < 0 {
		return s.fail(i, "invalid literal")
	}
	return end
}

func firstInvalid(b []byte) int {
	i := 0
	for i < len(b) {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
	return i
}
