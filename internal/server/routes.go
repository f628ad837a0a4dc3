package server

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sluice/internal/dialect"
	"sluice/internal/llm"
	"sluice/internal/upstream"
)

// access says who may use a route (S06). Inference routes need no key of the
// gateway's own yet.
type access uint8

// The classes. A rule without one keeps the gateway from starting.
const (
	unclassed access = iota
	public
	inference
)

// rule is one line of the route table.
type rule struct {
	methods string // comma list; empty: any of known
	path    string // behind /v1; a trailing * stands for anything
	access  access
	handle  func(*visit)
}

// known are the methods that exist here (S42).
var known = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

// table is searched from the top. Paths have lost their /v1 and doubled
// slashes by then.
var table = []rule{
	{"GET,HEAD", "/", public, (*visit).greet},
	{"GET,HEAD", "/livez", public, (*visit).livez},
	{"GET,HEAD", "/readyz", public, (*visit).readyz},
	{"GET,HEAD", metricsPath, public, (*visit).metrics},
	{"POST", "/chat/completions", inference, operation(llm.Chat)},
	{"POST", "/completions", inference, operation(llm.Complete)},
	{"POST", "/embeddings", inference, operation(llm.Embed)},
	{"POST", "/messages", inference, operation(llm.Chat)},
	{"POST", "/messages/count_tokens", inference, operation(llm.CountTokens)},
	{"POST", "/complete", inference, operation(llm.Complete)},
	{"POST", "/responses", inference, operation(llm.Chat)},
	{"POST", "/rerank", inference, operation(llm.Rerank)},
	{"POST", "/images/generations", inference, operation(llm.Draw)},
	{"POST", "/audio/speech", inference, operation(llm.Speak)},
	{"POST", "/models/*", inference, (*visit).modelMethod},
	{"GET", "/models", inference, (*visit).models},
	{"", "/prompts/*", inference, (*visit).hostedOnly},
	{"", "/feedback", inference, (*visit).hostedOnly},
	{"", "/logs*", inference, (*visit).hostedOnly},
	{"GET", "/realtime", inference, (*visit).realtime},
	{"POST", "/model/*", inference, (*visit).bedrockCall},
	{"POST", "/chat", inference, cohereCall(llm.Chat)},
	{"POST", "/embed", inference, cohereCall(llm.Embed)},
	{"", "/proxy/*", inference, (*visit).proxied},
	{"", "/*", inference, operation(llm.Relay)},
}

// classed panics when a rule does not say who may use it: that is a mistake of
// whoever wrote it, and must not become an open door.
func classed(rules []rule) {
	for i := range rules {
		if rules[i].access == unclassed {
			panic("server: the route " + rules[i].path + " has no access class")
		}
	}
}

// bare are first segments of OpenAI's paths that work without /v1 too: users
// write the bare host as base URL and expect it to work (SDK routes, section 2).
var bare = []string{
	"chat", "completions", "embeddings", "models", "moderations", "images", "audio", "files", "uploads", "batches",
	"fine_tuning", "responses", "conversations", "assistants", "threads", "vector_stores", "containers", "evals",
	"videos", "realtime", "rerank", "proxy", "prompts", "feedback", "logs", "messages", "complete", "model", "skills",
	"inference", "generate", "embed", "tokenize", "detokenize", "classify", "fim", "ocr", "agents", "edits",
}

// doors say whose words are spoken on paths that are not OpenAI's chat API.
var doors = []struct{ prefix, dialect string }{
	{"/messages", "anthropic"},
	{"/complete", "anthropic"}, // not /completions: the prefix ends where a segment does
	{"/responses", "responses"},
	{"/rerank", "rerank"},
	{"/images/generations", "images"},
	{"/audio/speech", "speech"},
}

// methods are what Gemini's clients call on a model (SDK routes, section 2).
var methods = map[string]struct {
	op     llm.Op
	stream bool
}{
	"generateContent":       {llm.Chat, false},
	"streamGenerateContent": {llm.Chat, true},
	"countTokens":           {llm.CountTokens, false},
	"embedContent":          {llm.Embed, false},
	"batchEmbedContents":    {llm.Embed, false},
}

// find the door of a path. Some versions are one vendor's own.
func (v *visit) find(path, version string) *dialect.Dialect {
	name := "openai"
	_, method, ok := cutMethod(path)
	switch {
	case version == "v1beta", version == "v1alpha", ok && methods[method].op != llm.Relay:
		name = "gemini"
	case version == "v2":
		name = "cohere"
	}
	for _, d := range doors {
		if rest, ok := strings.CutPrefix(path, d.prefix); ok && (rest == "" || rest[0] == '/') {
			name = d.dialect
		}
	}
	if d, ok := v.Dialects(name); ok {
		return d
	}
	return v.door
}

// cutMethod takes /models/M:method apart. Names of fine-tuned models hold
// colons too, so the method is what follows the last one.
func cutMethod(path string) (model, method string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/models/")
	at := strings.LastIndexByte(rest, ':')
	if !ok || at < 0 {
		return "", "", false
	}
	return rest[:at], rest[at+1:], true
}

// modelMethod is a call of Gemini's API, or of any other path below a model.
func (v *visit) modelMethod() {
	model, method, _ := cutMethod(v.path)
	m := methods[method] // another method is relayed
	v.op = m.op
	if plain, err := url.PathUnescape(model); err == nil && m.op != llm.Relay {
		v.model, v.streamed = plain, m.stream
	}
	v.serve()
}

// route finds what a request is for, and whether it may come in at all.
func (v *visit) route() {
	path, version, ok := normalise(v.r.URL.EscapedPath())
	if ok {
		path, version = v.native(path, version)
	}
	versioned := version != ""
	v.door = v.find(path, version)
	if e := v.admit(); e != nil {
		v.refuse(e)
		return
	}
	if !ok || !versioned && !isOwn(path) && !slices.Contains(bare, firstSegment(path)) {
		v.refuse(&llm.Error{Kind: llm.NotFound, Status: http.StatusNotFound, Message: "Not Found"})
		return
	}
	if !slices.Contains(known, v.r.Method) {
		v.methodNotAllowed(known)
		return
	}
	v.path = path
	for i := range table {
		if t := &table[i]; t.covers(path) && (t.access == inference || !versioned) {
			if t.allows(v.r.Method) {
				t.handle(v)
				return
			}
			if t.access == public {
				v.methodNotAllowed(strings.Split(t.methods, ","))
				return
			}
		}
	}
	v.refuse(&llm.Error{Kind: llm.NotFound, Status: http.StatusNotFound, Message: "Not Found"})
}

func (t *rule) covers(path string) bool {
	if prefix, any := strings.CutSuffix(t.path, "*"); any {
		return strings.HasPrefix(path, prefix)
	}
	return path == t.path
}

// allows: another method on a named inference path is relayed further down.
func (t *rule) allows(method string) bool {
	for one := range strings.SplitSeq(t.methods, ",") {
		if one == method {
			return true
		}
	}
	return t.methods == ""
}

// normalise takes the version off and collapses doubled slashes, which SDKs make of a
// base URL with a trailing slash. The path stays escaped. Dot segments are
// refused: somebody on the way could resolve them.
func normalise(path string) (rest, version string, ok bool) {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	if !strings.HasPrefix(path, "/") || len(path) > maxPath {
		return "", "", false
	}
	if hasDots(path) {
		return "", "", false
	}
	for _, version = range []string{"v1", "v1beta", "v1alpha", "v1beta2", "v1beta3", "v2"} {
		switch rest, ok = strings.CutPrefix(path[1:], version); {
		case ok && len(rest) > 1 && rest[0] == '/':
			return rest, version, true
		case ok && (rest == "" || rest == "/"):
			return "", "", false
		}
	}
	return path, "", true
}

const maxPath = 8 << 10

var unescapeDots = strings.NewReplacer("%2e", ".", "%2f", "/", "%5c", "/", "%2E", ".", "%2F", "/", "%5C", "/", `\`, "/")

func hasDots(path string) bool {
	if strings.IndexByte(path, '%') >= 0 || strings.IndexByte(path, '\\') >= 0 {
		path = unescapeDots.Replace(path)
	}
	for at := strings.Index(path, "/."); at >= 0; {
		rest := strings.TrimPrefix(path[at+2:], ".")
		if rest == "" || rest[0] == '/' {
			return true
		}
		next := strings.Index(rest, "/.")
		if next < 0 {
			return false
		}
		at = len(path) - len(rest) + next
	}
	return false
}

func firstSegment(path string) string {
	first, _, _ := strings.Cut(path[1:], "/")
	return first
}

// isOwn are the pages of the gateway itself.
func isOwn(path string) bool { return path == "/" || isReserved(path) }

// isReserved are those that have a place when no other request has (R31).
func isReserved(path string) bool { return isHealth(path) || path == metricsPath }

func isHealth(path string) bool { return path == "/livez" || path == "/readyz" }

// admit refuses requests that must not come in: from a foreign name (S21),
// from ourselves (S15), or with more than the limits allow.
func (v *visit) admit() *llm.Error {
	if !v.allowedHost(v.r.Host) {
		return &llm.Error{
			Kind: llm.HostNotAllowed, Status: http.StatusMisdirectedRequest, Param: "host",
			Message: "this gateway does not answer to that host name: add it to SLUICE_ALLOWED_HOSTS if it is yours",
		}
	}
	if v.Hop != "" && v.r.Header.Get(upstream.HopHeader) == v.Hop {
		return &llm.Error{Kind: llm.LoopDetected, Status: http.StatusLoopDetected, Message: "the request came back to the gateway that sent it"}
	}
	return v.headLimits()
}

func (v *visit) methodNotAllowed(allowed []string) {
	v.w.Header().Set("Allow", strings.Join(allowed, ", "))
	v.refuse(&llm.Error{Kind: llm.MethodNotAllowed, Status: http.StatusMethodNotAllowed, Message: "Method Not Allowed"})
}

func operation(op llm.Op) func(*visit) {
	return func(v *visit) {
		v.op = op
		v.serve()
	}
}

// proxied is the deprecated prefix that means: relay, do not look inside.
func (v *visit) proxied() {
	v.path = strings.TrimPrefix(v.path, "/proxy")
	operation(llm.Relay)(v)
}

func (v *visit) hostedOnly() {
	v.refuse(&llm.Error{
		Kind: llm.NotSupported, Status: http.StatusNotImplemented,
		Message: "this path belongs to Portkey's hosted service and is not part of a gateway you run yourself",
	})
}
