package gemini_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sluice/internal/dialect/gemini"
	"sluice/internal/llm"
)

func TestDecodeError(t *testing.T) {
	upstream := llm.Error{Kind: llm.UpstreamStatus, Class: llm.ClassStatus, Status: 400}
	with := func(change func(*llm.Error)) *llm.Error { e := upstream; change(&e); return &e }
	for _, c := range []struct {
		name, body string
		want       *llm.Error
	}{
		{"plain", `{"error":{"code":400,"message":"Bad.","status":"INVALID_ARGUMENT"}}`, with(func(e *llm.Error) {
			e.Message, e.Type, e.Code = "Bad.", "INVALID_ARGUMENT", "400"
		})},
		{"in an array", `[{"error":{"code":404,"message":"No model.","status":"NOT_FOUND"}}]`, with(func(e *llm.Error) {
			e.Message, e.Type, e.Code = "No model.", "NOT_FOUND", "404"
		})},
		{"with details", `{"error":{"code":429,"message":"Slow down.","status":"RESOURCE_EXHAUSTED","details":[
			{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"RATE_LIMIT_EXCEEDED"},
			{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents[0].parts"}]},
			{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"31.5s"}]}}`, with(func(e *llm.Error) {
			e.Message, e.Type, e.Code = "Slow down.", "RESOURCE_EXHAUSTED", "429"
			e.Param, e.RetryAfter = "contents[0].parts", 31500*time.Millisecond
		})},
		{"of the token endpoint", `{"error":"invalid_grant","error_description":"Expired."}`, with(func(e *llm.Error) {
			e.Message, e.Type = "Expired.", "invalid_grant"
		})},
		{"without a message", `{"error":null}`, with(func(*llm.Error) {})},
		{"not JSON", `<html>`, with(func(*llm.Error) {})},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, gemini.Dialect.DecodeError(400, []byte(c.body)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	for _, c := range []struct {
		name string
		err  llm.Error
		want string
	}{
		{
			"our own",
			llm.Error{Kind: llm.InvalidConfig, Status: 400, Message: "Bad config.", Param: "x-portkey-config", Details: []string{"a"}},
			`{"error":{"code":400,"message":"Bad config.","status":"INVALID_ARGUMENT","details":[{"reason":"invalid_config","field":"x-portkey-config"}]},"status":"failure","message":"Bad config.","errors":["a"]}`,
		},
		{
			"no such route",
			llm.Error{Kind: llm.NotFound, Status: 404, Message: "No."},
			`{"error":{"code":404,"message":"No.","status":"NOT_FOUND","details":[{"reason":"not_found"}]},"status":"failure","message":"No.","ok":false}`,
		},
		{
			"a provider's of this dialect",
			llm.Error{Kind: llm.UpstreamStatus, Status: 429, Message: "Slow.", Type: "RESOURCE_EXHAUSTED", Code: "429", Origin: llm.Origin{Provider: "google"}},
			`{"error":{"code":429,"message":"Slow.","status":"RESOURCE_EXHAUSTED"},"provider":"google"}`,
		},
		{
			"a provider's of another",
			llm.Error{Kind: llm.UpstreamStatus, Status: 418, Message: "Tea.", Type: "teapot", Code: "short"},
			`{"error":{"code":418,"message":"Tea.","status":"FAILED_PRECONDITION","details":[{"reason":"short"}]}}`,
		},
		{
			"a page",
			llm.Error{Kind: llm.UpstreamStatus, Status: 502, Body: []byte("<b>Bad</b> gateway"), Origin: llm.Origin{Provider: "google"}},
			`{"error":{"code":502,"message":"google answered with status 502: Bad gateway","status":"UNAVAILABLE","details":[{"reason":"upstream_error"}]},"provider":"google"}`,
		},
		{
			"nothing",
			llm.Error{Kind: llm.UpstreamStatus, Status: 599},
			`{"error":{"code":599,"message":"the provider answered with status 599 and no reason","status":"INTERNAL","details":[{"reason":"upstream_error"}]}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, string(gemini.Dialect.EncodeError(&c.err))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestErrorFrame(t *testing.T) {
	got := gemini.Dialect.AppendErrorFrame([]byte("x"), &llm.Error{Kind: llm.StreamInterrupted, Status: 502, Message: "It broke."})
	want := "x" + `data: {"error":{"code":502,"message":"It broke.","status":"UNAVAILABLE","details":[{"reason":"upstream_stream_interrupted"}]}}` + "\n\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
