package jsonx

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Unmarshal decodes into v: names match in exact case, duplicates and bad
// UTF-8 are errors, unknown members are ignored unless v has a field tagged
// `json:",unknown"` to keep them verbatim.
func Unmarshal(b []byte, v any) error { return json.Unmarshal(b, v) }

// UnmarshalStrict is Unmarshal, and unknown members are errors.
func UnmarshalStrict(b []byte, v any) error {
	return json.Unmarshal(b, v, json.RejectUnknownMembers(true))
}

// Marshal encodes v, maps in the order of their keys, so that equal values
// give equal bytes.
func Marshal(v any) ([]byte, error) { return json.Marshal(v, json.Deterministic(true)) }

// MarshalIndent is Marshal for a person to read.
func MarshalIndent(v any) ([]byte, error) {
	return json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
}
