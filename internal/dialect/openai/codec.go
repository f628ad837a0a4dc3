package openai

import (
	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// family owns the members that only this wire format understands.
const family = "openai-chat"

// codec translates conversations (OpenAI API, chat completions).
type codec struct{}

func (codec) NewDecoder() dialect.Decoder { return newDecoder() }

func (codec) NewEncoder(as dialect.Reply) dialect.Encoder { return newEncoder(as) }

// readCache reads the cache_control that hosts of Claude accept on parts and
// tools; anything else than an object is left where it is.
func readCache(r *dialect.Reader) *llm.CacheMark {
	if jsonx.KindOf(r.Peek("cache_control")) != jsonx.Composite {
		return nil
	}
	c := r.Object(r.Take("cache_control"), "cache_control")
	c.Take("type") // there is but one: ephemeral
	mark := &llm.CacheMark{TTL: c.Text("ttl")}
	mark.Extra = c.Rest(family)
	return mark
}

// writeCache repeats a mark of this family. Nothing is lost with another's:
// vendors of this format cache by themselves.
func writeCache(w *dialect.Writer, mark *llm.CacheMark, native bool) {
	if mark == nil || !native {
		return
	}
	var c dialect.Writer
	c.Text("type", "ephemeral")
	c.Some("ttl", mark.TTL)
	c.Extra(mark.Extra, family)
	w.Raw("cache_control", c.Object())
}
