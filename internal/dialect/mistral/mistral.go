package mistral

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Of is Mistral's variant of base, the format of OpenAI's chat (wire formats,
// Mistral). What is only another name or a narrower range is data, in the
// files of the vendors who speak it.
func Of(base *dialect.Dialect) *dialect.Dialect {
	d := *base
	d.Name, d.Of, d.NoClients = "mistral", base, true
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
	d.Repair = func(op llm.Op, body []byte) []byte { return base.Repair(op, repair(body)) }
	d.RepairEvents = func(op llm.Op) func([]byte) []byte {
		m, more := mender{}, base.RepairEvents(op)
		return func(data []byte) []byte {
			mended := m.event(data)
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

// codec is that of the base, whose requests are adapted; of answers it reads
// both forms.
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
