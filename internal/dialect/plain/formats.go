package plain

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// google are PaLM's names (wire formats, legacy PaLM).
var google = knobs{
	max: "maxOutputTokens", temperature: "temperature", topP: "topP", topK: "topK", stop: "stopSequences", n: "candidateCount",
}

// PaLMText is PaLM's models.generateText. The service is closed; the format
// lives on for recorded tests and custom hosts.
var PaLMText = speak(format{
	name: "palm-text", knobs: google,
	ask: func(w *dialect.Writer, s *said) {
		var p dialect.Writer
		p.Text("text", s.prompt())
		w.Raw("prompt", p.Object())
	},
	read: palmCandidates("output"),
})

// PaLMMessage is PaLM's models.generateMessage, which takes neither a limit nor
// stops.
var PaLMMessage = speak(format{
	name: "palm-message", knobs: knobs{temperature: "temperature", topP: "topP", topK: "topK", n: "candidateCount"},
	ask: func(w *dialect.Writer, s *said) {
		var p dialect.Writer
		p.Some("context", s.system)
		var list dialect.List
		for _, t := range s.turns {
			var m dialect.Writer
			m.Text("author", author(t, "user", "bot"))
			m.Text("content", t.text)
			list.Add(m.Object())
		}
		p.Raw("messages", list.Array())
		w.Raw("prompt", p.Object())
	},
	read: palmCandidates("content"),
})

func author(t turn, user, model string) string {
	if t.user {
		return user
	}
	return model
}

// palmCandidates reads {candidates, filters}: no candidate is a filter's doing.
func palmCandidates(member string) func([]byte) (*answer, error) {
	return func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		a := &answer{}
		for at, v := range r.List("candidates") {
			a.texts = append(a.texts, text{r.Object(v, at).Text(member), llm.Stop{Kind: llm.StopEnd}})
		}
		if len(a.texts) == 0 && r.Peek("filters") != nil {
			a.texts = []text{{stop: llm.Stop{Kind: llm.StopFilter}}}
		}
		return a, r.Err()
	}
}

// jurassic are AI21's names of its first models (wire formats, AI21 legacy).
var jurassic = knobs{max: "maxTokens", temperature: "temperature", topP: "topP", topK: "topKReturn", stop: "stopSequences", n: "numResults"}

var jurassicEnds = map[string]llm.StopKind{"endoftext": llm.StopEnd, "stop": llm.StopSequence, "length": llm.StopLength}

// Jurassic is AI21's /{model}/complete.
var Jurassic = speak(format{
	name: "jurassic", knobs: jurassic,
	ask: func(w *dialect.Writer, s *said) { w.Text("prompt", s.prompt()) },
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		a := &answer{id: scalar(r.Take("id")), usage: &llm.Usage{Input: count(jsonx.At(r.Peek("prompt"), "tokens"))}}
		for v := range jsonx.Elements(r.Take("completions")) {
			t, _ := jsonx.Text(jsonx.At(v, "data", "text"))
			a.usage.Output += count(jsonx.At(v, "data", "tokens"))
			a.texts = append(a.texts, text{t, jurassicEnd(v)})
		}
		return a, r.Err()
	},
})

// JurassicChat is AI21's /{model}/chat of the same models.
var JurassicChat = speak(format{
	name: "jurassic-chat", knobs: jurassic,
	ask: func(w *dialect.Writer, s *said) {
		var list dialect.List
		for _, t := range s.turns {
			var m dialect.Writer
			m.Text("text", t.text)
			m.Text("role", author(t, "user", "assistant"))
			list.Add(m.Object())
		}
		w.Raw("messages", list.Array())
		w.Text("system", s.system)
	},
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		a := &answer{id: scalar(r.Take("id"))}
		for v := range jsonx.Elements(r.Take("outputs")) {
			t, _ := jsonx.Text(jsonx.At(v, "text"))
			a.texts = append(a.texts, text{t, jurassicEnd(v)})
		}
		return a, r.Err()
	},
})

func jurassicEnd(v jsonx.Value) llm.Stop {
	raw, _ := jsonx.Text(jsonx.At(v, "finishReason", "reason"))
	return words(raw, jurassicEnds)
}

// scalar is the text of a string or a number.
func scalar(v jsonx.Value) string {
	if jsonx.KindOf(v) == jsonx.Number {
		return string(v)
	}
	s, _ := jsonx.Text(v)
	return s
}

func count(list jsonx.Value) (n int64) {
	for range jsonx.Elements(list) {
		n++
	}
	return n
}

// Triton is NVIDIA Triton's generate extension. It tells no reason for the end
// and no cost, and its streams just end.
var Triton = speak(format{
	name: "triton", knobs: knobs{max: "max_tokens", temperature: "temperature", topP: "top_p", topK: "top_k", stop: "stop_words", seed: "random_seed"},
	ask: func(w *dialect.Writer, s *said) { w.Text("text_input", s.prompt()) },
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		if r.Peek("text_output") == nil {
			return nil, dialect.Invalid("the provider's answer has no text_output", nil)
		}
		a := &answer{model: r.Text("model_name"), texts: []text{{r.Text("text_output"), llm.Stop{Kind: llm.StopEnd}}}}
		return a, r.Err()
	},
	piece: func(data jsonx.Value) (*answer, error) {
		if failure, ok := jsonx.Text(jsonx.At(data, "error")); ok {
			return nil, failed(failure, "")
		}
		t, _ := jsonx.Text(jsonx.At(data, "text_output"))
		model, _ := jsonx.Text(jsonx.At(data, "model_name"))
		// Any piece may be the last: the stream says so by ending.
		return &answer{model: model, texts: []text{{t, llm.Stop{Kind: llm.StopEnd}}}}, nil
	},
})

func failed(message, code string) error {
	return &llm.Error{Kind: llm.UpstreamStatus, Status: 502, Class: llm.ClassStatus, Message: dialect.Message(message), Code: code}
}

// WorkersAI is Cloudflare's /ai/run/{model} for models of text (wire formats,
// Cloudflare Workers AI).
var WorkersAI = speak(format{
	name: "workers-ai",
	knobs: knobs{
		max: "max_tokens", temperature: "temperature", topP: "top_p", topK: "top_k", seed: "seed",
		frequency: "frequency_penalty", presence: "presence_penalty",
	},
	ask: func(w *dialect.Writer, s *said) { w.Text("prompt", s.prompt()) },
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		result := r.Object(r.Take("result"), "result")
		if err := r.Err(); err != nil {
			return nil, err
		}
		a := &answer{usage: openAIUsage(result.Peek("usage"))}
		if result.Peek("response") != nil {
			a.texts = []text{{result.Text("response"), llm.Stop{Kind: llm.StopEnd}}}
		}
		return a, result.Err()
	},
	piece: func(data jsonx.Value) (*answer, error) {
		a := &answer{usage: openAIUsage(jsonx.At(data, "usage"))}
		if t, ok := jsonx.Text(jsonx.At(data, "response")); ok {
			a.texts = []text{{text: t}}
		}
		return a, nil
	},
	stream: "stream",
})

func openAIUsage(v jsonx.Value) *llm.Usage {
	in, okIn := jsonx.Int(jsonx.At(v, "prompt_tokens"))
	out, okOut := jsonx.Int(jsonx.At(v, "completion_tokens"))
	if !okIn && !okOut {
		return nil
	}
	return &llm.Usage{Input: in, Output: out}
}
