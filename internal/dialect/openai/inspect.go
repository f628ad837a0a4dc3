package openai

import (
	"fmt"

	"sluice/internal/dialect"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

// required names the array an answer of each operation must have.
var required = map[llm.Op]string{llm.Chat: "choices", llm.Complete: "choices", llm.Embed: "data"}

// What we read of an answer, behind its usage.
const (
	choicesSlot = usageSlots + iota
	finishSlot
	dataSlot
	usageSlot
	groqSlot
	answerSlots
)

var answerShape = jsonx.Shape{
	{Name: "choices", Slot: choicesSlot, First: jsonx.Shape{{Name: "finish_reason", Slot: finishSlot}}},
	{Name: "data", Slot: dataSlot},
	{Name: "usage", Slot: usageSlot, Inside: usageShape},
	{Name: "x_groq", Slot: groqSlot},
}

func inspect(op llm.Op, body []byte) (dialect.Facts, error) {
	var m [answerSlots]jsonx.Value
	if !jsonx.Members(body, answerShape, m[:]) {
		_, err := jsonx.Parse(body)
		return dialect.Facts{}, dialect.Invalid("it is not a JSON object", err)
	}
	need, list := required[op], jsonx.Value(nil)
	switch need {
	case "choices":
		list = m[choicesSlot]
	case "data":
		list = m[dataSlot]
	}
	if !usable(list) {
		if e := disguised(body); e != nil {
			return dialect.Facts{}, e
		}
	}
	if need != "" && jsonx.KindOf(list) != jsonx.Array {
		return dialect.Facts{}, dialect.Invalid(fmt.Sprintf("it has no list of %s", need), nil)
	}
	f := dialect.Facts{Usage: usageOf(m[:])}
	if f.Usage == nil && m[groqSlot] != nil {
		f.Usage = readUsage(jsonx.At(m[groqSlot], "usage"))
	}
	if need == "choices" {
		f.Finish, _ = jsonx.Text(m[finishSlot])
		if e := choiceError(list, f.Finish); e != nil {
			return f, e
		}
	}
	return f, nil
}

// usable reports whether a list holds anything.
func usable(list jsonx.Value) bool {
	if jsonx.KindOf(list) != jsonx.Array {
		return false
	}
	return afterSpace(list[1:])[0] != ']'
}

// disguised finds a failure in a body that came with status 200 (wire formats,
// error translation): an error member, success false, a status of MiniMax's
// kind, a code that is not zero.
func disguised(body []byte) *llm.Error {
	o, err := jsonx.Parse(body)
	if err != nil {
		return nil
	}
	kind := jsonx.KindOf(o.Get("error"))
	object, _ := jsonx.Text(o.Get("object"))
	miniMax, _ := jsonx.Int(jsonx.At(o.Get("base_resp"), "status_code"))
	code, _ := jsonx.Int(o.Get("code"))
	switch {
	case kind == jsonx.String, kind == jsonx.Composite, object == "error", miniMax != 0,
		string(o.Get("success")) == "false", code != 0 && o.Get("message") != nil:
	default:
		return nil
	}
	return asFailure(readError(&o))
}

// choiceError finds the failure that OpenRouter puts inside a choice.
func choiceError(choices jsonx.Value, finish string) *llm.Error {
	if finish != "error" {
		return nil
	}
	v := jsonx.At(choices, "0", "error")
	if jsonx.KindOf(v) != jsonx.Composite {
		return nil
	}
	return asFailure(fromErrorObject(v))
}

// asFailure makes what a body said about an error one of status 200.
func asFailure(r report) *llm.Error {
	e := r.error()
	e.Status = r.status
	if e.Status == 0 {
		e.Status = dialect.StatusOf(r.typ, r.code)
	}
	if e.Message == "" {
		e.Message = "the provider reported a failure without a reason"
	}
	return e
}
