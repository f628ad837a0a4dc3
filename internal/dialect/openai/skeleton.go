package openai

import "bytes"

// skeleton is an event of a stream without its words: all events of an answer
// are alike but for them, mostly. One that is like another which was looked at
// needs no looking at.
type skeleton struct{ before, after []byte }

// words is where the words of an event begin.
var words = []byte(`"delta":{"content":"`)

// fits reports whether an event differs from the learned one in its words alone.
func (s *skeleton) fits(data []byte) bool {
	if len(s.before) == 0 || len(data) < len(s.before)+len(s.after) || !bytes.HasPrefix(data, s.before) || !bytes.HasSuffix(data, s.after) {
		return false
	}
	said := data[len(s.before) : len(data)-len(s.after)]
	return bytes.IndexByte(said, '"') < 0 && (len(said) == 0 || said[len(said)-1] != '\\')
}

// learn remembers an event that has words and nothing remarkable.
func (s *skeleton) learn(data []byte) {
	at := bytes.Index(data, words)
	if at < 0 {
		return
	}
	at += len(words)
	end := bytes.IndexByte(data[at:], '"')
	if end <= 0 || data[at+end-1] == '\\' {
		return
	}
	s.before, s.after = append(s.before[:0], data[:at]...), append(s.after[:0], data[at+end:]...)
}
