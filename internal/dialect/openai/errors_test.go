package openai_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"sluice/internal/dialect/openai"
	"sluice/internal/jsonx"
	"sluice/internal/llm"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestErrors reads each provider's error body and writes what an OpenAI client
// gets for it.
func TestErrors(t *testing.T) {
	files, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := make(map[string]string)
			for _, f := range a.Files {
				part[f.Name] = strings.TrimSuffix(string(f.Data), "\n")
			}
			status, err := strconv.Atoi(part["status"])
			if err != nil {
				t.Fatal(err)
			}
			e := openai.Dialect.DecodeError(status, []byte(part["body"]))
			if e.Kind != llm.UpstreamStatus || e.Status != status {
				t.Errorf("kind %v, status %d", e.Kind, e.Status)
			}
			e.Provider, e.Body = part["provider"], []byte(part["body"])
			got := openai.Dialect.EncodeError(e)
			if err := jsonx.Check(got); err != nil {
				t.Errorf("%s: %v", got, err)
			}
			if *update {
				a.Files[len(a.Files)-1].Data = append(got, '\n')
				if err := os.WriteFile(file, txtar.Format(a), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(part["client.json"], string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEncodeError(t *testing.T) {
	long := strings.Repeat("é", 600)
	for _, c := range []struct {
		name string
		e    llm.Error
		want string
	}{
		{
			"ours",
			llm.Error{Kind: llm.BodyTooLarge, Message: "too large"},
			`{"error":{"message":"too large","type":"invalid_request_error","param":null,"code":"body_too_large"},"status":"failure","message":"too large"}`,
		},
		{
			"param and details",
			llm.Error{Kind: llm.InvalidConfig, Message: "bad", Param: "x-portkey-config", Details: []string{"a", "b"}},
			`{"error":{"message":"bad","type":"invalid_request_error","param":"x-portkey-config","code":"invalid_config"},"status":"failure","message":"bad","errors":["a","b"]}`,
		},
		{
			"route",
			llm.Error{Kind: llm.NotFound, Message: "no such route", Origin: llm.Origin{Provider: "openai"}},
			`{"error":{"message":"no such route","type":"invalid_request_error","param":null,"code":"not_found"},"status":"failure","message":"no such route","ok":false}`,
		},
		{
			"unreachable",
			llm.Error{Kind: llm.Unreachable, Message: "refused", Origin: llm.Origin{Provider: "openai"}},
			`{"error":{"message":"refused","type":"upstream_error","param":null,"code":"upstream_unreachable"},"status":"failure","message":"refused","provider":"openai"}`,
		},
		{
			"the caller's timeout",
			llm.Error{Kind: llm.RequestTimeout, Message: "late", Origin: llm.Origin{Provider: "openai"}},
			`{"error":{"message":"late","type":"timeout_error","param":null,"code":"request_timeout"},"status":"failure","message":"late"}`,
		},
		{
			"own words",
			llm.Error{Kind: llm.Overloaded, Message: "no", Type: "rate_limit_error", Code: "rate_limited"},
			`{"error":{"message":"no","type":"rate_limit_error","param":null,"code":"rate_limited"},"status":"failure","message":"no"}`,
		},
		{
			"long",
			llm.Error{Kind: llm.UpstreamStatus, Message: long},
			`{"error":{"message":"` + long[:1000] + `","type":null,"param":null,"code":null}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, string(openai.Dialect.EncodeError(&c.e))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestErrorFrame(t *testing.T) {
	for _, c := range []struct {
		name string
		e    llm.Error
		want string
	}{
		{
			"broken",
			llm.Error{Kind: llm.StreamInterrupted, Message: "reset", Origin: llm.Origin{Provider: "openai"}},
			`data: {"error":{"message":"reset","type":"upstream_error","param":null,"code":"upstream_stream_interrupted"}}`,
		},
		{
			"the provider's",
			llm.Error{Kind: llm.UpstreamStatus, Message: "Overloaded", Type: "overloaded_error", Origin: llm.Origin{Provider: "anthropic"}},
			`data: {"error":{"message":"anthropic error: Overloaded","type":"overloaded_error","param":null,"code":"upstream_stream_interrupted"}}`,
		},
		{
			"the provider's code",
			llm.Error{Kind: llm.UpstreamStatus, Message: "no", Code: "c"},
			`data: {"error":{"message":"no","type":"upstream_error","param":null,"code":"c"}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := string(openai.Dialect.AppendErrorFrame([]byte("before"), &c.e))
			if diff := cmp.Diff("before"+c.want+"\n\n", got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEveryKindHasWords(t *testing.T) {
	for k := llm.Internal; k <= llm.Canceled; k++ {
		body := openai.Dialect.EncodeError(&llm.Error{Kind: k, Message: "m"})
		if bytes.Contains(body, []byte(`"type":""`)) || bytes.Contains(body, []byte(`"code":""`)) {
			t.Errorf("kind %d: %s", k, body)
		}
	}
}
