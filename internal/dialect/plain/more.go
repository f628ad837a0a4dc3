package plain

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// NLPCloud is NLP Cloud's /generation (https://docs.nlpcloud.com, text
// generation).
var NLPCloud = speak(format{
	name:  "nlpcloud",
	knobs: knobs{max: "max_length", temperature: "temperature", topP: "top_p", topK: "top_k", n: "num_return_sequences"},
	ask:   func(w *dialect.Writer, s *said) { w.Text("text", s.prompt()) },
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		a := &answer{}
		if r.Peek("generated_text") != nil {
			a.texts = []text{{r.Text("generated_text"), llm.Stop{Kind: llm.StopEnd}}}
		}
		in, out := r.Int("nb_input_tokens"), r.Int("nb_generated_tokens")
		if in != nil && out != nil {
			a.usage = &llm.Usage{Input: *in, Output: *out}
		}
		return a, r.Err()
	},
})

// NLPCloudChat is the same vendor's /chatbot: pairs of what was asked and
// answered, and the question.
var NLPCloudChat = speak(format{
	name: "nlpcloud-chat",
	ask: func(w *dialect.Writer, s *said) {
		last := len(s.turns) - 1
		var history dialect.List
		var pair dialect.Writer
		for _, t := range s.turns[:last] {
			if t.user {
				pair = dialect.Writer{}
				pair.Text("input", t.text)
				continue
			}
			pair.Text("response", t.text)
			history.Add(pair.Object())
			pair = dialect.Writer{}
		}
		w.Text("input", s.turns[last].text)
		w.Some("context", s.system)
		w.Raw("history", history.Array())
	},
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		if r.Peek("response") == nil {
			return nil, dialect.Invalid("the provider's answer has no response", nil)
		}
		return &answer{texts: []text{{r.Text("response"), llm.Stop{Kind: llm.StopEnd}}}}, r.Err()
	},
})

// AlephAlpha is Aleph Alpha's /complete (https://docs.aleph-alpha.com, complete).
var AlephAlpha = speak(format{
	name: "aleph-alpha",
	knobs: knobs{
		max: "maximum_tokens", temperature: "temperature", topP: "top_p", topK: "top_k", stop: "stop_sequences", n: "n",
		frequency: "frequency_penalty", presence: "presence_penalty",
	},
	ask: func(w *dialect.Writer, s *said) {
		w.Text("model", s.model)
		w.Text("prompt", s.prompt())
	},
	read: func(body []byte) (*answer, error) {
		r := dialect.ReadReply(body)
		a := &answer{model: r.Text("model_version")}
		for at, v := range r.List("completions") {
			o := r.Object(v, at)
			a.texts = append(a.texts, text{o.Text("completion"), words(o.Text("finish_reason"), map[string]llm.StopKind{
				"maximum_tokens": llm.StopLength, "end_of_text": llm.StopEnd, "stop_sequence_reached": llm.StopSequence,
			})})
		}
		in, out := r.Int("num_tokens_prompt_total"), r.Int("num_tokens_generated")
		if in != nil && out != nil {
			a.usage = &llm.Usage{Input: *in, Output: *out}
		}
		return a, r.Err()
	},
})

var watsonxEnds = map[string]llm.StopKind{
	"eos_token": llm.StopEnd, "stop_sequence": llm.StopSequence, "max_tokens": llm.StopLength, "token_limit": llm.StopLength,
	"time_limit": llm.StopLength,
}

// Watsonx is IBM's /ml/v1/text/generation (wire formats, IBM watsonx).
var Watsonx = speak(format{
	name:   "watsonx-text",
	within: "parameters",
	knobs: knobs{
		max: "max_new_tokens", temperature: "temperature", topP: "top_p", topK: "top_k", stop: "stop_sequences", seed: "random_seed",
	},
	ask: func(w *dialect.Writer, s *said) {
		w.Text("model_id", s.model)
		w.Text("input", s.prompt())
	},
	read: func(body []byte) (*answer, error) { return watsonxResults(dialect.ReadReply(body)) },
	piece: func(data jsonx.Value) (*answer, error) {
		a, err := watsonxResults(dialect.ReadReply(data))
		if err == nil && len(a.texts) > 0 && a.texts[0].stop.Raw == "not_finished" {
			a.texts[0].stop = llm.Stop{}
		}
		return a, err
	},
})

func watsonxResults(r *dialect.Reader) (*answer, error) {
	a := &answer{model: r.Text("model_id")}
	for at, v := range r.List("results") {
		o := r.Object(v, at)
		a.texts = append(a.texts, text{o.Text("generated_text"), words(o.Text("stop_reason"), watsonxEnds)})
		if in, out := o.Int("input_token_count"), o.Int("generated_token_count"); in != nil && out != nil && *in+*out > 0 {
			a.usage = &llm.Usage{Input: *in, Output: *out}
		}
	}
	return a, r.Err()
}
