package mockllm

import (
	"strings"

	"sluice/internal/jsonx"
)

// sampleDepth is how deep a sample goes; a schema that refers to itself ends
// there with null.
const sampleDepth = 12

// sample makes a value that satisfies a JSON Schema, as far as the keywords
// that tools use go. Without a schema it is an empty object.
func sample(schema jsonx.Value) jsonx.Value {
	if jsonx.KindOf(schema) != jsonx.Composite {
		return jsonx.Value("{}")
	}
	return sampler{root: schema}.value(schema, "value", sampleDepth)
}

type sampler struct{ root jsonx.Value }

// value is a sample for the schema of the member called name.
func (s sampler) value(schema jsonx.Value, name string, depth int) jsonx.Value {
	if depth == 0 {
		return jsonx.Value("null")
	}
	for _, path := range [][]string{{"const"}, {"default"}, {"enum", "0"}, {"examples", "0"}} {
		if v := jsonx.At(schema, path...); v != nil {
			return v
		}
	}
	if ref, ok := jsonx.Text(jsonx.At(schema, "$ref")); ok {
		target := jsonx.At(s.root, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
		return s.value(target, name, depth-1)
	}
	for _, group := range []string{"anyOf", "oneOf", "allOf"} {
		if first := jsonx.At(schema, group, "0"); first != nil {
			return s.value(first, name, depth-1)
		}
	}
	switch typeOf(schema) {
	case "object":
		return s.object(schema, depth)
	case "array":
		return s.array(schema, name, depth)
	case "string":
		return text(schema, name)
	case "integer", "number":
		if low := jsonx.At(schema, "minimum"); low != nil {
			return low
		}
		return jsonx.Value("1")
	case "boolean":
		return jsonx.Value("true")
	}
	return jsonx.Value("null")
}

// typeOf is the schema's type, the first one where there are several.
func typeOf(schema jsonx.Value) string {
	v := jsonx.At(schema, "type")
	if jsonx.KindOf(v) == jsonx.Array {
		v = jsonx.At(v, "0")
	}
	if name, ok := jsonx.Text(v); ok {
		return strings.ToLower(name) // Gemini writes OBJECT
	}
	if jsonx.At(schema, "properties") != nil {
		return "object"
	}
	return ""
}

func (s sampler) object(schema jsonx.Value, depth int) jsonx.Value {
	out := jsonx.Value("{")
	properties, err := jsonx.Parse(jsonx.At(schema, "properties"))
	if err != nil {
		return jsonx.Value("{}")
	}
	for name, property := range properties.All() {
		if len(out) > 1 {
			out = append(out, ", "...)
		}
		out = append(jsonx.AppendQuote(out, name), ": "...)
		out = append(out, s.value(property, name, depth-1)...)
	}
	return append(out, '}')
}

func (s sampler) array(schema jsonx.Value, name string, depth int) jsonx.Value {
	items := jsonx.At(schema, "items")
	if items == nil {
		return jsonx.Value("[]")
	}
	out := append(jsonx.Value("["), s.value(items, name, depth-1)...)
	return append(out, ']')
}

// formats are samples for the string formats of JSON Schema (2020-12, section
// 7.3 of the validation vocabulary).
var formats = map[string]string{
	"date":      "2026-01-01",
	"date-time": "2026-01-01T12:00:00Z",
	"time":      "12:00:00Z",
	"email":     "someone@example.com",
	"uri":       "https://example.com/",
	"uuid":      "00000000-0000-4000-8000-000000000000",
	"ipv4":      "192.0.2.1",
}

func text(schema jsonx.Value, name string) jsonx.Value {
	format, _ := jsonx.Text(jsonx.At(schema, "format"))
	if s, ok := formats[format]; ok {
		return jsonx.Quote(s)
	}
	return jsonx.Quote("example " + name)
}
