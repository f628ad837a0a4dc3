package dialect

import (
	"strings"

	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// Arguments are a call's arguments as an object, the very bytes if they are
// one, for dialects that take no text there. A text of no JSON is wrapped the
// way free-form tools are defined; ok is false if what should be JSON is none.
func Arguments(c *llm.Call) (args jsonx.Value, ok bool) {
	switch {
	case c.FreeForm:
		var w Writer
		w.Text("input", c.Args)
		return w.Object(), true
	case strings.TrimSpace(c.Args) == "":
		return jsonx.Value("{}"), true
	}
	if _, err := jsonx.Parse([]byte(c.Args)); err != nil {
		return nil, false
	}
	return jsonx.Value(c.Args), true
}
