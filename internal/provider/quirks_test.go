package provider_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sluice/internal/jsonx"
	"sluice/internal/provider"
)

func end(f float64) *float64 { return &f }

func TestEdit(t *testing.T) {
	for _, c := range []struct {
		name   string
		quirks provider.Quirks
		in     string
		want   string
		lost   []string
	}{
		{"nothing to do keeps every byte", provider.Quirks{Drop: []string{"a"}, DeveloperRole: "system"}, `{ "model" : "m" }`, `{ "model" : "m" }`, nil},
		{"rename", provider.Quirks{Rename: []provider.Rename{{From: "a", To: "b"}}}, `{"a":1,"c":2}`, `{"c":2,"b":1}`, nil},
		{"rename where both are given", provider.Quirks{Rename: []provider.Rename{{From: "a", To: "b"}}}, `{"a":1,"b":2}`, `{"b":2}`, []string{"a"}},
		{"rename where both say the same", provider.Quirks{Rename: []provider.Rename{{From: "a", To: "b"}}}, `{"a":1,"b":1}`, `{"b":1}`, nil},
		{"drop", provider.Quirks{Drop: []string{"a", "b"}}, `{"a":{"x":1},"m":0,"b":true}`, `{"m":0}`, []string{"a", "b"}},
		{"drop what asks for nothing", provider.Quirks{Drop: []string{"a", "b", "c", "d"}}, `{"a":null,"b":false,"c":{ },"d":[],"m":0}`, `{"m":0}`, nil},
		{"drop zero is a loss", provider.Quirks{Drop: []string{"seed"}}, `{"seed":0}`, `{}`, []string{"seed"}},
		{"clamp above", provider.Quirks{Clamp: []provider.Clamp{{Field: "t", Min: end(0), Max: end(1)}}}, `{"t": 1.7 ,"m":0}`, `{"t": 1 ,"m":0}`, []string{"t (clamped to 1)"}},
		{"clamp below", provider.Quirks{Clamp: []provider.Clamp{{Field: "t", Min: end(0.01)}}}, `{"t":0}`, `{"t":0.01}`, []string{"t (clamped to 0.01)"}},
		{"clamp at the end", provider.Quirks{Clamp: []provider.Clamp{{Field: "t", Min: end(0), Max: end(1)}}}, `{"t":1.0}`, `{"t":1.0}`, nil},
		{"clamp open end", provider.Quirks{Clamp: []provider.Clamp{{Field: "t", Min: end(0)}}}, `{"t":99}`, `{"t":99}`, nil},
		{"clamp what is no number", provider.Quirks{Clamp: []provider.Clamp{{Field: "t", Max: end(1)}}}, `{"t":"9"}`, `{"t":"9"}`, nil},
		{"clamp null", provider.Quirks{Clamp: []provider.Clamp{{Field: "t", Max: end(1)}}}, `{"t":null}`, `{"t":null}`, nil},
		{"value", provider.Quirks{Values: []provider.Replace{{Field: "tool_choice", From: "required", To: "any"}}}, `{"tool_choice":"required"}`, `{"tool_choice":"any"}`, nil},
		{"value of another kind", provider.Quirks{Values: []provider.Replace{{Field: "tool_choice", From: "required", To: "any"}}}, `{"tool_choice":{"type":"required"}}`, `{"tool_choice":{"type":"required"}}`, nil},
		{"another value", provider.Quirks{Values: []provider.Replace{{Field: "tool_choice", From: "required", To: "any"}}}, `{"tool_choice":"auto"}`, `{"tool_choice":"auto"}`, nil},
		{
			"developer role",
			provider.Quirks{DeveloperRole: "system"},
			`{"messages":[{"role":"developer","content":"a \"developer\" b"},{"role":"user","content":"developer"}]}`,
			`{"messages":[{"role":"system","content":"a \"developer\" b"},{"role":"user","content":"developer"}]}`, nil,
		},
		{"developer elsewhere", provider.Quirks{DeveloperRole: "system"}, `{"messages":[ {"role":"user","name":"developer"} ]}`, `{"messages":[ {"role":"user","name":"developer"} ]}`, nil},
		{
			"drop in messages",
			provider.Quirks{DropInMessages: []string{"name"}},
			`{"messages":[{"role":"user","name":"bob","content":"x"},{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]}`,
			`{"messages":[{"role":"user","content":"x"},{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]}]}`,
			[]string{"messages[].name"},
		},
		{"only names of tools", provider.Quirks{DropInMessages: []string{"name"}}, `{"messages":[{"tool_calls":[{"function":{"name":"f"}}]}]}`, `{"messages":[{"tool_calls":[{"function":{"name":"f"}}]}]}`, nil},
		{"messages that are none", provider.Quirks{DeveloperRole: "system"}, `{"messages":"developer"}`, `{"messages":"developer"}`, nil},
		{"a message that is none", provider.Quirks{DeveloperRole: "system"}, `{"messages":["developer",{"role":"developer"}]}`, `{"messages":["developer",{"role":"system"}]}`, nil},
		{
			"everything at once",
			provider.Quirks{
				Rename: []provider.Rename{{From: "seed", To: "random_seed"}}, Drop: []string{"user"}, Clamp: []provider.Clamp{{Field: "temperature", Max: end(1)}},
				Values: []provider.Replace{{Field: "tool_choice", From: "required", To: "any"}}, DeveloperRole: "system",
			},
			`{"user":"u","temperature":2,"seed":12345678901234567890,"tool_choice":"required","messages":[{"role":"developer"}]}`,
			`{"temperature":1,"tool_choice":"any","messages":[{"role":"system"}],"random_seed":12345678901234567890}`,
			[]string{"temperature (clamped to 1)", "user"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, err := jsonx.Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			lost := c.quirks.Edit(&o)
			if diff := cmp.Diff(c.want, string(o.Bytes())); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.lost, lost); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// conversation is a body no quirk of the catalogue has to touch.
func conversation(tb testing.TB) jsonx.Object {
	tb.Helper()
	o, err := jsonx.Parse([]byte(`{"model":"m","messages":[{"role":"system","content":"be brief"},{"role":"user","content":"` + strings.Repeat("hello ", 2000) + `"}],"temperature":0.5,"stream":true}`))
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

func TestEditAllocatesNothingWhenNothingApplies(t *testing.T) {
	for _, p := range catalogue(t).All() {
		body := conversation(t)
		if n := testing.AllocsPerRun(10, func() { p.Quirks.Edit(&body) }); n != 0 || body.Edited() {
			t.Errorf("%s: %v allocations, edited %v", p.ID, n, body.Edited())
		}
	}
}

func BenchmarkEdit(b *testing.B) {
	for _, id := range []string{"openai", "groq", "mistral-ai"} {
		b.Run(id, func(b *testing.B) {
			p, body := find(b, id), conversation(b)
			b.ReportAllocs()
			for b.Loop() {
				p.Quirks.Edit(&body)
			}
		})
	}
}

// TestNone sets each quirk alone: those of answers have nothing to do with
// requests.
func TestNone(t *testing.T) {
	if q := (provider.Quirks{Reply: []string{"content_array"}}); !q.None() {
		t.Error("a quirk of answers edits requests")
	}
	fields := reflect.TypeFor[provider.Quirks]()
	for i := range fields.NumField() {
		var q provider.Quirks
		switch f := reflect.ValueOf(&q).Elem().Field(i); f.Kind() {
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		default:
			t.Fatalf("%s is of a kind this test does not know", fields.Field(i).Name)
		}
		if name := fields.Field(i).Name; q.None() != (name == "Reply") {
			t.Errorf("%s: None is %v", name, q.None())
		}
	}
}
