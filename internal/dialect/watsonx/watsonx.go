package watsonx

import (
	"bytes"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Of is IBM's variant of base, the format of OpenAI's chat. What is only another
// name is data, in the vendor's file.
func Of(base *dialect.Dialect) *dialect.Dialect {
	d := *base
	d.Name, d.Of, d.NoClients = "watsonx", base, true
	d.Chat, d.Complete, d.Embed = codec{base.Chat}, nil, nil
	d.Adapt = adapt
	d.Inspect = func(op llm.Op, body []byte) (dialect.Facts, error) {
		f, err := base.Inspect(op, body)
		if err == nil && f.Finish == "error" { // a failure dressed up as a reason
			err = &llm.Error{
				Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: 500, Code: f.Finish,
				Message: "the provider reported a failure without a reason",
			}
		}
		return f, err
	}
	d.Repair = func(op llm.Op, body []byte) []byte {
		if mended := repair(body); mended != nil {
			body = mended
		}
		return base.Repair(op, body)
	}
	d.RepairEvents = func(op llm.Op) func([]byte) []byte {
		more := base.RepairEvents(op)
		return func(data []byte) []byte {
			mended := repair(data)
			if mended == nil {
				return more(data)
			}
			if again := more(mended); again != nil {
				return again
			}
			return mended
		}
	}
	return &d
}

// codec is that of the base, whose requests are adapted.
type codec struct{ dialect.ChatCodec }

// EncodeRequest asks a provider what a client of any dialect asked.
func (c codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if body, lost, err = c.ChatCodec.EncodeRequest(p); err != nil {
		return nil, nil, err
	}
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil, nil, err
	}
	lost = append(lost, adapt(llm.Chat, &o)...)
	return o.Bytes(), lost, nil
}

// DecodeRequest reads a request of either form.
func (c codec) DecodeRequest(body []byte) (*llm.Prompt, error) {
	if o, err := jsonx.Parse(body); err == nil {
		rename(&o, "model_id", "model")
		rename(&o, "tool_choice_option", "tool_choice")
		body = o.Bytes()
	}
	return c.ChatCodec.DecodeRequest(body)
}

// DecodeReply reads an answer of either form.
func (c codec) DecodeReply(body []byte) (*llm.Reply, error) {
	if mended := repair(body); mended != nil {
		body = mended
	}
	return c.ChatCodec.DecodeReply(body)
}

// adapt makes IBM's form of a request in OpenAI's. The address says whether a
// stream is asked for, and every stream tells its cost, so nothing is lost with
// either member. Of the tool to choose, only one that is named stays where it is.
func adapt(op llm.Op, body *jsonx.Object) (lost []string) {
	if op != llm.Chat {
		return nil
	}
	body.Delete("stream")
	body.Delete("stream_options")
	rename(body, "model", "model_id")
	if jsonx.KindOf(body.Get("tool_choice")) == jsonx.String {
		rename(body, "tool_choice", "tool_choice_option")
	}
	return nil
}

func rename(o *jsonx.Object, from, to string) {
	if v := o.Get(from); v != nil && o.Get(to) == nil {
		o.Set(to, v)
		o.Delete(from)
	}
}

// timeLimit is the one reason OpenAI has another word for. Neither it nor the
// others can stand inside a JSON string, where a quote is escaped, so plain
// searches tell.
var timeLimit, model, modelID = []byte(`"time_limit"`), []byte(`"model"`), []byte(`"model_id"`)

// repair says that word in an answer or an event, and the model's name, which
// older versions of the API have under their own only; nil: all is well.
func repair(body []byte) []byte {
	named := bytes.Contains(body, model) || !bytes.Contains(body, modelID)
	if named && !bytes.Contains(body, timeLimit) {
		return nil
	}
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil
	}
	if id := o.Get("model_id"); id != nil && o.Get("model") == nil {
		o.Set("model", id)
	}
	o.Each("choices", func(_ int, c *jsonx.Object) {
		if bytes.Equal(c.Get("finish_reason"), timeLimit) {
			c.Set("finish_reason", jsonx.Quote("length"))
		}
	})
	if !o.Edited() {
		return nil
	}
	return o.Bytes()
}
