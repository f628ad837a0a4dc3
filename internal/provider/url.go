package provider

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sluice/internal/llm"
)

// publicNames are the operations as clients of the gateway know them
// (gateway contract, route table).
var publicNames = map[llm.Op]string{
	llm.Chat: "chatComplete", llm.Complete: "complete", llm.Embed: "embed", llm.Models: "models", llm.CountTokens: "messagesCountTokens", llm.Rerank: "rerank", llm.Draw: "imageGenerate", llm.Speak: "createSpeech",
}

// URL is where an operation goes. customHost takes the place of the base URL
// ("" for none); vars are the caller's values for Vars, each of which is
// checked or escaped (security rules, S13). relPath is, for llm.Relay, the
// escaped path of the request behind /v1, without its query. The result may
// have a query of its own. Errors are *llm.Error.
func (p *Provider) URL(op llm.Op, relPath, customHost string, vars map[string]string, model string) (string, error) {
	path, err := p.path(op, relPath)
	if err != nil {
		return "", err
	}
	return p.Address(path, customHost, vars, model)
}

// Place is where an operation is done for a client of the named dialect: where
// the vendor speaks it itself, else at its main place. The error is an
// *llm.Error, NotSupported.
func (p *Provider) Place(op llm.Op, client string) (Endpoint, error) {
	if path, ok := p.Also[client]; ok && op == llm.Chat {
		return Endpoint{Dialect: client, Path: path}, nil
	}
	e, ok := p.Ops[op]
	// A vendor without an address for completions that differs from its chat is
	// asked in its chat, unless the client speaks what it speaks.
	talk, chats := p.Ops[llm.Chat]
	own := ok && (e.Dialect == client || e.Dialect != talk.Dialect)
	if op == llm.Complete && chats && client != "" && talk.Dialect != client && !own {
		return talk, nil
	}
	if !ok {
		return e, &llm.Error{Kind: llm.NotSupported, Status: http.StatusNotImplemented, Message: publicNames[op] + " is not supported by " + p.ID}
	}
	return e, nil
}

// Has reports whether the provider names a place for the operation.
func (p *Provider) Has(op llm.Op) bool {
	_, ok := p.Ops[op]
	return ok
}

// For is the path for a whole answer or a stream.
func (e Endpoint) For(stream bool) string {
	if stream && e.StreamPath != "" {
		return e.StreamPath
	}
	return e.Path
}

// Model is the name of a model as the operation takes it.
func (e Endpoint) Model(name string) string {
	for _, begin := range e.Strip {
		if rest, ok := strings.CutPrefix(name, begin); ok {
			return rest
		}
	}
	return name
}

// Instead is the path that a header of the client's names by being true, or
// else the one given.
func (e Endpoint) Instead(h http.Header, path string) string {
	for name, other := range e.When {
		if h.Get(name) == "true" {
			return other
		}
	}
	return path
}

// Address makes a URL of a path of this provider, as URL does.
func (p *Provider) Address(path, customHost string, vars map[string]string, model string) (string, error) {
	base, err := p.base(customHost)
	if err != nil {
		return "", err
	}
	if beside, up := strings.CutPrefix(path, Beside); up && customHost != "" {
		base, path = parent(base), "/"+beside
	}
	template := base + path
	if scheme := strings.Index(path, "://"); scheme > 0 && path[0] != '/' {
		template = path
		if customHost != "" {
			rest := path[scheme+len("://"):]
			template = base + rest[max(strings.IndexByte(rest, '/'), 0):]
		}
	}
	// The base was given by the caller: what looks like a variable in it is not.
	fixed := 0
	if customHost != "" {
		fixed = len(base)
	}
	filled, err := p.fill(template[fixed:], vars, model)
	return template[:fixed] + filled, err
}

// Beside begins a path that stands beside the last segment of a custom host's,
// not below it: /models and /anthropic are neighbours at Azure.
const Beside = "/../"

// parent is an address without the last segment of its path.
func parent(base string) string {
	host := strings.Index(base, "://") + len("://")
	if last := strings.LastIndexByte(base, '/'); last >= host {
		return base[:last]
	}
	return base
}

// TokenURL is where tokens are fetched, for the schemes that say so in the
// catalogue. The error is an *llm.Error.
func (p *Provider) TokenURL(vars map[string]string) (string, error) {
	return p.fill(p.Auth.TokenURL, vars, "")
}

// VarValue is what the caller says of a variable, else its default.
func (p *Provider) VarValue(name string, vars map[string]string) (string, error) {
	return p.value(name, vars, "")
}

func (p *Provider) base(customHost string) (string, error) {
	switch {
	case customHost != "":
		return strings.TrimSuffix(customHost, "/"), nil
	case p.CustomHost:
		name := "x-portkey-custom-host"
		if p.HostHeader != "" {
			name = p.HostHeader
		}
		return "", invalid(name, p.ID+" needs "+name+": it has no address of its own")
	}
	return p.BaseURL, nil
}

func (p *Provider) path(op llm.Op, relPath string) (string, error) {
	if op == llm.Relay {
		return p.RelayPath(relPath)
	}
	e, err := p.Place(op, "")
	return e.Path, err
}

// RelayPath applies Paths to the longest beginning of path they know, so that
// /batches/b1/cancel follows /batches.
func (p *Provider) RelayPath(path string) (string, error) {
	if err := checkPath(path); err != nil {
		return "", err
	}
	for end := len(path); end > 0; end = strings.LastIndexByte(path[:end], '/') {
		to, ok := p.Paths[path[:end]]
		if !ok {
			continue
		}
		to, query, _ := strings.Cut(to, "?")
		if to += escapeBraces(path[end:]); query != "" {
			to += "?" + query
		}
		return to, nil
	}
	if first, _, _ := strings.Cut(path[1:], "/"); slices.Contains(openAIOnly, first) && !p.speaksOpenAI() {
		return "", &llm.Error{Kind: llm.NotSupported, Status: http.StatusNotImplemented, Message: "/v1/" + first + " is not supported by " + p.ID}
	}
	return p.Relay + escapeBraces(path), nil
}

// openAIOnly are what OpenAI's paths begin with that no vendor has who did not
// copy its API. Where one does, its file says the path.
var openAIOnly = []string{
	"assistants", "audio", "containers", "conversations", "evals", "fine_tuning", "images", "moderations", "realtime", "responses", "threads",
	"uploads", "vector_stores", "videos",
}

// speaksOpenAI reports whether the vendor copied OpenAI's API, or may have: one
// without conversations says nothing about that.
func (p *Provider) speaksOpenAI() bool {
	chat, ok := p.Ops[llm.Chat]
	return !ok || slices.Contains([]string{"openai", "mistral", "responses"}, chat.Dialect)
}

// escapeBraces keeps what a client wrote from being read as a variable.
func escapeBraces(path string) string {
	if !strings.ContainsAny(path, "{}") {
		return path
	}
	return strings.NewReplacer("{", "%7B", "}", "%7D").Replace(path)
}

// checkPath refuses paths that some server on the way could resolve to
// another one than we meant. Empty and absolute forms are ours to refuse too.
func checkPath(path string) error {
	plain, err := url.PathUnescape(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "?#\\") || hasControl(plain) {
		return invalid("", "the path is not valid")
	}
	for _, part := range strings.FieldsFunc(plain, func(r rune) bool { return r == '/' || r == '\\' }) {
		if part == "." || part == ".." {
			return invalid("", "the path must not hold . or .. segments")
		}
	}
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func invalid(param, message string) *llm.Error {
	return &llm.Error{Kind: llm.InvalidRequest, Status: http.StatusBadRequest, Param: param, Message: message}
}
