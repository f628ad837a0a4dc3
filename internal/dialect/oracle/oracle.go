package oracle

import (
	"sluice/internal/dialect"
	"sluice/internal/framing"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Serving is who runs the model.
type Serving struct{ dialect, kind, model string }

// The ways to be served: by what everybody shares, or by a cluster of one's own,
// whose address is given in place of a model.
var (
	OnDemand  = Serving{"oracle", "ON_DEMAND", "modelId"}
	Dedicated = Serving{"oracle-dedicated", "DEDICATED", "endpointId"}
)

// Of is the service's chat in the format made after base, OpenAI's.
func Of(base *dialect.Dialect, s Serving) *dialect.Dialect {
	return speak(base, s.dialect, s, generic{})
}

// OfCohere is its chat with Cohere's models, made after version 1 of their own.
func OfCohere(base *dialect.Dialect, s Serving) *dialect.Dialect {
	return speak(base, s.dialect+"-cohere", s, cohere{})
}

// form renames between the format of the base and the service's.
type form interface {
	// prepare makes a prompt such that the base writes what can be renamed.
	prepare(p *llm.Prompt) *llm.Prompt
	// ask renames a request, which is for a prompt.
	ask(r *dialect.Reader, p *llm.Prompt, lost *dialect.Losses) (jsonx.Value, error)
	// answer renames what is in a whole answer, without the envelope.
	answer(chat *dialect.Reader, model string) (jsonx.Value, error)
	// events renames the events of one stream.
	events() func(data jsonx.Value) (jsonx.Value, error)
}

func speak(base *dialect.Dialect, name string, s Serving, f form) *dialect.Dialect {
	c := codec{base: base, serving: s, form: f, family: name}
	return &dialect.Dialect{
		Name: name, NoClients: true, Chat: c, Inspect: c.inspect,
		NewTap: func(op llm.Op) dialect.Tap {
			if inner := base.NewTap(op); inner != nil {
				return &tap{inner: inner, lines: lines{c: c, rename: f.events()}}
			}
			return nil
		},
		DecodeError: base.DecodeError, EncodeError: base.EncodeError, AppendErrorFrame: base.AppendErrorFrame,
	}
}

// codec is the provider's half of a conversation.
type codec struct {
	dialect.ProviderSide
	base    *dialect.Dialect
	serving Serving
	form    form
	family  string
}

// EncodeRequest asks a provider. The compartment that pays is written by the
// vendor's settings, unless the client names one.
func (c codec) EncodeRequest(p *llm.Prompt) (body []byte, lost []string, err error) {
	if err := dialect.Stateless(p, c.family); err != nil {
		return nil, nil, err
	}
	written, lost, err := c.base.Chat.EncodeRequest(c.form.prepare(p))
	if err != nil {
		return nil, nil, err
	}
	losses := dialect.Losses(lost)
	r := dialect.ReadRequest(written)
	r.Take("model")
	compartment := r.Take("compartmentId")
	chat, err := c.form.ask(r, p, &losses)
	if err != nil {
		return nil, nil, err
	}
	var w, serving dialect.Writer
	w.Raw("compartmentId", compartment)
	serving.Text("servingType", c.serving.kind)
	serving.Text(c.serving.model, p.Model)
	w.Raw("servingMode", serving.Object())
	w.Raw("chatRequest", chat)
	return w.Object(), losses, r.Err()
}

// DecodeReply reads a whole answer.
func (c codec) DecodeReply(body []byte) (*llm.Reply, error) {
	renamed, err := c.open(body)
	if err != nil {
		return nil, err
	}
	return c.base.Chat.DecodeReply(renamed)
}

// open takes a whole answer out of its envelope and renames it.
func (c codec) open(body []byte) (jsonx.Value, error) {
	r := dialect.ReadReply(body)
	if r.Peek("chatResponse") == nil {
		if e := c.failure(body); e != nil {
			return nil, e
		}
		r.Fail("", "has no chatResponse")
		return nil, r.Err()
	}
	model := r.Text("modelId")
	renamed, err := c.form.answer(r.Object(r.Take("chatResponse"), "chatResponse"), model)
	if err == nil {
		err = r.Err()
	}
	return renamed, err
}

// failure is what an answer or an event says that is an error; nil: it is none.
func (c codec) failure(body []byte) error {
	code, _ := jsonx.Text(jsonx.At(body, "code"))
	if message, ok := jsonx.Text(jsonx.At(body, "message")); !ok || message == "" && code == "" {
		return nil
	}
	e := c.base.DecodeError(0, body)
	e.Kind, e.Class, e.Status = llm.UpstreamStatus, llm.ClassStatus, statusOf(code)
	return e
}

// statuses are those of the service's codes
// (https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm).
var statuses = map[string]int{
	"NotAuthenticated": 401, "NotAuthorizedOrNotFound": 404, "NotFound": 404, "TooManyRequests": 429, "InvalidParameter": 400,
	"CannotParseRequest": 400, "LimitExceeded": 400, "InternalServerError": 500, "ServiceUnavailable": 503, "RequestEntityTooLarge": 413,
}

func statusOf(code string) int {
	if status, known := statuses[code]; known {
		return status
	}
	return dialect.StatusOf("", code)
}

func (c codec) inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	if jsonx.Check(body) != nil {
		return dialect.Facts{}, dialect.Invalid("it is not JSON", nil)
	}
	renamed, err := c.open(body)
	if err != nil {
		return dialect.Facts{}, err
	}
	return c.base.Inspect(op, renamed)
}

// NewDecoder reads a stream.
func (c codec) NewDecoder() dialect.Decoder {
	return &decoder{inner: c.base.Chat.NewDecoder(), lines: lines{c: c, rename: c.form.events()}}
}

// decoder hands the renamed events to the base's.
type decoder struct {
	lines
	inner dialect.Decoder
}

// Decode reads one event.
func (d *decoder) Decode(ev framing.Event) ([]llm.Event, error) {
	var all []llm.Event
	err := d.each(ev, func(renamed framing.Event) error {
		events, err := d.inner.Decode(renamed)
		all = append(all, events...) // those of the base are valid until its next call only
		return err
	})
	return all, err
}

// End is the end of the bytes: the service has no end mark.
func (d *decoder) End() ([]llm.Event, error) { return d.inner.End() }

// tap hands the renamed events to the base's.
type tap struct {
	lines
	inner dialect.Tap
}

// Event looks at one event.
func (t *tap) Event(ev framing.Event) (dialect.Mark, error) {
	mark := dialect.Empty
	err := t.each(ev, func(renamed framing.Event) error {
		m, err := t.inner.Event(renamed)
		if mark == dialect.Empty || m != dialect.Empty {
			mark = m
		}
		return err
	})
	return mark, err
}

// Facts is what the stream has told.
func (t *tap) Facts() dialect.Facts { return t.inner.Facts() }
