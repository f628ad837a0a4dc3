package provider_test

import (
	"errors"
	"strings"
	"testing"

	"sluice/internal/llm"
	"sluice/internal/provider"
)

func TestURL(t *testing.T) {
	for _, c := range []struct {
		name, id    string
		op          llm.Op
		path, host  string
		vars        map[string]string
		model, want string
	}{
		{"its own host", "openai", llm.Chat, "", "", nil, "m", "https://api.openai.com/v1/chat/completions"},
		{"custom host takes the base's place", "openai", llm.Chat, "", "http://h/b", nil, "m", "http://h/b/chat/completions"},
		{"and loses its slash", "openai", llm.Chat, "", "http://h/b/", nil, "m", "http://h/b/chat/completions"},
		{"op path outside the base", "together-ai", llm.Chat, "", "http://h/b", nil, "m", "http://h/b/v1/chat/completions"},
		{"relay", "openai", llm.Relay, "/moderations", "", nil, "", "https://api.openai.com/v1/moderations"},
		{"relay to a custom host", "openai", llm.Relay, "/moderations", "http://h/x", nil, "", "http://h/x/moderations"},
		{"relay with a prefix", "together-ai", llm.Relay, "/rerank", "", nil, "", "https://api.together.xyz/v1/rerank"},
		{"relay keeps escapes", "openai", llm.Relay, "/files/a%2Fb%20c", "", nil, "", "https://api.openai.com/v1/files/a%2Fb%20c"},
		{"relay of braces", "openai", llm.Relay, "/files/{model}", "", nil, "m", "https://api.openai.com/v1/files/%7Bmodel%7D"},
		{"braces below a moved path", "mistral-ai", llm.Relay, "/batches/{model}", "", nil, "m", "https://api.mistral.ai/v1/batch/jobs/%7Bmodel%7D"},
		{"relay keeps a last slash", "openai", llm.Relay, "/files/", "", nil, "", "https://api.openai.com/v1/files/"},
		{"moved path", "isaacus", llm.Relay, "/rerank", "", nil, "", "https://api.isaacus.com/v1/rerankings"},
		{"below a moved path", "mistral-ai", llm.Relay, "/batches/b1/cancel", "", nil, "", "https://api.mistral.ai/v1/batch/jobs/b1/cancel"},
		{"beside a moved path", "mistral-ai", llm.Relay, "/batchesx", "", nil, "", "https://api.mistral.ai/v1/batchesx"},
		{"moved to another host", "zhipu", llm.Relay, "/messages", "", nil, "", "https://open.bigmodel.cn/api/anthropic/v1/messages"},
		{"another host and a custom one", "zhipu", llm.Relay, "/messages", "http://h", nil, "", "http://h/api/anthropic/v1/messages"},
		{"op on another host", "jina", llm.Chat, "", "", nil, "m", "https://deepsearch.jina.ai/v1/chat/completions"},
		{"op on another host, custom", "jina", llm.Chat, "", "http://h", nil, "m", "http://h/v1/chat/completions"},
		{
			"variables and a query", "azure-openai", llm.Chat, "", "",
			map[string]string{"resource_name": "r", "deployment_id": "gpt-4.1", "api_version": "2024-02-01"},
			"m",
			"https://r.openai.azure.com/openai/deployments/gpt-4.1/chat/completions?api-version=2024-02-01",
		},
		{"variables of a custom host's path only", "azure-openai", llm.Chat, "", "http://h", map[string]string{"deployment_id": "dep", "api_version": "v"}, "m", "http://h/deployments/dep/chat/completions?api-version=v"},
		{
			"a segment stays one", "azure-openai", llm.Chat, "", "",
			map[string]string{"resource_name": "r", "deployment_id": "a/../b?c#d", "api_version": "1&x=2"},
			"m",
			"https://r.openai.azure.com/openai/deployments/a%2F..%2Fb%3Fc%23d/chat/completions?api-version=1%26x%3D2",
		},
		{"a moved path with a query", "azure-openai", llm.Relay, "/files/f1/content", "", map[string]string{"resource_name": "r", "api_version": "v"}, "", "https://r.openai.azure.com/openai/files/f1/content?api-version=v"},
		{"default of a variable", "bedrock-mantle", llm.Chat, "", "", nil, "m", "https://bedrock-mantle.us-east-1.api.aws/v1/chat/completions"},
		{"model in the path", "bedrock", llm.Chat, "", "", map[string]string{"aws_region": "eu-west-1"}, "anthropic.claude:0", "https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude%3A0/converse"},
		{"model that is escaped already", "bedrock", llm.Chat, "", "", nil, "arn%3Aaws%3Abedrock%2Fx", "https://bedrock-runtime.us-east-1.amazonaws.com/model/arn%3Aaws%3Abedrock%2Fx/converse"},
		{"model with slashes as one segment", "bedrock", llm.Chat, "", "", nil, "a/b", "https://bedrock-runtime.us-east-1.amazonaws.com/model/a%2Fb/converse"},
		{"model with its slashes", "workers-ai", llm.Complete, "", "", map[string]string{"workers_ai_account_id": "acc"}, "@cf/meta/llama 3", "https://api.cloudflare.com/client/v4/accounts/acc/ai/run/@cf/meta/llama%203"},
		{"host of the vendor", "databricks", llm.Chat, "", "", map[string]string{"databricks_host": "dbc-1.cloud.databricks.com"}, "m", "https://dbc-1.cloud.databricks.com/serving-endpoints/chat/completions"},
		{"several labels", "cortex", llm.Chat, "", "", map[string]string{"snowflake_account": "xy1.us-east-2.aws"}, "m", "https://xy1.us-east-2.aws.snowflakecomputing.com/api/v2/cortex/v1/chat/completions"},
		{"custom host required and given", "ollama", llm.Chat, "", "http://localhost:11434", nil, "m", "http://localhost:11434/v1/chat/completions"},
		{"braces of a custom host stay", "openai", llm.Chat, "", "http://h/{model}", nil, "m", "http://h/{model}/chat/completions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := find(t, c.id).URL(c.op, c.path, c.host, c.vars, c.model)
			if err != nil || got != c.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, c.want)
			}
		})
	}
}

func TestURLErrors(t *testing.T) {
	azure := func(name, value string) map[string]string {
		vars := map[string]string{"resource_name": "r", "deployment_id": "d", "api_version": "v"}
		vars[name] = value
		return vars
	}
	for _, c := range []struct {
		name, id       string
		op             llm.Op
		path           string
		vars           map[string]string
		model          string
		kind           llm.Kind
		status         int
		param, message string
	}{
		{"not an op of it", "anthropic", llm.Embed, "", nil, "m", llm.NotSupported, 501, "", "embed is not supported by anthropic"},
		{"chat by its public name", "voyage", llm.Chat, "", nil, "m", llm.NotSupported, 501, "", "chatComplete is not supported by voyage"},
		{"no host", "ollama", llm.Chat, "", nil, "m", llm.InvalidRequest, 400, "x-portkey-custom-host", "ollama needs x-portkey-custom-host: it has no address of its own"},
		{"no host, own header", "azure-ai", llm.Chat, "", nil, "m", llm.InvalidRequest, 400, "x-portkey-azure-foundry-url", "azure-ai needs x-portkey-azure-foundry-url: it has no address of its own"},
		{"variable missing", "azure-openai", llm.Chat, "", map[string]string{"deployment_id": "d", "api_version": "v"}, "m", llm.InvalidRequest, 400, "x-portkey-azure-resource-name", "azure-openai needs x-portkey-azure-resource-name"},
		{"label with a slash", "azure-openai", llm.Chat, "", azure("resource_name", "evil.test/"), "m", llm.InvalidRequest, 400, "x-portkey-azure-resource-name", "may hold only letters"},
		{"label with a dot", "azure-openai", llm.Chat, "", azure("resource_name", "a.b"), "m", llm.InvalidRequest, 400, "x-portkey-azure-resource-name", "may hold only letters"},
		{"label with a line end", "azure-openai", llm.Chat, "", azure("resource_name", "r\n"), "m", llm.InvalidRequest, 400, "x-portkey-azure-resource-name", "may hold only letters"},
		{"label too long", "azure-openai", llm.Chat, "", azure("resource_name", strings.Repeat("a", 64)), "m", llm.InvalidRequest, 400, "x-portkey-azure-resource-name", "may hold only letters"},
		{"label with a hyphen first", "azure-openai", llm.Chat, "", azure("resource_name", "-a"), "m", llm.InvalidRequest, 400, "x-portkey-azure-resource-name", "may hold only letters"},
		{"segment ..", "azure-openai", llm.Chat, "", azure("deployment_id", ".."), "m", llm.InvalidRequest, 400, "x-portkey-azure-deployment-id", "must not be . or .."},
		{"segment with a control character", "azure-openai", llm.Chat, "", azure("deployment_id", "a\r\nb"), "m", llm.InvalidRequest, 400, "x-portkey-azure-deployment-id", "control characters"},
		{"segment too long", "azure-openai", llm.Chat, "", azure("deployment_id", strings.Repeat("a", 513)), "m", llm.InvalidRequest, 400, "x-portkey-azure-deployment-id", "at most 512"},
		{"labels with an empty one", "cortex", llm.Chat, "", map[string]string{"snowflake_account": "a..b"}, "m", llm.InvalidRequest, 400, "x-portkey-snowflake-account", "may hold only letters"},
		{"too many labels", "cortex", llm.Chat, "", map[string]string{"snowflake_account": strings.Repeat("a.", 127) + "a"}, "m", llm.InvalidRequest, 400, "x-portkey-snowflake-account", "may hold only letters"},
		{"host of somebody else", "databricks", llm.Chat, "", map[string]string{"databricks_host": "evil.test"}, "m", llm.InvalidRequest, 400, "x-portkey-databricks-host", "must be a host name ending in .cloud.databricks.com or"},
		{"host with the suffix elsewhere", "databricks", llm.Chat, "", map[string]string{"databricks_host": "evil.test/x.cloud.databricks.com"}, "m", llm.InvalidRequest, 400, "x-portkey-databricks-host", "must be a host name"},
		{"host with a user", "databricks", llm.Chat, "", map[string]string{"databricks_host": "me@x.cloud.databricks.com"}, "m", llm.InvalidRequest, 400, "x-portkey-databricks-host", "must be a host name"},
		{"host that is the suffix", "databricks", llm.Chat, "", map[string]string{"databricks_host": ".cloud.databricks.com"}, "m", llm.InvalidRequest, 400, "x-portkey-databricks-host", "must be a host name"},
		{"no model", "bedrock", llm.Chat, "", nil, "", llm.InvalidRequest, 400, "model", "bedrock needs a model"},
		{"model ..", "bedrock", llm.Chat, "", nil, "..", llm.InvalidRequest, 400, "model", "must not be . or .."},
		{"model with dots between slashes", "workers-ai", llm.Complete, "", map[string]string{"workers_ai_account_id": "a"}, "x/../../../y", llm.InvalidRequest, 400, "model", "must not be . or .."},
		{"model with an empty part", "workers-ai", llm.Complete, "", map[string]string{"workers_ai_account_id": "a"}, "x//y", llm.InvalidRequest, 400, "model", "needs a model"},
		{"path with dots", "openai", llm.Relay, "/a/../b", nil, "", llm.InvalidRequest, 400, "", "must not hold . or .. segments"},
		{"path with escaped dots", "openai", llm.Relay, "/a/%2e%2E/b", nil, "", llm.InvalidRequest, 400, "", "must not hold . or .. segments"},
		{"path with escaped slashes", "openai", llm.Relay, "/a%2f..%2fb", nil, "", llm.InvalidRequest, 400, "", "must not hold . or .. segments"},
		{"path with escaped backslashes", "openai", llm.Relay, "/a%5c..%5cb", nil, "", llm.InvalidRequest, 400, "", "must not hold . or .. segments"},
		{"path with a backslash", "openai", llm.Relay, `/a\b`, nil, "", llm.InvalidRequest, 400, "", "not valid"},
		{"path with a control character", "openai", llm.Relay, "/a%0d%0ab", nil, "", llm.InvalidRequest, 400, "", "not valid"},
		{"path with a bad escape", "openai", llm.Relay, "/a%zz", nil, "", llm.InvalidRequest, 400, "", "not valid"},
		{"path without a slash", "openai", llm.Relay, "@evil.test/", nil, "", llm.InvalidRequest, 400, "", "not valid"},
		{"no path", "openai", llm.Relay, "", nil, "", llm.InvalidRequest, 400, "", "not valid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := find(t, c.id).URL(c.op, c.path, "", c.vars, c.model)
			var e *llm.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %s, %v", got, err)
			}
			if e.Kind != c.kind || e.Status != c.status || e.Param != c.param || !strings.Contains(e.Message, c.message) {
				t.Errorf("got  %d %d %q %q\nwant %d %d %q %q", e.Kind, e.Status, e.Param, e.Message, c.kind, c.status, c.param, c.message)
			}
		})
	}
}

func TestAuthHeader(t *testing.T) {
	for _, c := range []struct {
		auth        provider.Auth
		name, value string
		plain       bool
	}{
		{provider.Auth{Scheme: provider.Bearer, Prefix: "Bearer "}, "Authorization", "Bearer k", true},
		{provider.Auth{Scheme: provider.Bearer, Prefix: "Api-Key "}, "Authorization", "Api-Key k", true},
		{provider.Auth{Scheme: provider.Header, Name: "x-api-key"}, "x-api-key", "k", true},
		{provider.Auth{Scheme: provider.Query, Name: "key"}, "", "", true},
		{provider.Auth{Scheme: provider.NoAuth}, "", "", true},
		{provider.Auth{Scheme: provider.SigV4, Prefix: "Bearer "}, "Authorization", "Bearer k", false},
		{provider.Auth{Scheme: provider.SigV4, Name: "x-api-key"}, "x-api-key", "k", false},
		{provider.Auth{Scheme: provider.Azure, Name: "api-key"}, "api-key", "k", false},
		{provider.Auth{Scheme: provider.OAuth, Prefix: "Bearer "}, "Authorization", "Bearer k", false},
		{provider.Auth{Scheme: provider.Google}, "", "", false},
		{provider.Auth{Scheme: provider.IAM}, "", "", false},
	} {
		name, value := c.auth.Header("k")
		if name != c.name || value != c.value || c.auth.Plain() != c.plain {
			t.Errorf("%s: got %q: %q, plain %v", c.auth.Scheme, name, value, c.auth.Plain())
		}
	}
}

func BenchmarkURL(b *testing.B) {
	p := find(b, "openai")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.URL(llm.Chat, "", "", nil, "gpt-4o"); err != nil {
			b.Fatal(err)
		}
	}
}
