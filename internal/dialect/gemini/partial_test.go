package gemini

import (
	"testing"

	"sluice/internal/jsonx"
)

func TestPatch(t *testing.T) {
	for _, c := range []struct {
		name    string
		patches []string
		want    string // empty: refused
	}{
		{"nothing", nil, `{}`},
		{"a string in pieces", []string{`{"jsonPath":"$.a","stringValue":"x\""}`, `{"jsonPath":"$.a","stringValue":""}`, `{"jsonPath":"$.a","stringValue":"y"}`}, `{"a":"x\"y"}`},
		{"every kind", []string{`{"jsonPath":"$.n","numberValue":1.50}`, `{"jsonPath":"$.b","boolValue":false}`, `{"jsonPath":"$.z","nullValue":"NULL_VALUE"}`}, `{"n":1.50,"b":false,"z":null}`},
		{"deep", []string{`{"jsonPath":"$.a[0].b[1]","numberValue":1}`}, ""},
		{"arrays grow by one", []string{`{"jsonPath":"$.a[0].b[0]","numberValue":1}`, `{"jsonPath":"$.a[0].b[1]","numberValue":2}`, `{"jsonPath":"$.a[1]","stringValue":"s"}`}, `{"a":[{"b":[1,2]},"s"]}`},
		{"quoted names", []string{`{"jsonPath":"$['a b'][\"c.d\"]","stringValue":"s"}`}, `{"a b":{"c.d":"s"}}`},
		{"a member of a string", []string{`{"jsonPath":"$.a","stringValue":"s"}`, `{"jsonPath":"$.a.b","stringValue":"s"}`}, ""},
		{"a member of an array", []string{`{"jsonPath":"$.a[0]","stringValue":"s"}`, `{"jsonPath":"$.a.b","stringValue":"s"}`}, ""},
		{"no path", []string{`{"stringValue":"s"}`}, ""},
		{"the root", []string{`{"jsonPath":"$","stringValue":"s"}`}, ""},
		{"an array as the root", []string{`{"jsonPath":"$[0]","stringValue":"s"}`}, ""},
		{"an empty name", []string{`{"jsonPath":"$..a","stringValue":"s"}`}, ""},
		{"a bad position", []string{`{"jsonPath":"$.a[x]","stringValue":"s"}`}, ""},
		{"an open bracket", []string{`{"jsonPath":"$['a","stringValue":"s"}`}, ""},
		{"no separator", []string{`{"jsonPath":"$a","stringValue":"s"}`}, ""},
		{"far away", []string{`{"jsonPath":"$.a[99999999]","stringValue":"s"}`}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tr tree
			var err error
			for _, p := range c.patches {
				if e := tr.patch(jsonx.Value(p)); e != nil {
					err = e
				}
			}
			if (err != nil) != (c.want == "") || err == nil && string(tr.json()) != c.want {
				t.Errorf("%s, %v, want %s", tr.json(), err, c.want)
			}
		})
	}
}

func TestSchemas(t *testing.T) {
	for _, c := range []struct{ name, in, from, to string }{
		{
			"types", `{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}},"propertyOrdering":["a"]}`,
			`{"type":"object","properties":{"a":{"type":["string","null"]}}}`, "",
		},
		{
			"numbers as strings", `{"type":"ARRAY","items":{"type":"INTEGER"},"minItems":"1","example":[1]}`,
			`{"type":"array","items":{"type":"integer"},"minItems":1,"examples":[[1]]}`, "",
		},
		{"alternatives", `{"any_of":[{"type":"STRING"},{"type":"NUMBER"}]}`, `{"anyOf":[{"type":"string"},{"type":"number"}]}`, ""},
		{
			"a choice with null", `{"title":"T","anyOf":[{"type":"string","title":"S"},{"type":"null"}],"default":null}`, "",
			`{"title":"S","nullable":true,"type":"string","default":null}`,
		},
		{"several types", `{"type":["string","integer","null"]}`, "", `{"nullable":true,"anyOf":[{"type":"string"},{"type":"integer"}]}`},
		{"numbers to choose from", `{"enum":[1,2]}`, "", `{"format":"enum","enum":["1","2"]}`},
		{
			"references", `{"definitions":{"A":{"type":"object","properties":{"b":{"$ref":"#/definitions/B"}}},"B":{"type":"array","items":{"$ref":"#/definitions/A"}}},"properties":{"a":{"$ref":"#/definitions/A"},"x":{"$ref":"#/definitions/X"}}}`, "",
			`{"properties":{"a":{"type":"object","properties":{"b":{"type":"array","items":{"type":"object"}}}},"x":{"type":"object"}}}`,
		},
		{"what it cannot say", `{"$schema":"x","type":"object","additionalProperties":false,"not":{},"if":{},"patternProperties":{}}`, "", `{"type":"object"}`},
		{
			"all of", `{"allOf":[{"type":"object","properties":{"a":{"type":"string"}}},{"properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}]}`, "",
			`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := jsonx.Value(c.in)
			if got := fromSubset(in); c.from != "" && string(got) != c.from {
				t.Errorf("from: %s, want %s", got, c.from)
			}
			if got := toSubset(in); c.to != "" && string(got) != c.to {
				t.Errorf("to: %s, want %s", got, c.to)
			}
			if string(in) != c.in {
				t.Error("the schema was changed in place")
			}
		})
	}
}
