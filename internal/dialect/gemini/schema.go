package gemini

import (
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
)

// The API has a schema language of its own, a subset of OpenAPI's with types
// in capitals (Gemini API, Schema). Conversions work on copies and keep the
// order of members, which steers models.

// maxDepth ends schemas that contain themselves.
const maxDepth = 24

// fromSubset makes JSON Schema of the API's own.
func fromSubset(v jsonx.Value) jsonx.Value { return fromSubsetAt(v, 0) }

func fromSubsetAt(v jsonx.Value, depth int) jsonx.Value {
	o, err := jsonx.Parse(v)
	if err != nil || depth > maxDepth {
		return v
	}
	nullable := jsonx.IsTrue(o.Get("nullable"))
	var w dialect.Writer
	for name, m := range o.All() {
		switch name {
		case "type":
			w.Raw(name, lowerType(m, nullable))
		case "nullable", "propertyOrdering", "property_ordering":
		case "properties":
			w.Raw(name, each(m, func(p jsonx.Value) jsonx.Value { return fromSubsetAt(p, depth+1) }))
		case "items":
			w.Raw(name, fromSubsetAt(m, depth+1))
		case "anyOf", "any_of":
			w.Raw("anyOf", eachOf(m, func(p jsonx.Value) jsonx.Value { return fromSubsetAt(p, depth+1) }))
		case "minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties":
			w.Raw(name, unquoted(m))
		case "example":
			var l dialect.List
			l.Add(m)
			w.Raw("examples", l.Array())
		default:
			w.Raw(name, m)
		}
	}
	return w.Object()
}

func lowerType(v jsonx.Value, nullable bool) jsonx.Value {
	word, ok := jsonx.Text(v)
	if !ok {
		return v
	}
	word = strings.ToLower(word)
	if nullable {
		return dialect.Texts([]string{word, "null"})
	}
	return jsonx.Quote(word)
}

// unquoted is a number that protobuf writes as a string.
func unquoted(v jsonx.Value) jsonx.Value {
	if s, ok := jsonx.Text(v); ok && jsonx.Check([]byte(s)) == nil && jsonx.KindOf(jsonx.Value(s)) == jsonx.Number {
		return jsonx.Value(s)
	}
	return v
}

// each applies change to every member of an object.
func each(v jsonx.Value, change func(jsonx.Value) jsonx.Value) jsonx.Value {
	o, err := jsonx.Parse(v)
	if err != nil {
		return v
	}
	var w dialect.Writer
	for name, m := range o.All() {
		w.Raw(name, change(m))
	}
	return w.Object()
}

// eachOf applies change to every element of an array.
func eachOf(v jsonx.Value, change func(jsonx.Value) jsonx.Value) jsonx.Value {
	var l dialect.List
	for e := range jsonx.Elements(v) {
		l.Add(change(e))
	}
	return l.Array()
}

// subset makes the API's own schema of JSON Schema, for models that know no
// other (wire formats, Gemini schema subset).
type subset struct {
	defs jsonx.Value
	open []string // references under way
}

func toSubset(v jsonx.Value) jsonx.Value {
	s := &subset{}
	if s.defs = jsonx.At(v, "$defs"); s.defs == nil {
		s.defs = jsonx.At(v, "definitions")
	}
	return s.schema(v, 0)
}

// known are the members that mean the same in both languages.
var known = map[string]bool{
	"format": true, "title": true, "description": true, "nullable": true, "minItems": true, "maxItems": true,
	"required": true, "minProperties": true, "maxProperties": true, "minLength": true, "maxLength": true,
	"pattern": true, "example": true, "propertyOrdering": true, "default": true, "minimum": true, "maximum": true,
}

var anyObject = jsonx.Value(`{"type":"object"}`)

func (s *subset) schema(v jsonx.Value, depth int) jsonx.Value {
	o, err := jsonx.Parse(v)
	if err != nil || depth > maxDepth {
		return anyObject
	}
	if ref, ok := jsonx.Text(o.Get("$ref")); ok {
		return s.reference(ref, depth)
	}
	if all := o.Get("allOf"); all != nil {
		o = merged(o, all)
	}
	out, _ := jsonx.Parse([]byte("{}"))
	for name, m := range o.All() {
		switch name {
		case "type":
			s.types(&out, m)
		case "properties":
			out.Set(name, each(m, func(p jsonx.Value) jsonx.Value { return s.schema(p, depth+1) }))
		case "items":
			out.Set(name, s.schema(m, depth+1))
		case "anyOf", "oneOf":
			s.alternatives(&out, m, depth)
		case "enum":
			enum(&out, m)
		case "const":
			var l dialect.List
			l.Add(m)
			enum(&out, l.Array())
		default:
			if known[name] {
				out.Set(name, m)
			}
		}
	}
	return out.Bytes()
}

func (s *subset) reference(ref string, depth int) jsonx.Value {
	for _, r := range s.open {
		if r == ref { // it contains itself: cut
			return anyObject
		}
	}
	target := jsonx.At(s.defs, ref[strings.LastIndexByte(ref, '/')+1:])
	if target == nil {
		return anyObject
	}
	s.open = append(s.open, ref)
	defer func() { s.open = s.open[:len(s.open)-1] }()
	return s.schema(target, depth+1)
}

func nullable(out *jsonx.Object) { out.Set("nullable", jsonx.Value("true")) }

// types writes one type; null among several becomes nullable.
func (s *subset) types(out *jsonx.Object, v jsonx.Value) {
	if jsonx.KindOf(v) != jsonx.Array {
		out.Set("type", v)
		return
	}
	var words []string
	for e := range jsonx.Elements(v) {
		if t, _ := jsonx.Text(e); t == "null" {
			nullable(out)
		} else {
			words = append(words, t)
		}
	}
	if len(words) == 1 {
		out.Set("type", jsonx.Quote(words[0]))
		return
	}
	var l dialect.List
	for _, t := range words {
		var one dialect.Writer
		one.Text("type", t)
		l.Add(one.Object())
	}
	out.Set("anyOf", l.Array())
}

// alternatives writes anyOf; a choice between something and null is that
// something, nullable.
func (s *subset) alternatives(out *jsonx.Object, v jsonx.Value, depth int) {
	var all []jsonx.Value
	for e := range jsonx.Elements(v) {
		if t, _ := jsonx.Text(jsonx.At(e, "type")); t == "null" {
			nullable(out)
			continue
		}
		all = append(all, s.schema(e, depth+1))
	}
	if len(all) == 1 {
		if o, err := jsonx.Parse(all[0]); err == nil {
			for name, m := range o.All() {
				out.Set(name, m)
			}
			return
		}
	}
	var l dialect.List
	for _, a := range all {
		l.Add(a)
	}
	out.Set("anyOf", l.Array())
}

// enum writes choices, which must be strings.
func enum(out *jsonx.Object, v jsonx.Value) {
	var words []string
	for e := range jsonx.Elements(v) {
		s, ok := jsonx.Text(e)
		if !ok {
			s = string(e)
			out.Set("format", jsonx.Quote("enum"))
		}
		words = append(words, s)
	}
	out.Set("enum", dialect.Texts(words))
}

// merged puts the parts of allOf into one object; of equal members the first
// counts, properties are joined.
func merged(o jsonx.Object, all jsonx.Value) jsonx.Object {
	out := o.Clone()
	out.Delete("allOf")
	for e := range jsonx.Elements(all) {
		part, err := jsonx.Parse(e)
		if err != nil {
			continue
		}
		for name, m := range part.All() {
			have := out.Get(name)
			switch {
			case have == nil:
				out.Set(name, m)
			case name == "properties":
				out.Set(name, joined(have, m))
			}
		}
	}
	return out
}

func joined(a, b jsonx.Value) jsonx.Value {
	o, errA := jsonx.Parse(a)
	more, errB := jsonx.Parse(b)
	if errA != nil || errB != nil {
		return a
	}
	for name, m := range more.All() {
		if o.Get(name) == nil {
			o.Set(name, m)
		}
	}
	return o.Bytes()
}
