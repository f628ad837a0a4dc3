package dialecttest

import (
	"strconv"

	"sluice/internal/jsonx"
)

// canonical makes equal what means the same: order of members, null and
// absent, an empty list and none, a string and a list of one text.
func canonical(t T, body []byte) any {
	t.Helper()
	if err := jsonx.Check(body); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return value("", jsonx.Value(trim(body)))
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\n' || b[len(b)-1] == '\r' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

func value(name string, v jsonx.Value) any {
	switch jsonx.KindOf(v) {
	case jsonx.String:
		s, _ := jsonx.Text(v)
		if s == "" && (name == "refusal" || name == "finish_reason") { // hosts that know no null
			return nil
		}
		switch name {
		case "content", "system":
			return []any{map[string]any{"type": "text", "text": s}}
		case "stop":
			return []any{s}
		}
		return s
	case jsonx.Number:
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil || f != float64(int64(f)) {
			return string(v)
		}
		return f
	case jsonx.Bool:
		return jsonx.IsTrue(v)
	case jsonx.Array:
		var all []any
		for e := range jsonx.Elements(v) {
			all = append(all, value("", e))
		}
		return all
	case jsonx.Composite:
		return object(v)
	}
	return nil
}

func object(v jsonx.Value) any {
	all := make(map[string]any)
	o, err := jsonx.Parse(v)
	if err != nil {
		return err
	}
	for name, member := range o.All() {
		got := value(name, member)
		list, isList := got.([]any)
		switch {
		case got == nil, isList && len(list) == 0:
		case name == "stream" && got == false: // the default
		case name == "type" && got == "custom" && o.Get("input_schema") != nil: // likewise
		default:
			all[name] = got
		}
	}
	return all
}
