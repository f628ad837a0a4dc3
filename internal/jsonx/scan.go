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
	if err := s.begin(); err != nil {
		return err
	}
	if err := s.value(); err != nil {
		return err
	}
	return s.end()
}

// container is one open array or object.
type container struct {
	object bool
	first  int                 // of its names in scanner.keys
	names  map[string]struct{} // once there are more than fewKeys
}

// scanner walks a text once, without recursion.
type scanner struct {
	b     []byte
	i     int
	depth int
	open  [MaxDepth]container
	keys  [][]byte // names seen in the open objects, unescaped
}

func (s *scanner) fail(what string) error { return &SyntaxError{Offset: s.i, What: what} }

func (s *scanner) begin() error {
	if !utf8.Valid(s.b) {
		s.i = firstInvalid(s.b)
		return s.fail("invalid UTF-8")
	}
	s.keys = make([][]byte, 0, fewKeys) // most texts need no more
	s.space()
	return nil
}

func (s *scanner) end() error {
	s.space()
	if s.i < len(s.b) {
		return s.fail("unexpected text after the value")
	}
	return nil
}

// value reads one value of any depth and leaves i behind it.
func (s *scanner) value() error {
	floor := s.depth
	for {
		opened, err := s.start()
		if err != nil {
			return err
		}
		if opened {
			continue
		}
		for s.depth > floor {
			more, err := s.next()
			if err != nil {
				return err
			}
			if more {
				break
			}
		}
		if s.depth == floor {
			return nil
		}
	}
}

// start reads a scalar or an empty container whole; opened means that a
// container began and that a value follows.
func (s *scanner) start() (opened bool, err error) {
	if s.i >= len(s.b) {
		return false, s.fail("unexpected end")
	}
	switch c := s.b[s.i]; {
	case c == '{':
		return s.push(true)
	case c == '[':
		return s.push(false)
	case c == '"':
		_, err = s.text()
	case c == '-' || c >= '0' && c <= '9':
		err = s.number()
	case c == 't':
		err = s.at(word(s.b, s.i, "true"), "invalid literal")
	case c == 'f':
		err = s.at(word(s.b, s.i, "false"), "invalid literal")
	case c == 'n':
		err = s.at(word(s.b, s.i, "null"), "invalid literal")
	default:
		err = s.fail("invalid character")
	}
	return false, err
}

func (s *scanner) push(object bool) (opened bool, err error) {
	if s.depth == MaxDepth {
		return false, s.fail(fmt.Sprintf("more than %d nested levels", MaxDepth))
	}
	s.i++
	s.space()
	if s.i < len(s.b) && (object && s.b[s.i] == '}' || !object && s.b[s.i] == ']') {
		s.i++
		return false, nil
	}
	s.open[s.depth] = container{object: object, first: len(s.keys)}
	s.depth++
	if object {
		return true, s.name()
	}
	return true, nil
}

// next stands behind a value inside a container: more means that another
// value follows, otherwise the container was closed.
func (s *scanner) next() (more bool, err error) {
	s.space()
	if s.i >= len(s.b) {
		return false, s.fail("unexpected end")
	}
	top := &s.open[s.depth-1]
	switch c := s.b[s.i]; {
	case c == ',':
		s.i++
		s.space()
		if top.object {
			return true, s.name()
		}
		return true, nil
	case c == '}' && top.object, c == ']' && !top.object:
		s.i++
		s.keys = s.keys[:top.first]
		top.names = nil
		s.depth--
		return false, nil
	}
	return false, s.fail("expected a comma or the end of the container")
}

// name reads a member name and its colon.
func (s *scanner) name() error {
	at := s.i
	if s.i >= len(s.b) || s.b[s.i] != '"' {
		return s.fail("expected a member name")
	}
	raw, err := s.text()
	if err != nil {
		return err
	}
	key := unquote(raw)
	if s.seen(key) {
		s.i = at
		return s.fail(fmt.Sprintf("duplicate name %.40q", key))
	}
	if len(s.keys)-s.open[s.depth-1].first > MaxMembers {
		return s.fail(fmt.Sprintf("an object of more than %d members", MaxMembers))
	}
	s.space()
	if s.i >= len(s.b) || s.b[s.i] != ':' {
		return s.fail("expected a colon")
	}
	s.i++
	s.space()
	return nil
}

// seen records a name of the innermost object and reports whether it was there.
func (s *scanner) seen(key []byte) bool {
	top := &s.open[s.depth-1]
	mine := s.keys[top.first:]
	s.keys = append(s.keys, key)
	if len(mine) < fewKeys {
		for _, k := range mine {
			if string(k) == string(key) {
				return true
			}
		}
		return false
	}
	if top.names == nil {
		top.names = make(map[string]struct{}, 4*fewKeys)
		for _, k := range mine {
			top.names[string(k)] = struct{}{}
		}
	}
	if _, twice := top.names[string(key)]; twice {
		return true
	}
	top.names[string(key)] = struct{}{}
	return false
}

func (s *scanner) space() { s.i = space(s.b, s.i) }

// at moves behind what a function of walk.go has read.
func (s *scanner) at(end int, what string) error {
	if end < 0 {
		return s.fail(what)
	}
	s.i = end
	return nil
}

// text reads a string and returns what stands between the quotes.
func (s *scanner) text() ([]byte, error) {
	start := s.i + 1
	end := text(s.b, start)
	if end < 0 {
		return nil, s.badText(start)
	}
	s.i = end
	return s.b[start : end-1], nil
}

// badText says what is wrong with the string that begins at i, and where.
func (s *scanner) badText(i int) error {
	for {
		i = skipPlain(s.b, i)
		s.i = i
		if i >= len(s.b) {
			return s.fail("unterminated string")
		}
		if s.b[i] < 0x20 {
			return s.fail("control character in a string")
		}
		if i = escape(s.b, i+1); i < 0 {
			return s.fail("invalid escape")
		}
	}
}

func (s *scanner) number() error {
	start := s.i
	if err := s.at(number(s.b, s.i), "invalid number"); err != nil {
		return err
	}
	if s.i-start > MaxDigits {
		return s.fail(fmt.Sprintf("a number of more than %d characters", MaxDigits))
	}
	return nil
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
