package mockllm

import (
	"fmt"
	"iter"
	"net/http"
	"strings"

	"sluice/internal/jsonx"
)

// chat answers one chat completion request.
type chat struct {
	openAIStream
	asked  ask
	n      int
	counts bool // the stream ends with usage
}

func (c chat) ask() ask { return c.asked }

func readChat(r *http.Request, body []byte) (speaker, *failure) {
	b, failed := readOpenAI(r, body)
	if failed != nil {
		return nil, failed
	}
	messages := b.Get("messages")
	if jsonx.At(messages, "0") == nil {
		return nil, missing("messages")
	}
	a := b.common()
	for m := range jsonx.Elements(messages) {
		hear(&a, m)
	}
	for t := range jsonx.Elements(b.Get("tools")) {
		if name, ok := jsonx.Text(jsonx.At(t, "function", "name")); ok {
			a.Tools = append(a.Tools, tool{name, jsonx.At(t, "function", "parameters")})
		}
	}
	a.Choice, a.Tool = choiceOf(b.Get("tool_choice"))
	format := b.Get("response_format")
	kind, _ := jsonx.Text(jsonx.At(format, "type"))
	a.JSON = kind == "json_object" || kind == "json_schema"
	a.Schema = jsonx.At(format, "json_schema", "schema")
	return chat{asked: a, n: b.choices(), counts: b.wantsUsage()}, nil
}

// hear takes in one message.
func hear(a *ask, message jsonx.Value) {
	text, media := contentOf(jsonx.At(message, "content"))
	switch role, _ := jsonx.Text(jsonx.At(message, "role")); role {
	case "user":
		a.hear(text, media)
	case "tool", "function":
		a.learn(text, media)
	default:
		a.recall(text)
	}
}

// contentOf is the text of a message's content, a string or a list of parts,
// and the media in it.
func contentOf(content jsonx.Value) (text string, media []string) {
	if s, ok := jsonx.Text(content); ok {
		return s, nil
	}
	var texts []string
	for part := range jsonx.Elements(content) {
		if s, ok := jsonx.Text(jsonx.At(part, "text")); ok {
			texts = append(texts, s)
		}
		for _, path := range [][]string{{"image_url", "url"}, {"file", "file_data"}} {
			if s, ok := jsonx.Text(jsonx.At(part, path...)); ok {
				media = append(media, describe("", s))
			}
		}
	}
	return strings.Join(texts, "\n"), media
}

func choiceOf(v jsonx.Value) (c choice, name string) {
	if word, ok := jsonx.Text(v); ok {
		return map[string]choice{"none": forbidden, "required": required}[word], ""
	}
	if name, ok := jsonx.Text(jsonx.At(v, "function", "name")); ok {
		return required, name
	}
	return free, ""
}

// chatHead is what the chat completion object and its chunks begin with.
type chatHead struct {
	ID          string `json:"id"`
	Object      string `json:"object"`
	Created     int64  `json:"created"`
	Model       string `json:"model"`
	ServiceTier string `json:"service_tier"`
	Fingerprint string `json:"system_fingerprint"`
}

func (c chat) head(t turn, object string) chatHead {
	return chatHead{fmt.Sprintf("chatcmpl-mock-%06d", t.ID), object, t.Created, c.asked.Model, "default", "fp_mock"}
}

type chatMessage struct {
	Role        string     `json:"role"`
	Content     *string    `json:"content"`
	Reasoning   string     `json:"reasoning_content,omitempty"` // as DeepSeek and others have it
	Refusal     *string    `json:"refusal"`
	Annotations []string   `json:"annotations"` // always empty
	ToolCalls   []toolCall `json:"tool_calls,omitempty"`
}

type toolCall struct {
	Index    *int         `json:"index,omitzero"` // in chunks only
	ID       string       `json:"id,omitempty"`
	Type     string       `json:"type,omitempty"`
	Function functionCall `json:"function"`
}

type functionCall struct {
	Name      string `json:"name,omitempty"`
	Arguments string `json:"arguments"`
}

type chatChoice struct {
	Index    int         `json:"index"`
	Message  chatMessage `json:"message"`
	Logprobs jsonx.Value `json:"logprobs"`
	Finish   string      `json:"finish_reason"`
}

func (c chat) answer(t turn) (string, []byte) {
	message := chatMessage{Role: "assistant", Reasoning: strings.Join(t.Thought, "")}
	if len(t.Calls) == 0 {
		text := strings.Join(t.Text, "")
		message.Content = &text
	}
	for i, tc := range t.Calls {
		message.ToolCalls = append(message.ToolCalls, toolCall{ID: callID(t, i), Type: "function", Function: functionCall(tc)})
	}
	out := struct {
		chatHead
		Choices []chatChoice `json:"choices"`
		Usage   openAIUsage  `json:"usage"`
	}{chatHead: c.head(t, "chat.completion"), Usage: usageOf(t, c.n)}
	for i := range c.n {
		out.Choices = append(out.Choices, chatChoice{i, message, null, openAIFinish[t.Finish]})
	}
	return typeJSON, encode(out)
}

func callID(t turn, i int) string { return fmt.Sprintf("call_mock_%06d_%d", t.ID, i) }

type chatChunk struct {
	chatHead
	Choices []chunkChoice `json:"choices"`
	Usage   jsonx.Value   `json:"usage,omitzero"`
}

type chunkChoice struct {
	Index    int         `json:"index"`
	Delta    chatDelta   `json:"delta"`
	Logprobs jsonx.Value `json:"logprobs"`
	Finish   *string     `json:"finish_reason"`
}

type chatDelta struct {
	Role      string      `json:"role,omitempty"`
	Content   jsonx.Value `json:"content,omitzero"` // null differs from absent
	Reasoning string      `json:"reasoning_content,omitempty"`
	Refusal   jsonx.Value `json:"refusal,omitzero"`
	ToolCalls []toolCall  `json:"tool_calls,omitempty"`
}

func (c chat) events(t turn) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		chunk := chatChunk{chatHead: c.head(t, "chat.completion.chunk")}
		if c.counts {
			chunk.Usage = null
		}
		for choice := range c.chunks(t) {
			chunk.Choices = []chunkChoice{choice}
			if !yield(sseFrame(encode(chunk))) {
				return
			}
		}
		if c.counts {
			chunk.Choices, chunk.Usage = []chunkChoice{}, encode(usageOf(t, c.n))
			if !yield(sseFrame(encode(chunk))) {
				return
			}
		}
		yield(sseDone)
	}
}

// chunks yields what the chunks of all choices say, one step of every choice
// after the other.
func (c chat) chunks(t turn) iter.Seq[chunkChoice] {
	return func(yield func(chunkChoice) bool) {
		for delta := range deltas(t) {
			for i := range c.n {
				if !yield(chunkChoice{Index: i, Delta: delta, Logprobs: null}) {
					return
				}
			}
		}
		finish := openAIFinish[t.Finish]
		for i := range c.n {
			if !yield(chunkChoice{Index: i, Logprobs: null, Finish: &finish}) {
				return
			}
		}
	}
}

func deltas(t turn) iter.Seq[chatDelta] {
	return func(yield func(chatDelta) bool) {
		first := chatDelta{Role: "assistant", Content: jsonx.Quote(""), Refusal: null}
		if len(t.Calls) > 0 {
			first.Content = null
		}
		if !yield(first) {
			return
		}
		for _, piece := range t.Thought {
			if !yield(chatDelta{Reasoning: piece}) {
				return
			}
		}
		for _, piece := range t.Text {
			if !yield(chatDelta{Content: jsonx.Quote(piece)}) {
				return
			}
		}
		for i, tc := range t.Calls {
			start := toolCall{&i, callID(t, i), "function", functionCall{Name: tc.Name}}
			if !yield(chatDelta{ToolCalls: []toolCall{start}}) {
				return
			}
			for _, piece := range pieces(tc.Arguments) {
				more := toolCall{Index: &i, Function: functionCall{Arguments: piece}}
				if !yield(chatDelta{ToolCalls: []toolCall{more}}) {
					return
				}
			}
		}
	}
}
