package mockllm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// sealer makes the proofs that belong to reasoning. They need no memory: a
// proof says which turn it is from, and can be made again to compare.
type sealer struct{ key []byte }

func newSealer(secret string) sealer {
	if secret == "" {
		secret = "the fake provider has no secrets"
	}
	return sealer{[]byte(secret)}
}

// dialectMark tells the proofs of the voices apart: none accepts another's.
type dialectMark byte

const (
	markAnthropic dialectMark = 'A'
	markGemini    dialectMark = 'G'
	markResponses dialectMark = 'R'
)

// seal is what a proof says.
type seal struct {
	mark    dialectMark
	turn    int
	thought [8]byte // digest of the reasoning
}

const sealMagic = "mock"

func digest(text string) [8]byte {
	sum := sha256.Sum256([]byte(text))
	return [8]byte(sum[:8])
}

// write makes the proof of a turn: over its reasoning and what else is said
// in more.
func (s sealer) write(se seal, more string) string {
	head := append([]byte(sealMagic), byte(se.mark))
	head = binary.BigEndian.AppendUint32(head, uint32(se.turn))
	head = append(head, se.thought[:]...)
	mac := hmac.New(sha256.New, s.key)
	mac.Write(head)
	mac.Write([]byte(more))
	return base64.StdEncoding.EncodeToString(mac.Sum(head)[:len(head)+16])
}

// read takes apart a text that looks like a proof of this provider; whether
// it is one, genuine tells.
func (s sealer) read(text string) (se seal, ok bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != len(sealMagic)+1+4+8+16 || string(raw[:4]) != sealMagic {
		return se, false
	}
	se.mark, se.turn = dialectMark(raw[4]), int(binary.BigEndian.Uint32(raw[5:]))
	copy(se.thought[:], raw[9:])
	return se, true
}

// genuine reports whether text is the proof for more.
func (s sealer) genuine(text string, mark dialectMark, more string) (se seal, ok bool) {
	se, ok = s.read(text)
	return se, ok && se.mark == mark && hmac.Equal([]byte(text), []byte(s.write(se, more)))
}

// proof is the one of a turn.
func (t turn) proof(mark dialectMark, more string) string {
	return t.back.seals.write(seal{mark, t.ID, digest(strings.Join(t.Thought, ""))}, more)
}

// thinkMark in an id says that its turn had reasoning.
const thinkMark = "think_"

// id names something of the turn. Ids of turns with reasoning can be told, so
// that the reasoning can be asked back.
func (t turn) id(prefix string) string {
	if len(t.Thought) > 0 {
		prefix += thinkMark
	}
	return fmt.Sprintf("%s%06d", prefix, t.ID)
}

// part names one of several such things.
func (t turn) part(prefix string, i int) string { return fmt.Sprintf("%s_%d", t.id(prefix), i) }

// thoughtful reads an id of a turn with reasoning.
func thoughtful(prefix, id string) (turn, part int, ok bool) {
	rest, ok := strings.CutPrefix(id, prefix+thinkMark)
	number, position, two := strings.Cut(rest, "_")
	turn, err := strconv.Atoi(number)
	part, err2 := strconv.Atoi(position)
	return turn, part, ok && two && err == nil && err2 == nil
}
