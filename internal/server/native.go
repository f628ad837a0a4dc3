package server

import (
	"net/url"
	"strings"

	"sluice/internal/llm"
)

// native takes the addresses apart that other vendors' SDKs call, so that they
// need no more than another host (SDK routes, section 2): Azure's deployments
// become headers, and the rest is OpenAI's path.
func (v *visit) native(path, version string) (string, string) {
	rest, azure := strings.CutPrefix(path, "/openai/")
	if !azure || version != "" {
		return path, version
	}
	query := v.r.URL.Query()
	v.hint("X-Portkey-Azure-Api-Version", query.Get("api-version"))
	query.Del("api-version")
	if deployment, below, ok := cutDeployment(rest); ok {
		v.deployment = deployment
		v.hint("X-Portkey-Azure-Deployment-Id", deployment)
		rest = below
	} else if below, ok := strings.CutPrefix(rest, "v1/"); ok {
		v.hint("X-Portkey-Azure-Api-Version", "v1")
		rest = below
	}
	if d := query.Get("deployment"); d != "" { // of the realtime API
		v.hint("X-Portkey-Azure-Deployment-Id", d)
		query.Del("deployment")
	}
	v.r.URL.RawQuery = query.Encode()
	return "/" + rest, "v1"
}

// hint sets a header the client did not.
func (v *visit) hint(name, value string) {
	if value != "" && v.r.Header.Get(name) == "" {
		v.r.Header = v.r.Header.Clone()
		v.r.Header.Set(name, value)
	}
}

func cutDeployment(path string) (deployment, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, "deployments/")
	deployment, rest, found := strings.Cut(path, "/")
	plain, err := url.PathUnescape(deployment)
	return plain, rest, ok && found && err == nil && plain != "" && rest != ""
}

// modelCalls are what Bedrock's SDKs call below /model/ID (Amazon Bedrock
// Runtime API).
var modelCalls = map[string]struct {
	op     llm.Op
	stream bool
}{
	"converse":        {llm.Chat, false},
	"converse-stream": {llm.Chat, true},
	"count-tokens":    {llm.CountTokens, false},
}

// bedrockCall is a call of Bedrock's API; what is not understood is relayed.
func (v *visit) bedrockCall() {
	rest := strings.TrimPrefix(v.path, "/model/")
	at := strings.LastIndexByte(rest, '/')
	if at < 0 {
		operation(llm.Relay)(v)
		return
	}
	call, known := modelCalls[rest[at+1:]]
	plain, err := url.PathUnescape(rest[:at])
	if !known || err != nil {
		operation(llm.Relay)(v)
		return
	}
	if d, ok := v.Dialects("bedrock"); ok {
		v.door = d
	}
	v.op, v.model, v.streamed = call.op, plain, call.stream
	v.serve()
}

// cohereCall is an operation of the second version of Cohere's API; the first
// version's is another one, and relayed.
func cohereCall(op llm.Op) func(*visit) {
	return func(v *visit) {
		if v.door.Name == "cohere" {
			operation(op)(v)
			return
		}
		operation(llm.Relay)(v)
	}
}
