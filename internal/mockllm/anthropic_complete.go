package mockllm

import (
	"iter"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// human ends the answers of the Text Completions API, whether asked to or not.
const human = "\n\nHuman:"

// prompted answers one request of the legacy Text Completions API.
type prompted struct{ asked ask }

func (p prompted) ask() ask { return p.asked }

func readPrompt(_ *http.Request, body []byte) (speaker, *failure) {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, invalid("", "The request body is not valid JSON: "+err.Error())
	}
	model, _ := jsonx.Text(o.Get("model"))
	prompt, _ := jsonx.Text(o.Get("prompt"))
	n, ok := jsonx.Int(o.Get("max_tokens_to_sample"))
	switch {
	case model == "":
		return nil, refused("model", "Field required")
	case !ok || n < 1:
		return nil, refused("max_tokens_to_sample", "Field required")
	case !strings.Contains(prompt, human):
		return nil, invalid("prompt", `prompt must start with "\n\nHuman:" turn after an optional system prompt`)
	}
	a := ask{Model: model, Stream: jsonx.IsTrue(o.Get("stream")), MaxTokens: int(min(n, 1<<20)), Input: countWords(prompt)}
	words, _, _ := strings.Cut(prompt[strings.LastIndex(prompt, human)+len(human):], "\n\nAssistant:")
	a.Words = strings.TrimSpace(words)
	a.Stop = append(textsOf(o.Get("stop_sequences")), human)
	return prompted{a}, nil
}

func (p prompted) object(t turn, text string, end bool) object {
	o := object{"type": "completion", "id": t.id("compl_mock_"), "log_id": t.id("compl_mock_"), "model": p.asked.Model, "completion": text, "stop_reason": nil, "stop": nil}
	switch {
	case end && t.Finish == finishLength:
		o["stop_reason"] = "max_tokens"
	case end:
		o["stop_reason"], o["stop"] = "stop_sequence", human
		if t.Stop != "" {
			o["stop"] = t.Stop
		}
	}
	return o
}

// answer begins with a space, as the prompts of this API end without one.
func (p prompted) answer(t turn) (string, []byte) {
	return p.object(t, " "+strings.Join(t.Text, ""), true).answer(t)
}

func (prompted) streamType() string { return message{}.streamType() }

func (prompted) lateFailure(f failure) []byte { return message{}.lateFailure(f) }

func (p prompted) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		space := " "
		for _, piece := range t.Text {
			if !yield(namedFrame("completion", encode(p.object(t, space+piece, false)))) {
				return
			}
			space = ""
		}
		yield(namedFrame("completion", encode(p.object(t, "", true))))
	}
}
