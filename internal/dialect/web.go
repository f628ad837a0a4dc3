package dialect

import (
	"slices"
	"strconv"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// ReadWeb reads what vendors' web searches have in common out of the settings
// of one, whichever vendor's words they are in: OpenAI Chat's
// web_search_options, the tools of OpenAI Responses and of Anthropic. The
// settings themselves must have been kept before, for their own family.
func ReadWeb(r *Reader, family string) *llm.Web {
	w := &llm.Web{
		Allowed: r.Texts("allowed_domains"), Blocked: r.Texts("blocked_domains"),
		MaxUses: r.Int("max_uses"), Size: r.Text("search_context_size"),
	}
	r.Take("type")
	r.Take("name")
	if v := r.Peek("filters"); v != nil {
		f := r.Object(v, "filters")
		if w.Allowed = f.Texts("allowed_domains"); len(f.Rest("").Fields) == 0 {
			r.Take("filters")
		}
		w.Within = "filters."
	}
	if v := r.Take("user_location"); v != nil {
		l := r.Object(v, "user_location")
		if inner := l.Take("approximate"); inner != nil {
			l = l.Object(inner, "approximate")
		}
		for i, name := range places {
			w.Place[i] = l.Text(name)
		}
	}
	w.Beside = r.Rest(family)
	return w
}

// places are the words for roughly where a user is, in the order of Web.Place.
var places = [...]string{"country", "region", "city", "timezone"}

// Location writes roughly where the user is, nil if that was not said. Nested
// is the form of OpenAI Chat, which puts the place one object deeper.
func Location(w *llm.Web, nested bool) jsonx.Value {
	var at, o Writer
	at.Text("type", "approximate")
	to := &at
	if nested {
		to = &o
	}
	for i, name := range places {
		to.Some(name, w.Place[i])
	}
	switch {
	case w.Place == [len(places)]string{}:
		return nil
	case nested:
		at.Raw("approximate", o.Object())
	}
	return at.Object()
}

// Web notes what a web search was told that the provider's cannot be told; at
// names the tool, knows lists what the provider's takes.
func (l *Losses) Web(at string, w *llm.Web, family string, knows ...string) {
	for _, k := range []struct {
		name, path string
		said       bool
	}{
		{"max_uses", "max_uses", w.MaxUses != nil},
		{"allowed_domains", w.Within + "allowed_domains", len(w.Allowed) > 0},
		{"blocked_domains", "blocked_domains", len(w.Blocked) > 0},
		{"search_context_size", "search_context_size", w.Size != ""},
	} {
		if k.said && !slices.Contains(knows, k.name) {
			l.Add("%s.%s", at, k.path)
		}
	}
	l.Extra(at+".", w.Beside, family)
}

// ToolPath names a tool as the client wrote it: one that is not in the list of
// tools by the member it is.
func ToolPath(t *llm.Tool, i int) string {
	if len(t.Extra.Fields) == 1 && t.Extra.Fields[0].Name == t.Builtin {
		return t.Builtin
	}
	return "tools[" + strconv.Itoa(i) + "]"
}
