package dialect

import (
	"strconv"

	"sluice/internal/llm"
)

// Place is where something stands in a prompt. Most places have nothing to say
// about them, so that the words for one are put together only when there is.
type Place struct {
	prompt        *llm.Prompt
	message, part int    // part is -1 for the whole message
	name          string // without a prompt: the words themselves
}

// MessageAt is the place of a message.
func MessageAt(p *llm.Prompt, i int) Place { return Place{prompt: p, message: i, part: -1} }

// PartAt is the place of a part of a message.
func PartAt(p *llm.Prompt, message, part int) Place {
	return Place{prompt: p, message: message, part: part}
}

// Named is a place that has its words.
func Named(name string) Place { return Place{name: name} }

// String is the place as the client wrote it.
func (l Place) String() string {
	switch {
	case l.prompt == nil:
		return l.name
	case l.part < 0:
		return MessagePath(l.prompt, l.message)
	}
	return PartPath(l.prompt, l.message, l.part)
}

func element(list string, i int) string {
	if all, known := elements[list]; known && i < len(all) {
		return all[i]
	}
	return list + "[" + strconv.Itoa(i) + "]"
}

// elements are the names of the first elements of the lists there are in almost
// every body, made once.
var elements = func() map[string]*[16]string {
	m := map[string]*[16]string{}
	for _, list := range []string{"messages", "content", "choices", "tools", "tool_calls", "contents", "parts", "candidates", "input", "output"} {
		var all [16]string
		for i := range all {
			all[i] = list + "[" + strconv.Itoa(i) + "]"
		}
		m[list] = &all
	}
	return m
}()
