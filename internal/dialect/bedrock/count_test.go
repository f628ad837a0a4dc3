package bedrock_test

import (
	"strings"
	"testing"

	"sluice/internal/dialect/bedrock"
	"sluice/internal/llm"
)

// TestCount asks for the tokens of a conversation, as a gateway and as a client
// (recorded: bedrock-counttokens-a3379bc61f3f and -979253fb5aca).
func TestCount(t *testing.T) {
	codec := bedrock.Dialect.Count
	const body = `{"input":{"converse":{"system":[{"text":"s"}],"messages":[{"role":"user","content":[{"text":"a"},{"cachePoint":{"type":"default"}},{"text":"b"}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"auto":{}}}}}}`
	p, err := codec.DecodeRequest([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	limit := int64(9)
	p.Limits.MaxTokens = &limit // has no tokens
	again, lost, err := codec.EncodeRequest(p)
	if err != nil || string(again) != body || len(lost) > 0 {
		t.Errorf("%s %q %v", again, lost, err)
	}
	if _, err := codec.DecodeRequest([]byte(`{"input":{"invokeModel":{"body":"e30="}}}`)); err == nil || !strings.Contains(err.Error(), "InvokeModel") {
		t.Errorf("a body of InvokeModel: %v", err)
	}
	if _, _, err := codec.EncodeRequest(&llm.Prompt{}); err == nil {
		t.Error("a conversation without messages was counted")
	}
	n, err := codec.DecodeReply([]byte(`{"inputTokens":375}`))
	if err != nil || n != 375 || string(codec.EncodeReply(n)) != `{"inputTokens":375}` {
		t.Errorf("%d %v", n, err)
	}
	if _, err := codec.DecodeReply([]byte(`{}`)); err == nil {
		t.Error("an answer without a number was read")
	}
}
